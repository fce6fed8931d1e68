//! Rewriting of HTML by itself: megabytes a second for three selectors.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cloakroom_benches::{HOST, large_page};
use cloakroom_rewrite::{Edit, OutputPolicy, SafeEdits, rewrite};
use serde_json::json;

use super::Bench;
use crate::report::Section;
use crate::stats::Spread;
use crate::{Failure, machine};

/// Bytes of the page.
const PAGE: usize = 80 * 1024;
/// How long each round takes.
const ROUND: Duration = Duration::from_millis(300);
/// Megabytes a second that are aimed at.
const AIM: f64 = 300.0;

/// Three edits on one page, in this process and on the load's CPU.
pub(super) fn throughput(bench: &Bench<'_>) -> Result<Section, Failure> {
    let page = large_page(PAGE);
    let name = "Rewriting";
    let mut section = Section::words(
        name,
        &format!(
            "A page of {} kB in UTF-8, by itself on one CPU: the content of `#hero` is replaced, a word is put \
             before a price found by class and descent, and a link in the menu gets another address. \
             Megabytes a second of CPU time; at least {AIM:.0} are aimed at.",
            page.len() / 1_000
        ),
    );
    section.head = ["edits", "MB/s"].map(str::to_owned).to_vec();
    let mut figures = Vec::new();
    for (name, edits) in [("three selectors", edits()), ("none", Vec::new())] {
        let policy = OutputPolicy::new(vec![HOST.to_owned()], Vec::new(), |_| false);
        let count = edits.len();
        let (safe, removed) = policy.admit(edits);
        if safe.len() != count {
            return Err(format!("an edit did not pass the door: {removed:?}").into());
        }
        let speed = Spread::of(
            (0..bench.arguments.rounds).map(|_| round(&page, &safe)).collect::<Result<Vec<_>, _>>()?,
        );
        section.rows.push(vec![name.to_owned(), speed.words(0)]);
        figures.push(json!({ "edits": count, "page_bytes": page.len(), "mb_per_second": speed.json() }));
    }
    section.figures = figures.into();
    Ok(section)
}

/// Megabytes a second of CPU time.
fn round(page: &str, edits: &SafeEdits) -> Result<f64, Failure> {
    let this = [std::process::id()];
    let (since, before, mut bytes) = (Instant::now(), machine::cpu_time(&this)?, 0);
    while since.elapsed() < ROUND {
        black_box(rewrite(black_box(page.as_bytes()), &[edits], &|_| None)?);
        bytes += page.len();
    }
    let took = machine::cpu_time(&this)?.saturating_sub(before);
    Ok(bytes as f64 / 1e6 / took.as_secs_f64())
}

fn edits() -> Vec<Edit> {
    let selector = |text: &str| text.to_owned();
    vec![
        Edit::SetContent {
            selector: selector("#hero"),
            content: "<h1>Le printemps est là</h1><p>Tentes légères, vingt pour cent de moins.</p>"
                .to_owned(),
        },
        Edit::Before { selector: selector("li.tile--7 .price"), content: "<b>from</b>".to_owned() },
        Edit::SetAttribute {
            selector: selector("nav .account > a"),
            name: "href".to_owned(),
            value: "/welcome".to_owned(),
        },
    ]
}
