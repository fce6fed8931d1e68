//! Who sees what, as a table for each slot. Rules and shares enter.

use cloakroom_plugin_host::{Line, ReadableSlot};
use maud::{Markup, html};

use crate::audit::Audit;
use crate::figures::SlotAudit;
use crate::limits::percent;

/// The most lines of a slot on the page; the others are counted.
const MAX_LINES: usize = 12;

impl Audit {
    pub(super) fn who_sees_what(&self) -> Markup {
        html! {
            section.rules {
                h2 { "Who sees what" }
                p.small { "A line that begins with “else” is for those whom no line above it fits. Shares are " (self.visitors()) "." }
                @for (slot, rules) in self.slots.iter().zip(self.readable.slots()) {
                    h3 {
                        (slot.name)
                        @if slot.is_price_like { span.tag { "price-like" } }
                    }
                    (lines(slot, rules))
                }
            }
        }
    }
}

fn lines(slot: &SlotAudit, rules: &ReadableSlot) -> Markup {
    let shares = slot.line_shares.iter().copied().chain(std::iter::repeat(0.0));
    let lines: Vec<(&Line, f64)> = rules.lines().iter().zip(shares).collect();
    // Only whole lists end with a line for everybody else.
    let whole = lines.split_last().filter(|_| rules.is_whole());
    let (last, others) = whole.map_or((None, lines.as_slice()), |(last, others)| (Some(last), others));
    let shown = others.get(..MAX_LINES).unwrap_or(others);
    let rest: f64 = others.iter().skip(MAX_LINES).map(|(_, share)| share).sum();
    html! {
        @if !rules.is_whole() {
            p.small {
                "No short rules tell this slot: " (rules.untold().iter().map(|of| of.cells).fold(0, u32::saturating_add))
                " of its " (rules.cells()) " cells are told by no line here. " code { "cloakroom plugin table --format csv" } " prints all of them."
            }
        }
        table.rules {
            @for (line, share) in shown {
                tr { td { (conditions(line)) } td.variant { (variant(slot, line)) } (bar(*share)) }
            }
            @if others.len() > MAX_LINES {
                tr { td { "and " (others.len() - MAX_LINES) " more lines, which " code { "cloakroom plugin table" } " prints" } td {} (bar(rest)) }
            }
            @if let Some((line, share)) = last {
                tr.last { td { @if others.is_empty() { "everybody" } @else { "everybody else" } } td.variant { (variant(slot, line)) } (bar(*share)) }
            }
        }
    }
}

fn conditions(line: &Line) -> Markup {
    html! {
        @if line.depends() { span.and { "else " } }
        @for (at, condition) in line.conditions().iter().enumerate() {
            @if at > 0 { span.and { " and " } }
            (condition.to_string())
        }
    }
}

fn variant(slot: &SlotAudit, line: &Line) -> Markup {
    let is_default = line.variant() == slot.default;
    html! { (line.variant_name()) @if is_default { span.tag { "default" } } }
}

/// A share as a bar and a number.
fn bar(share: f64) -> Markup {
    let width = format!("width:{:.1}%", share * 100.0);
    html! { td.bar { span.bar { span style=(width) {} } } td.share { (percent(share)) } }
}
