//! How long it takes to purge a tag that 10,000 pages have.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_variants::{CacheConfig, Purge, Scope, Tag, VariantCache};
use serde_json::json;

use super::super::Bench;
use super::{Keys, page};
use crate::Failure;
use crate::report::Section;
use crate::stats::Spread;

/// Pages with the tag.
const TAGGED: usize = 10_000;
/// Pages that are stored besides, without it.
const OTHERS: usize = 10_000;
const TAG: &str = "spring";

/// Purges by tag, hard and soft.
pub(crate) fn tagged(bench: &Bench<'_>) -> Result<Section, Failure> {
    let mut section = Section::words(
        "Purge of a tag",
        "10,000 of 20,000 stored pages have a tag. Purged means that from then on nobody is answered with them; the memory \
         is freed afterwards. Less than a millisecond is aimed at.",
    );
    section.head = ["purge", "ms"].map(str::to_owned).to_vec();
    let keys = Keys::new()?;
    let keys: Vec<_> = (0..TAGGED + OTHERS).map(|number| keys.of(number, 0)).collect::<Result<_, _>>()?;
    let mut figures = Vec::new();
    for (name, how) in [("soft", Purge::Soft), ("hard", Purge::Hard)] {
        let mut took = Vec::new();
        for _ in 0..bench.arguments.rounds {
            let cache = VariantCache::new(CacheConfig { max_bytes: 1 << 30 });
            for (number, (key, _)) in keys.iter().enumerate() {
                let stored = page(Bytes::from_static(b"<p>a page</p>"), (number < TAGGED).then_some(TAG));
                cache.store(key.clone(), stored, cache.began());
            }
            took.push(once(&cache, how)?);
        }
        let spread = Spread::of(took.iter().map(|took| took.as_secs_f64() * 1e3));
        section.rows.push(vec![name.to_owned(), spread.words(3)]);
        figures.push(json!({ "purge": name, "entries": TAGGED, "ms": spread.json() }));
    }
    section.figures = figures.into();
    Ok(section)
}

fn once(cache: &VariantCache, how: Purge) -> Result<Duration, Failure> {
    let scope = Scope::Tag { site: None, tag: Tag::new(TAG.as_bytes()) };
    let since = Instant::now();
    let purged = cache.purge(&scope, how);
    let took = since.elapsed();
    if purged != TAGGED {
        return Err(format!("{purged} pages were purged, not {TAGGED}").into());
    }
    Ok(took)
}
