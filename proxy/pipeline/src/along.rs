//! HTML that is read along: while a page arrives, each variant that somebody waits for is rewritten beside it, as
//! far as that is certain. What is stored is made of the whole page afterwards, as if nobody had read along.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_rewrite::Along;
use cloakroom_variants::StoredVariant;
use tokio::time::timeout;

use crate::Pipeline;
use crate::arrival::{Arrival, Arriving};
use crate::cache_status::Source;
use crate::downstream::{Rewritable, is_rewritable, is_utf8};
use crate::failure::Failure;
use crate::flights::{News, Seat, Stage, Tower};
use crate::miss::{Fetched, Made, PendingPage};
use crate::route::Fragments;
use crate::variant::INLINE_WORK;

/// A page that is whole so soon after its head is not read along: it is rewritten once, and whoever waits gets the
/// stored copy, with all that only that has. Nobody notices how long this is who waits for a slower page.
const SOON: Duration = Duration::from_millis(10);

/// Those who wait for a variant, and what they were given of it.
pub(crate) struct Audience<'a> {
    pending: &'a PendingPage,
    tower: &'a Tower<Made>,
    /// What they read along, given up unless it is settled.
    reading: Option<Arriving>,
    /// It broke off with the page that it was made of.
    broke_off: bool,
    fragments: Option<Fragments>,
}

impl<'a> Audience<'a> {
    pub(crate) fn new(pending: &'a PendingPage, tower: &'a Tower<Made>) -> Self {
        Self { pending, tower, reading: None, broke_off: false, fragments: None }
    }

    /// Tells them what the origin says before its answer, and lets them read along what it answers.
    pub(crate) async fn follow(&mut self, pipeline: &Arc<Pipeline>, seat: &mut Seat<Fetched>) {
        while let Some(news) = seat.next().await {
            match news {
                News::Interim(interim) => self.tower.tell(interim),
                // Boxed, for the few flights that need it: a task goes to the heap with all the room it may ever
                // need, and with what a request has left there on the stack, as `tests/leak` finds.
                News::Stage(Stage::Arriving(page)) => return Box::pin(self.read(pipeline, page)).await,
                News::Stage(Stage::Landed(_)) => return,
            }
        }
    }

    async fn read(&mut self, pipeline: &Arc<Pipeline>, page: Arc<Arrival>) {
        match is_rewritable(page.head().headers()) {
            Rewritable::NotHtml => self.tower.announce(page),
            Rewritable::Yes if self.pending.awaited && self.pending.route.along.holds() => {
                let soon = timeout(SOON, page.ended());
                let (_, fragments) = tokio::join!(soon, pipeline.fragments(self.pending));
                // Fragments may have taken longer than the page.
                if !page.has_ended() {
                    self.rewrite(pipeline, &page, &fragments).await;
                    // What is not certain before, they wait for.
                    page.ended().await;
                }
                if page.is_broken() {
                    // No more will come. What may be shown instead is another page.
                    self.broke_off = self.reading.take().is_some();
                }
                self.fragments = Some(fragments);
            }
            Rewritable::Yes | Rewritable::Unreadable => {}
        }
    }

    /// Rewrites the page as it arrives, as far as it is certain and there is memory for it.
    async fn rewrite(&mut self, pipeline: &Arc<Pipeline>, page: &Arc<Arrival>, fragments: &Fragments) {
        let Some(mut share) = pipeline.scratch.share() else { return };
        let pending = self.pending;
        let (edits, placard) = (pending.route.edits(pending.choice.joint), pipeline.placard(pending));
        let find = |path: &str| fragments.get(path).cloned();
        let Some(mut along) = Along::new(&edits, &find, placard.as_ref()) else { return };
        if is_utf8(page.head().headers()) {
            along = along.of_utf8();
        }
        let mut reader = page.read();
        while let Ok(Some(chunk)) = reader.next().await {
            for part in chunk.chunks(INLINE_WORK) {
                let certain = along.write(part);
                let Some(certain) = share.hand_out(certain, along.held()) else { return };
                if !certain.is_empty() {
                    self.give(page, certain);
                }
                if along.has_ended() {
                    return;
                }
                // What is here already is read without waiting; others have their turn meanwhile.
                tokio::task::yield_now().await;
            }
        }
    }

    fn give(&mut self, page: &Arc<Arrival>, certain: Bytes) {
        let reading = self.reading.get_or_insert_with(|| {
            let arrival = page.beside();
            self.tower.announce(Arc::clone(&arrival));
            Arriving(arrival)
        });
        reading.0.push(certain);
    }

    /// The fragments of the variant, if they were fetched for those who read along: they were given these.
    pub(crate) fn fragments(&mut self) -> Option<Fragments> {
        self.fragments.take()
    }

    /// There is no variant, so that what they read along breaks off. Where that is the page's doing, and no chance, the
    /// route's next page may do the same.
    pub(crate) fn fail(&self, failure: Failure) {
        let may_recur = matches!(failure, Failure::TooLarge | Failure::Unusable | Failure::Busy);
        if may_recur && (self.broke_off || self.reading.is_some()) {
            self.pending.route.along.lose();
        }
    }

    /// Gives them the rest of the variant that is stored.
    pub(crate) fn settle(self, variant: &StoredVariant, source: Source) {
        let Some(reading) = self.reading else { return };
        // INVARIANT: nothing is ever completed but by the rest of a variant that is stored, made of the very page
        // that was read along, and of which all that was given is the beginning. In any other case their answers
        // break off, as when an origin does, so that nobody takes them for the page.
        let rest = match source {
            Source::Origin(_) => rest_of(variant.identity().body().pieces(), &reading.0.so_far()),
            _ => None,
        };
        match rest {
            Some(rest) => {
                rest.into_iter().for_each(|piece| reading.0.push(piece));
                reading.0.finish();
            }
            None => self.pending.route.along.lose(),
        }
    }
}

/// What of a body comes after what was given of it, if it begins with that.
fn rest_of(body: &[Bytes], given: &[Bytes]) -> Option<Vec<Bytes>> {
    let mut pieces = body.iter().cloned();
    let mut rest = Bytes::new();
    for part in given {
        let mut part = &part[..];
        while !part.is_empty() {
            if rest.is_empty() {
                rest = pieces.next()?;
            }
            let (begins, more) = part.split_at(rest.len().min(part.len()));
            if rest.split_to(begins.len()) != begins {
                return None;
            }
            part = more;
        }
    }
    Some(std::iter::once(rest).chain(pieces).filter(|piece| !piece.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(parts: &[&'static str]) -> Vec<Bytes> {
        parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect()
    }

    #[test]
    fn the_rest_is_what_was_not_given_however_it_is_cut() {
        let body = bytes(&["ab", "", "cde", "f"]);
        for (given, rest) in [
            (&[][..], Some("abcdef")),
            (&["a"], Some("bcdef")),
            (&["ab", "", "c"], Some("def")),
            (&["abcd", "e"], Some("f")),
            (&["a", "bcdef"], Some("")),
            (&["ab", "d"], None),
            (&["abcdef", "g"], None),
        ] {
            let found = rest_of(&body, &bytes(given)).map(|rest| rest.concat());
            assert_eq!(found.as_deref(), rest.map(str::as_bytes), "{given:?}");
        }
    }
}
