//! What another version of a plugin changes in the figures. Two audits enter, made by the same terms; slots,
//! variants and signals are compared by name, those that both have.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::audit::Audit;
use crate::figures::Figures;
use crate::limits::number;

/// One figure before and after.
struct Changed {
    name: String,
    before: f64,
    after: f64,
}

/// Sums of shares are exact to this.
const ROUNDING: f64 = 1e-9;

impl Audit {
    /// The figures that differ from those of `before`, as text.
    #[must_use]
    pub fn against(&self, before: &Self) -> String {
        let mut text = format!("\nAgainst {} {}\n", before.name, crate::text::printable(&before.version));
        for (weighting, changed) in self.changed(before) {
            // Writing to a String cannot fail.
            if changed.is_empty() {
                let _ = writeln!(text, "  no figure differs ({weighting})");
            }
            let longest = changed.iter().map(|changed| changed.name.chars().count()).max().unwrap_or(0);
            for Changed { name, before, after } in changed {
                let _ =
                    writeln!(text, "  {name:longest$}  {} → {} ({weighting})", number(before), number(after));
            }
        }
        text
    }

    /// The figures that differ from those of `before`, as JSON.
    #[must_use]
    pub fn against_value(&self, before: &Self) -> Value {
        let changed = self.changed(before).into_iter().flat_map(|(weighting, changed)| {
            changed.into_iter().map(move |Changed { name, before, after }| {
                json!({ "weighting": weighting, "figure": name, "before": before, "after": after })
            })
        });
        changed.collect()
    }

    fn changed(&self, before: &Self) -> Vec<(&'static str, Vec<Changed>)> {
        let same = |figures: &Figures| before.figures.iter().find(|of| of.weighting == figures.weighting);
        let pairs = self.figures.iter().filter_map(|figures| Some((same(figures)?, figures)));
        pairs
            .map(|(old, new)| {
                let (old, new) = (named(before, old), named(self, new));
                let pair = |(name, after): (String, f64)| {
                    let (_, before) = old.iter().find(|(of, _)| *of == name)?;
                    let differs = (before - after).abs() > ROUNDING;
                    differs.then_some(Changed { name, before: *before, after })
                };
                new.into_iter().filter_map(pair).collect()
            })
            .zip(&self.figures)
            .map(|(changed, figures)| (figures.weighting.name(), changed))
            .collect()
    }
}

/// All figures by names that two versions share where they mean the same.
fn named(audit: &Audit, figures: &Figures) -> Vec<(String, f64)> {
    let bits = &figures.bits;
    let mut named =
        vec![("shannon_bits".to_owned(), bits.shannon), ("worst_case_bits".to_owned(), bits.worst_case)];
    for (slot, of) in audit.slots.iter().zip(&figures.slots) {
        let name = &slot.name;
        named.push((format!("total_variation {name}"), of.total_variation));
        for (variant, share) in slot.variants.iter().zip(&of.shares) {
            named.push((format!("share {name}={variant}"), *share));
        }
        for (parity, flips) in of.parity.iter().zip(&of.flips) {
            let signal = parity.signal;
            if let Some(spread) = &parity.demographic {
                named.push((format!("demographic_parity_difference {name} {signal}"), spread.difference));
                named.push((format!("demographic_parity_ratio {name} {signal}"), spread.ratio));
            }
            named.push((format!("flip_rate {name} {signal}"), flips.weighted));
        }
    }
    named
}
