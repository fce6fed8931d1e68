//! Which cookies about visits may be kept, by what law and visitor allow: computed from the permits of all
//! routes when a site is built, looked up for each request.

use cloakroom_boundary::Kept;
use cloakroom_policy::{ClassId, PermitTable};
use cloakroom_vocabulary::{ConsentFacts, Grain, Signal};

/// By [`ConsentFacts::index`].
///
/// INVARIANT: a cookie is kept only under facts under which some plugin of the site may be told what it
/// holds.
pub(crate) struct Keeping([Kept; ConsentFacts::COUNT]);

impl Keeping {
    /// Nothing is kept, until a route gives a reason.
    pub(crate) fn nothing() -> Self {
        Self([Kept::default(); ConsentFacts::COUNT])
    }

    /// Adds what a route gives a reason for, in each class of its permits.
    pub(crate) fn add(&mut self, permits: &PermitTable, of_class: impl Fn(ClassId) -> Kept) {
        for (facts, kept) in ConsentFacts::all().zip(&mut self.0) {
            let more = of_class(permits.class(facts));
            kept.visit |= more.visit;
            kept.interest |= more.interest;
            kept.bucket |= more.bucket;
        }
    }

    /// What may be kept under some facts.
    pub(crate) fn under(&self, facts: ConsentFacts) -> Kept {
        self.0.get(facts.index()).copied().unwrap_or_default()
    }
}

/// What those who see signals at these grains give a reason for; `bucket` says that one of them may split
/// traffic.
pub(crate) fn kept(seers: &[[Grain; Signal::COUNT]], bucket: bool) -> Kept {
    let sees = |signal: Signal| {
        seers.iter().filter_map(|grains| grains.get(signal.index())).any(|grain| *grain == Grain::FINEST)
    };
    Kept { visit: sees(Signal::Visit), interest: sees(Signal::Interest), bucket }
}

#[cfg(test)]
mod tests {
    use cloakroom_policy::{PolicySet, Subject};
    use cloakroom_vocabulary::{Consent, Jurisdiction, SiteValues, SiteVocabulary};

    use super::*;

    fn under(policy: &str, asks: Vec<Signal>, bucket: bool, facts: ConsentFacts) -> Kept {
        let vocabulary = SiteVocabulary::new(&SiteValues::default()).unwrap();
        let policies = PolicySet::with_defaults(&[("site.cedar", policy)]).unwrap();
        let subject = Subject { mode: "personalize", labels: &[], plugins: vec![("hero".to_owned(), asks)] };
        let mut keeping = Keeping::nothing();
        let permits = policies.permits(&vocabulary, &subject).unwrap();
        let of_class = |class: ClassId| {
            kept(&permits.classes()[class.index()].plugins, bucket && class != ClassId::NOTHING)
        };
        keeping.add(&permits, of_class);
        keeping.under(facts)
    }

    const YES: ConsentFacts = ConsentFacts {
        jurisdiction: Jurisdiction::OptIn,
        consent: Consent { personalization: true, measurement: false },
        silent: false,
        gpc: false,
    };

    #[test]
    fn a_cookie_is_kept_where_policy_lets_somebody_see_what_it_holds() {
        let both = vec![Signal::Visit, Signal::Interest];
        let kept = |visit, interest, bucket| Kept { visit, interest, bucket };
        assert_eq!(under("", both.clone(), true, YES), kept(true, true, true));
        assert_eq!(under("", vec![Signal::Visit], false, YES), kept(true, false, false));
        let no_interest =
            "forbid (principal, action, resource) when { resource.signal == SignalName::\"interest\" };";
        assert_eq!(under(no_interest, both.clone(), true, YES), kept(true, false, true));
        let none = "forbid (principal, action, resource);";
        assert_eq!(under(none, both.clone(), true, YES), Kept::default());
        let measured = Consent { personalization: false, measurement: true };
        for facts in [
            ConsentFacts { gpc: true, ..YES },
            ConsentFacts { jurisdiction: Jurisdiction::Unknown, ..YES },
            ConsentFacts { consent: measured, ..YES },
        ] {
            assert_eq!(under("", both.clone(), true, facts), Kept::default(), "{facts:?}");
        }
    }
}
