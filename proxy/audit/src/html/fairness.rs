//! Whether groups are treated alike, in sentences with the standard figures beside them. Figures enter.

use maud::{Markup, html};

use crate::audit::Audit;
use crate::figures::{Figures, SlotAudit, SlotFigures};
use crate::flips::Flips;
use crate::limits::{number, percent};
use crate::parity::Parity;

impl Audit {
    pub(super) fn alike(&self, figures: &Figures) -> Markup {
        let has_signals = !self.signals.is_empty();
        html! {
            @if has_signals {
                section {
                    h2 {
                        "Are groups treated alike?"
                        @if figures.weighting != self.judged_by { " For the visitors of the prior" }
                    }
                    @for (slot, of) in self.slots.iter().zip(&figures.slots) {
                        h3 { (slot.name) }
                        p.small {
                            (percent(of.total_variation)) " see something else than the default"
                            @if let Some(worst) = &of.worst_cell {
                                "; what is shown hangs most on a single thing where " (worst.cell) " (" (percent(worst.rate)) " of changes of one thing show another version)"
                            }
                            "."
                        }
                        (table(slot, of))
                    }
                }
            }
        }
    }
}

fn table(slot: &SlotAudit, of: &SlotFigures) -> Markup {
    html! {
        table.numbers {
            tr {
                th { "groups by" }
                th { "see something else than the default" }
                th { "parity difference" }
                th { "ratio" }
                th { "exposure difference" }
                th { "would see another version if only this were different" }
            }
            @for (parity, flips) in of.parity.iter().zip(&of.flips) { (row(slot, parity, flips)) }
        }
    }
}

fn row(slot: &SlotAudit, parity: &Parity, flips: &Flips) -> Markup {
    let group = |at: usize| parity.groups.get(at);
    let spread = parity.demographic.as_ref();
    let widest = slot
        .variants
        .iter()
        .zip(&parity.exposure)
        .filter_map(|(name, spread)| Some((name, spread.as_ref()?)));
    let widest = widest.max_by(|(_, one), (_, other)| one.difference.total_cmp(&other.difference));
    let of = |at: usize| {
        group(at).map(|group| format!("{} of {}", percent(group.changed), group.value)).unwrap_or_default()
    };
    html! {
        tr {
            th scope="row" { (parity.signal.name()) }
            td.words {
                @match spread {
                    Some(spread) if spread.difference > 0.0 => { "from " (of(spread.lowest)) " to " (of(spread.highest)) },
                    Some(_) => "all alike",
                    None => "nobody to compare",
                }
            }
            td { (spread.map(|spread| number(spread.difference)).unwrap_or_default()) }
            td { (spread.map(|spread| number(spread.ratio)).unwrap_or_default()) }
            td { @if let Some((name, spread)) = widest { (number(spread.difference)) span.small { " (" (name) ")" } } }
            td { (percent(flips.weighted)) }
        }
    }
}
