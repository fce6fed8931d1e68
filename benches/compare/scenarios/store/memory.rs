//! Memory for each variant of a page of 50 kB: as it is stored, and as it would be if every variant were a whole
//! copy. Each figure is measured in a process of its own, by what it takes from the system.

use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_benches::{HOST, large_page};
use cloakroom_coding::compress;
use cloakroom_rewrite::{Edit, OutputPolicy, Piece, Pieces, rewrite_to_pieces};
use cloakroom_variants::{Body, CacheConfig, VariantCache};
use cloakroom_vocabulary::Coding;
use serde_json::json;

use super::super::Bench;
use super::{Keys, page};
use crate::Failure;
use crate::report::Section;

/// Bytes of the page.
const PAGE: usize = 50_000;
/// Variants that are stored for one figure, of as many pages as it takes.
const ALL: usize = 2_000;
/// More than all of it takes.
const MAX_BYTES: u64 = 8 << 30;

/// The table.
pub(crate) fn per_variant(bench: &Bench<'_>) -> Result<Section, Failure> {
    let mut section = Section::words(
        "Memory for each variant",
        "kB for each variant of a page of 50 kB, the page itself and all that belongs to them included. Variants differ \
         in two places. Shared is how they are stored: what a variant has of its page is the page's. With compressed \
         forms each has its own in br, zstd and gzip besides.",
    );
    section.head = [
        "variants",
        "shared",
        "whole copies",
        "shared, with compressed forms",
        "whole copies, with compressed forms",
    ]
    .map(str::to_owned)
    .to_vec();
    let counts: &[usize] = if bench.arguments.quick { &[1, 10] } else { &[1, 10, 100, 1_000] };
    let mut figures = Vec::new();
    for variants in counts {
        let mut row = vec![variants.to_string()];
        for (forms, shared) in [(false, true), (false, false), (true, true), (true, false)] {
            let bytes = in_a_process_of_its_own(*variants, shared, forms)?;
            row.push(format!("{:.1}", bytes / 1e3));
            figures.push(json!({ "variants": variants, "shared": shared, "compressed": forms, "bytes_per_variant": bytes }));
        }
        section.rows.push(row);
    }
    section.figures = figures.into();
    Ok(section)
}

fn in_a_process_of_its_own(variants: usize, shared: bool, forms: bool) -> Result<f64, Failure> {
    let words = [variants.to_string(), shared.to_string(), forms.to_string()];
    let output = Command::new(std::env::current_exe()?).arg("--memory").args(words).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// What that process does: prints the bytes for each variant. The words are those above.
pub(crate) fn measure(mut words: impl Iterator<Item = String>) -> Result<(), Failure> {
    let mut word = || words.next().ok_or("a word is missing");
    let (variants, shared, forms): (usize, bool, bool) =
        (word()?.parse()?, word()?.parse()?, word()?.parse()?);
    let original = large_page(PAGE);
    let pieces: Vec<Pieces> =
        (0..variants).map(|number| edited(&original, number)).collect::<Result<_, _>>()?;
    let codings: &[Coding] = if forms { &Coding::ALL } else { &[] };
    let mut compressed = Vec::new();
    for pieces in &pieces {
        let body = pieces.join(original.as_bytes());
        let made = codings.iter().map(|coding| compress(&[&body], *coding).map(|form| (*coding, form)));
        compressed.push(made.collect::<std::io::Result<Vec<_>>>()?);
    }
    let (keys, pages) = (Keys::new()?, (ALL / variants).max(1));
    let keys: Vec<_> = (0..pages).map(|number| keys.of(number, variants)).collect::<Result<_, _>>()?;
    let cache = VariantCache::new(CacheConfig { max_bytes: MAX_BYTES });
    let before = resident()?;
    for (key, ids) in keys {
        let stored = page(Bytes::copy_from_slice(original.as_bytes()), None);
        let resource = cache.store(key, stored, cache.began());
        for ((id, pieces), forms) in ids.into_iter().zip(&pieces).zip(&compressed) {
            let body =
                if shared { sharing(resource.page().body(), pieces) } else { copied(&original, pieces) };
            let variant = Arc::new(resource.page().variant(body));
            cache.add(&resource, id, &variant, cache.began());
            for (coding, form) in forms {
                cache.add_form(&resource, id, *coding, Bytes::copy_from_slice(form));
            }
        }
    }
    println!("{}", resident()?.saturating_sub(before) as f64 / (pages * variants) as f64);
    Ok(())
}

/// A variant in its two places.
fn edited(original: &str, number: usize) -> Result<Pieces, Failure> {
    let content =
        |selector: &str, content: String| Edit::SetContent { selector: selector.to_owned(), content };
    let policy = OutputPolicy::new(vec![HOST.to_owned()], Vec::new(), |_| false);
    let (edits, _) = policy.admit(vec![
        content(
            "#hero",
            format!("<h1>Variant {number}</h1><p>For those who are told so, and nobody else.</p>"),
        ),
        content("li.tile--7 .price", format!("<b>{number}.90</b>")),
    ]);
    Ok(rewrite_to_pieces(original.as_bytes(), &[&edits], &|_| None, None)?)
}

fn sharing(page: &Bytes, Pieces { added, pieces }: &Pieces) -> Body {
    let added = Bytes::copy_from_slice(added);
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Page(range) => page.slice(range.clone()),
        Piece::Added(range) => added.slice(range.clone()),
    });
    Body::of(pieces.collect(), added.len())
}

fn copied(original: &str, pieces: &Pieces) -> Body {
    Body::own(Bytes::from(pieces.join(original.as_bytes())))
}

/// Bytes of memory that this process has from the system.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no resident memory is told")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
