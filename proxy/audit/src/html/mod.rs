//! An audit as one page for people who know the site and not the field: no script, nothing that loads, and
//! a sheet of paper when it is printed. Only what the audit holds is written.

mod fairness;
mod rules;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::audit::Audit;
use crate::figures::Figures;
use crate::limits::{Limit, number, percent};
use crate::reach::Reach;
use crate::text::{MAX_LOST, grouped, printable};
use crate::weights::Weighting;

/// Fewer bits than this are none.
const NOTHING: f64 = 0.005;
const STYLE: &str = include_str!("style.css");

impl Audit {
    /// The page. Text of the plugin's author is escaped. `change` is the audit of another version and what differs
    /// from it, in words.
    #[must_use]
    pub fn html(&self, change: Option<(&Self, &str)>) -> String {
        let title = format!("{} {}: what it does to whom", self.name, printable(&self.version));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.head())
                    main {
                        (self.beyond())
                        (self.who_sees_what())
                        (self.taken_out())
                        (self.given_away())
                        @for figures in self.figures.iter().filter(|figures| figures.weighting == self.judged_by || figures.weighting == Weighting::Prior) {
                            (self.alike(figures))
                        }
                        (self.asked_for())
                        (self.too_few())
                        @if let Some((before, words)) = change { (self.changes(before, words)) }
                    }
                    (self.small_print())
                }
            }
        };
        page.into_string()
    }

    /// The figures by which the plugin is judged.
    fn judged_figures(&self) -> Option<&Figures> {
        self.figures.iter().find(|figures| figures.weighting == self.judged_by)
    }

    /// Who is meant by "visitors", in a few words.
    fn visitors(&self) -> &'static str {
        match self.judged_by {
            Weighting::Traffic => "of visitors, as the site states them",
            _ => "of all combinations, each counted once",
        }
    }

    fn head(&self) -> Markup {
        let digest = self.digest.to_string();
        let (class, verdict) = match self.breaches.len() {
            0 if !self.has_limits => ("plain", "No limits are set".to_owned()),
            0 => ("good", "Within the limits".to_owned()),
            1 => ("bad", "Beyond one limit".to_owned()),
            several => ("bad", format!("Beyond {several} limits")),
        };
        html! {
            header {
                p.verdict.(class) { (verdict) }
                h1 { (self.name) " " span.version { (printable(&self.version)) } }
                p.about {
                    @match &self.site {
                        Some(site) => { "For the site " strong { (site) } ". " },
                        None => { "Looked at by itself, for no site. " },
                    }
                    @match self.judged_by {
                        Weighting::Traffic => "Shares are of the site’s visitors, as it states them.",
                        _ => "Nobody has stated who the visitors are, so every combination of values counts the same.",
                    }
                }
                p.digest { "SHA-256 " (digest) }
            }
        }
    }

    fn beyond(&self) -> Markup {
        html! {
            @if !self.breaches.is_empty() {
                section.beyond {
                    h2 { "Why it may not be shown" }
                    ul {
                        @for breach in &self.breaches {
                            li {
                                @if let Some(slot) = &breach.slot { strong { (slot) } ": " }
                                (quoted(&breach.words))
                                @if breach.limit != Limit::PriceLike {
                                    span.figure { (breach.limit.name()) " " (number(breach.figure)) ", allowed " (number(breach.allowed)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn taken_out(&self) -> Markup {
        html! {
            @if !self.lost.is_empty() {
                section {
                    h2 { "What pages will not show" }
                    ul {
                        @for lost in self.lost.iter().take(MAX_LOST) {
                            li {
                                strong { (lost.slot) ": " (lost.variant) }
                                " without " (quoted(&printable(&lost.removed.to_string())))
                                span.figure { (quoted(&printable(&lost.removed.instead))) }
                            }
                        }
                    }
                    @if self.lost.len() > MAX_LOST {
                        p.small { (self.lost.len() - MAX_LOST) " more are shown by " code { "cloakroom plugin check" } "." }
                    }
                }
            }
        }
    }

    fn given_away(&self) -> Markup {
        let Some(figures) = self.judged_figures() else { return html! {} };
        let bits = &figures.bits;
        html! {
            section {
                h2 { "What a page gives away" }
                p {
                    @if bits.told() < NOTHING {
                        "Which version somebody gets says nothing of them."
                    } @else {
                        "Whoever sees which version somebody gets learns as much of them as from sorting people into "
                        strong { (alike_groups(bits.told())) }
                        " equal groups (" (number(bits.told())) " bits on average), and where it tells most, as from picking "
                        strong { "one in " (grouped(bits.worst_case.exp2())) }
                        " (" (number(bits.worst_case)) " bits)."
                    }
                }
                @if bits.drawn >= NOTHING {
                    p.small { "The lots that are drawn are not in these figures: they say nothing of a visitor." }
                }
            }
        }
    }

    fn asked_for(&self) -> Markup {
        html! {
            @if !self.signals.is_empty() {
                section {
                    h2 { "What it asks to know" }
                    table {
                        @for used in &self.signals {
                            tr {
                                th scope="row" { (used.signal().name()) }
                                td {
                                    (printable(used.reason()))
                                    @if self.unused.iter().any(|name| name == used.signal().name()) {
                                        " " span.warn { "It makes no difference: it need not be asked for." }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn too_few(&self) -> Markup {
        let Some(crowding) = &self.crowding else { return html! {} };
        html! {
            section {
                h2 { "Who is too few to be told apart" }
                p.small {
                    "Nobody is told apart in a group of fewer than " (crowding.k)
                    " networks. Who is in a smaller one is told of in coarser words, such as Europe for France. Of all visitors, so many are left with the default although the plugin means something else for them:"
                }
                table.numbers {
                    tr {
                        th { "networks that visit in an epoch" }
                        @for slot in &self.slots { th { (slot.name) } }
                    }
                    @for pushed in &crowding.pushed {
                        tr {
                            th scope="row" {
                                (grouped(f64::from(pushed.networks)))
                                @if pushed.is_stated { " (as stated)" }
                            }
                            @for share in &pushed.by_slot { td { (percent(*share)) } }
                        }
                    }
                }
                @if let Some(enough) = crowding.enough {
                    p.small { "From " (grouped(enough)) " networks on everybody gets what is meant for them." }
                }
            }
        }
    }

    fn changes(&self, before: &Self, words: &str) -> Markup {
        html! {
            section {
                h2 { "What changes against " (before.name) " " (before.version) }
                pre { (words.trim()) }
                pre { (self.against(before).lines().skip(2).collect::<Vec<_>>().join("\n")) }
            }
        }
    }

    fn small_print(&self) -> Markup {
        let unseen = |wanted: Reach| -> Vec<String> {
            let of = |slot: &crate::figures::SlotAudit| {
                let variants = slot.variants.iter().zip(&slot.reach);
                variants
                    .filter(|(_, reach)| **reach == wanted)
                    .map(|(name, _)| format!("{}: {name}", slot.name))
                    .collect::<Vec<_>>()
            };
            self.slots.iter().flat_map(of).collect()
        };
        let (dead, elsewhere) = (unseen(Reach::Dead), unseen(Reach::NotOnSite));
        html! {
            footer {
                @if !dead.is_empty() { p.warn { "Versions that nobody ever sees: " (dead.join(", ")) "." } }
                @if !elsewhere.is_empty() { p.warn { "Versions that nobody sees on this site: " (elsewhere.join(", ")) "." } }
                p {
                    "Nothing here is sampled: the plugin has been asked about each of its " (grouped(f64::from(self.cells)))
                    " cells, and cannot do anything else. The default is what stands in the page anyway. "
                    "Parity compares the shares of two groups that see something else than the default, exposure those that see one version; "
                    "“any” is somebody of whom nothing may be known, “other” whoever has none of the named values, and a range of the bucket is a share of visitors drawn by lot; "
                    "flips ask what would change for somebody of whom one thing were different, near values counting more."
                }
            }
        }
    }
}

/// Words with what stands between backticks set apart.
fn quoted(words: &str) -> Markup {
    html! {
        @for (at, part) in words.split('`').enumerate() {
            @if at % 2 == 1 { b { (part) } } @else { (part) }
        }
    }
}

/// Into how many equal groups so many bits sort people, in words.
fn alike_groups(bits: f64) -> String {
    let groups = bits.max(0.0).exp2();
    if groups < 10.0 { number((groups * 10.0).round() / 10.0) } else { grouped(groups) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_told_as_groups() {
        assert_eq!(
            ["0", "1", "3.3"].map(|bits: &str| alike_groups(bits.parse().unwrap())),
            ["1", "2", "9.8"]
        );
        assert_eq!(alike_groups(5.0), "32");
    }
}
