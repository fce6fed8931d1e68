//! What the parts of a hit, a load and a miss cost by themselves. Times are shown, never asserted:
//! they depend on the machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot begin ends with a panic")]

mod coding;
mod consent;
mod load;
mod visit;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    hit,
    visit::lookup,
    visit::admission,
    visit::remembering,
    visit::crowd,
    visit::cache,
    consent::hostile
);
criterion_group!(
    plugin,
    load::cold_decision,
    load::tabulation,
    load::kept_code,
    load::kept_tables,
    load::rewriting,
    coding::forms
);
criterion_main!(hit, plugin);
