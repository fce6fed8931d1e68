//! The part of the reference that tells of every signal: its values, how they generalize, how much it can
//! tell, and what others have measured. Made from the vocabulary itself.

use std::fmt::Write as _;

use cloakroom_vocabulary::{BUCKETS, Entropy, MAX_TOPICS, Signal, SiteValues, SiteVocabulary, bucket_bits};

use crate::bounds;

const INTRODUCTION: &str = "
## Signals

The closed vocabulary. A plugin asks for at most 4 of them besides `bucket`, is told those that policy permits, and each
no finer than at least `k` networks share. Bits are log2 of the values: no distribution over as many values tells
more, so that the sum that `[signals] budget` bounds holds whoever the visitors are. Measured figures are of other
people's visitors, some of the whole field that a signal is derived from; they are shown for comparison and not counted.

| signal | values | grains | bits at most | measured | source |
|---|---|---|---|---|---|
";

/// The part in Markdown; without its table if the vocabulary should fail, which a test excludes.
pub(crate) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let Ok(site) = SiteVocabulary::new(&SiteValues::default()) else { return page };
    for signal in Signal::ALL {
        let hierarchy = site.hierarchy(signal);
        let (values, bits) = match listed(signal) {
            Some((words, most)) => (words, f64::from(most).log2()),
            None => {
                let names: Vec<_> =
                    hierarchy.leaves().map(|value| format!("`{}`", hierarchy.name(value))).collect();
                (names.join(", "), hierarchy.bits())
            }
        };
        row(&mut page, signal.name(), &values, hierarchy.grains(), bits, signal.entropy());
    }
    let bits = bucket_bits(BUCKETS.into());
    row(&mut page, "bucket", "ranges of `0` to `99`", &["range", "any"], bits, Entropy::DRAWN_EVENLY);
    page
}

fn row(page: &mut String, name: &str, values: &str, grains: &[&str], bits: f64, published: Entropy) {
    let measured = published.measured.map_or_else(|| "none".to_owned(), |bits| format!("{bits:.3}"));
    let grains = grains.join(" → ");
    // Writing to a `String` cannot fail.
    let _ =
        writeln!(page, "| `{name}` | {values} | {grains} | {bits:.1} | {measured} | {} |", published.source);
}

/// The values of a signal that leaves a site a choice, in words, and the most that there can be.
fn listed(signal: Signal) -> Option<(String, u32)> {
    let most = u32::try_from(bounds::MAX_LISTED_VALUES + 1).unwrap_or(u32::MAX);
    let topics = u32::try_from(MAX_TOPICS + 1).unwrap_or(u32::MAX);
    let (words, most) = match signal {
        Signal::Country => ("the listed countries, `other`", most),
        Signal::Language => ("the listed languages, `other`", most),
        Signal::Campaign => ("the listed campaigns, `none`", most),
        Signal::Interest => ("the declared topics, at most 16, `none`", topics),
        _ => return None,
    };
    Some((words.to_owned(), most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_a_row_with_what_it_can_tell() {
        let page = page();
        for name in Signal::ALL.map(Signal::name).iter().chain(&["bucket"]) {
            assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
        }
        assert!(page.contains("| `visit` | `new`, `returning` | visit → any | 1.0 | none | log2"), "{page}");
        assert!(Signal::ALL.into_iter().all(|signal| listed(signal).is_none() == signal.is_closed()));
    }
}
