//! The section `[cache]`, beyond its memory: compressed forms, and what an origin does not say.

use std::time::Duration;

use cloakroom_vocabulary::Coding;

use crate::bounds;
use crate::checker::Checker;
use crate::names::refuse;
use crate::raw;
use crate::settings::Compress;

/// How long stored pages are fresh, or may be served, where their origin does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caching {
    /// The share of the time since a page was changed for which it is fresh, from 0 to 1.
    pub heuristic: f64,
    /// The most that this comes to.
    pub heuristic_most: Duration,
    /// How long it is remembered that there is no such page.
    pub negative: Duration,
    /// How long a page may be served, once stale, when its origin fails.
    pub stale_if_error: Duration,
}

/// Which compressed forms are stored.
pub(crate) fn compress(checker: &mut Checker<'_>, raw: &raw::Cache) -> Option<Compress> {
    let codings = match &raw.compress {
        None => Coding::ALL.to_vec(),
        written => {
            let entries = checker.list("compress", Coding::COUNT, false, written.as_ref());
            // The words were checked with the shape of the file.
            checker.each(entries, |word| {
                Coding::from_name(word)
                    .ok_or_else(|| refuse(format!("`{word}` is not a coding"), "remove it"))
            })
        }
    };
    let from = checker.size("compress_from", &bounds::COMPRESS_FROM, raw.compress_from.as_ref());
    let threads =
        checker.number("compress_threads", &bounds::COMPRESS_THREADS, raw.compress_threads.as_ref());
    Some(Compress { codings, from_bytes: usize::try_from(from?).ok()?, threads: threads? as usize })
}

/// How long pages are fresh where their origin does not say.
pub(crate) fn freshness(checker: &mut Checker<'_>, raw: &raw::Cache) -> Option<Caching> {
    let most = checker.duration("heuristic_most", &bounds::HEURISTIC_MOST, raw.heuristic_most.as_ref());
    let negative = checker.duration("negative", &bounds::NEGATIVE, raw.negative.as_ref());
    let stale = checker.duration("stale_if_error", &bounds::STALE_IF_ERROR, raw.stale_if_error.as_ref());
    Some(Caching {
        // The number was checked with the shape of the file.
        heuristic: raw.heuristic.as_ref().map_or(bounds::HEURISTIC, |share| *share.get_ref()),
        heuristic_most: most?,
        negative: negative?,
        stale_if_error: stale?,
    })
}
