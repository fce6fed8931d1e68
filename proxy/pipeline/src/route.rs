//! A route as it is used: everything that depends on configuration alone is an array by now.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_boundary::{Kept, Mode, RouteId, Signals, Token};
use cloakroom_crowd::Epoch;
use cloakroom_notice::{Placard, Shown};
use cloakroom_origin::Told;
use cloakroom_rewrite::{Piece, Pieces, SafeEdits, SafeFragment, rewrite_to_pieces};
use cloakroom_variants::{Body, Choice, JointVariant, OriginView, PageKey, Rules};
use cloakroom_vocabulary::{Consent, ConsentFacts, Jurisdiction};

use crate::answer::Reveal;
use crate::canary::Canary;
use crate::decision::Decision;
use crate::downstream::{Downstream, Sending};

/// How long a route's HTML is made whole first after an answer had to break off.
const DISTRUST: Duration = Duration::from_secs(60 * 60);

/// One route of a site, or what answers for paths that no route declares.
pub(crate) struct Route {
    /// Position among the labels of the counters.
    pub(crate) label: usize,
    pub(crate) mode: Mode,
    /// What caches in front and browsers are told of its pages.
    pub(crate) downstream: Downstream,
    /// Its pages are sent compressed to those who take that.
    pub(crate) compress: bool,
    /// How long its pages are fresh, where the origin's word is not the last.
    pub(crate) rules: Rules,
    /// Unstorable answers are relayed instead of refused.
    pub(crate) relay_unstorable: bool,
    /// Watches whether its pages are the same for everyone: where plugins may change them, and where
    /// the operator's freshness overrules the origin.
    pub(crate) canary: Option<Arc<Canary>>,
    pub(crate) paths: Arc<DistinctPaths>,
    /// Where its visitors are asked for consent; `None` on a site without a notice.
    pub(crate) asks: Option<Asks>,
    /// How a variant is chosen; `None` where there is nothing to choose.
    pub(crate) decision: Option<Decision>,
    /// Whether its HTML may be read along.
    pub(crate) along: Trust,
}

/// Who is asked or told something on a route.
pub(crate) struct Asks {
    /// By jurisdiction: whether a visitor's yes changes what anything on the route may see. Where it
    /// does not, nobody is asked.
    asked: [bool; Jurisdiction::ALL.len()],
    /// The operator asserts that the site honours opt-out signals. Only then may a page say so: it
    /// speaks for the origin too.
    honours: bool,
}

impl Asks {
    /// Of a route, on which nothing may be chosen.
    pub(crate) fn new(decision: Option<&Decision>, honours: bool) -> Self {
        let asked = Jurisdiction::ALL.map(|jurisdiction| {
            decision.is_some_and(|decision| {
                let class = |yes: bool| {
                    let consent = Consent { personalization: yes, measurement: yes };
                    decision.permits().class(ConsentFacts { jurisdiction, consent, silent: !yes, gpc: false })
                };
                // Cookies about visits are read and set with a yes alone, even where silence permits more.
                class(true) != class(false) || decision.kept(class(true)) != Kept::default()
            })
        });
        Self { asked, honours }
    }

    /// What a page shows to a visitor of these facts.
    fn shown(&self, facts: ConsentFacts, undecided: bool) -> Shown {
        if facts.gpc {
            let told = self.honours && facts.jurisdiction.shows_opt_out_status();
            return if told { Shown::Honoured } else { Shown::Nothing };
        }
        let asked = undecided && self.asked.get(facts.jurisdiction as usize).copied().unwrap_or(false);
        if asked { Shown::Ask } else { Shown::Nothing }
    }
}

/// What is known of a visit, spent when the visitor is placed in a crowd.
pub(crate) struct Visit {
    pub(crate) facts: ConsentFacts,
    pub(crate) signals: Signals,
    pub(crate) token: Token,
}

/// What a visitor of a route gets, and the words for it.
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    pub(crate) reveal: Option<Reveal>,
}

impl Route {
    /// Whether none of its pages may be shown for the moment.
    pub(crate) fn is_quarantined(&self) -> bool {
        self.canary.as_ref().is_some_and(|canary| canary.is_quarantined())
    }

    /// What its page shows of the notice. A route that has none costs one compare.
    pub(crate) fn shown(&self, facts: ConsentFacts, undecided: bool) -> Shown {
        match &self.asks {
            Some(asks) if self.mode == Mode::Personalize => asks.shown(facts, undecided),
            _ => Shown::Nothing,
        }
    }

    /// Whether what arrived then is in doubt, since its pages turned out to differ after it.
    pub(crate) fn doubts(&self, arrived: Instant) -> bool {
        self.canary.as_ref().is_some_and(|canary| canary.doubts(arrived))
    }

    /// Places the visitor in a crowd and looks the joint variant up. Counts the visit.
    pub(crate) fn choose(&self, id: Option<RouteId>, visit: Visit, epoch: &Epoch, reveal: bool) -> Chosen {
        match (&self.decision, id) {
            (Some(decision), Some(id)) => decision.choose(id, visit, epoch, reveal),
            _ => Chosen {
                choice: Choice::default(),
                reveal: reveal.then(|| Reveal { cell: "none".into(), variant: "none".into() }),
            },
        }
    }

    /// How its pages are sent, which may have compressed forms.
    pub(crate) fn sending(&self, compressed: bool) -> Sending<'_> {
        Sending { mode: self.mode, downstream: &self.downstream, compressed }
    }

    /// What is chosen where nobody is known: the joint variant of all defaults.
    pub(crate) fn default_choice(&self) -> Choice {
        let joint = JointVariant::default();
        self.decision.as_ref().map_or(Choice::default(), |decision| decision.choice(joint))
    }

    /// What the origin is told, in words.
    pub(crate) fn told(&self, view: OriginView) -> &Told {
        self.decision.as_ref().map_or(Told::nothing(), |decision| decision.told(view))
    }

    /// Paths of the fragments that the edits of a joint variant include.
    pub(crate) fn includes(&self, joint: JointVariant) -> BTreeSet<&str> {
        self.edits(joint).into_iter().flat_map(SafeEdits::includes).collect()
    }

    /// The edits of a joint variant.
    pub(crate) fn edits(&self, joint: JointVariant) -> Vec<&SafeEdits> {
        self.decision.as_ref().map_or(Vec::new(), |decision| decision.edits(joint))
    }

    /// The page with the edits of a joint variant and the placard that it shows, cleansed of what must
    /// not reach visitors.
    pub(crate) fn rewrite(
        &self,
        joint: JointVariant,
        page: &Bytes,
        fragments: &Fragments,
        placard: Option<&Placard>,
    ) -> Rewritten {
        let body = |pieces: Pieces| body_of(page, pieces);
        match rewrite_to_pieces(page, &self.edits(joint), &|path| fragments.get(path).cloned(), placard) {
            Ok(edited) => Rewritten::Edited(body(edited)),
            Err(_) => rewrite_to_pieces(page, &[], &|_| None, None)
                .map_or(Rewritten::Unusable, |cleansed| Rewritten::Default(body(cleansed))),
        }
    }
}

/// A body that shares with its page what it keeps of it.
fn body_of(page: &Bytes, Pieces { added, pieces }: Pieces) -> Body {
    let added = Bytes::from(added.into_boxed_slice());
    let pieces = pieces.into_iter().map(|piece| match piece {
        Piece::Page(range) => page.slice(range),
        Piece::Added(range) => added.slice(range),
    });
    Body::of(pieces.collect(), added.len())
}

/// Fragments by the paths that edits include them by.
pub(crate) type Fragments = HashMap<String, SafeFragment>;

/// What became of a page.
pub(crate) enum Rewritten {
    /// It has the edits.
    Edited(Body),
    /// The edits cannot be applied safely; it is the origin's page, cleansed.
    Default(Body),
    /// It cannot even be cleansed, and is not shown.
    Unusable,
}

/// Whether HTML may be read along on a route: for a while not after an answer had to break off there because its page
/// turned out otherwise at its end. What one page of a route does its others may do too, and each of its readers
/// would be left with half of it. A clone is the same trust.
#[derive(Clone, Default)]
pub(crate) struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    pub(crate) fn lose(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(crate) fn holds(&self) -> bool {
        let lost = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.is_none_or(|lost| lost.elapsed() >= DISTRUST)
    }
}

/// Bound on the distinct pages that a route may be asked for in an epoch: a path with an
/// identifier in it would otherwise turn the cache into a way to the origin for each visitor.
pub(crate) struct DistinctPaths {
    most: usize,
    hasher: RandomState,
    seen: Mutex<HashSet<u64>>,
}

impl DistinctPaths {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, hasher: RandomState::new(), seen: Mutex::new(HashSet::new()) }
    }

    /// Whether this page may be fetched.
    pub(crate) fn admit(&self, key: &PageKey) -> bool {
        let hash = self.hasher.hash_one(key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contains(&hash) || (seen.len() < self.most && seen.insert(hash))
    }

    /// Whether this page is new, and there is room for it.
    pub(crate) fn is_first(&self, key: &PageKey) -> bool {
        let hash = self.hasher.hash_one(key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len() < self.most && seen.insert(hash)
    }

    /// Forgets, at the end of an epoch.
    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(asks: &Asks, jurisdiction: Jurisdiction, gpc: bool, undecided: bool) -> Shown {
        asks.shown(
            ConsentFacts { jurisdiction, consent: Consent::default(), silent: undecided, gpc },
            undecided,
        )
    }

    #[test]
    fn who_is_asked_or_told_depends_on_place_and_signal_alone() {
        let mut asks = Asks::new(None, true);
        asks.asked[Jurisdiction::OptIn as usize] = true;
        for jurisdiction in Jurisdiction::ALL {
            let told = jurisdiction.shows_opt_out_status();
            let with_gpc = if told { Shown::Honoured } else { Shown::Nothing };
            let asked = if jurisdiction == Jurisdiction::OptIn { Shown::Ask } else { Shown::Nothing };
            for undecided in [true, false] {
                assert_eq!(shown(&asks, jurisdiction, true, undecided), with_gpc);
            }
            assert_eq!(shown(&asks, jurisdiction, false, true), asked);
            assert_eq!(shown(&asks, jurisdiction, false, false), Shown::Nothing);
            let silent = Asks::new(None, false);
            assert_eq!(shown(&silent, jurisdiction, true, true), Shown::Nothing);
        }
    }
}
