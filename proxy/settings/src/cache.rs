//! The section `[cache]`, beyond its memory: compressed forms, the disk, and what an origin does not say.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cloakroom_vocabulary::Coding;

use crate::bounds;
use crate::checker::Checker;
use crate::names::refuse;
use crate::raw;

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

/// Pages that are kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskCache {
    /// The folder; made when it is needed.
    pub folder: PathBuf,
    /// The most bytes of its files.
    pub max_bytes: u64,
}

/// Compressed forms of what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compress {
    /// The codings, none twice; none at all turns compression off.
    pub codings: Vec<Coding>,
    /// The least bytes of a body that is worth it.
    pub from_bytes: usize,
    /// Threads that compress, at least one.
    pub threads: usize,
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

/// Where pages outlive a restart. `store` is the folder of what else does.
pub(crate) fn disk(
    checker: &mut Checker<'_>,
    folder: &Path,
    raw: &raw::Disk,
    store: Option<&Path>,
) -> Option<DiskCache> {
    let path = checker.own_folder(folder, &raw.path, "cache");
    if store.is_some_and(|store| store == path) {
        let message = format!("`{}` is the folder of `[store]`", raw.path.get_ref());
        let help = "give pages a folder of their own, which may be deleted";
        checker.report(raw.path.span(), "again here", message, help);
    }
    let max_bytes = checker.size("max_bytes", &bounds::DISK_BYTES, raw.max_bytes.as_ref())?;
    Some(DiskCache { folder: path, max_bytes })
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
