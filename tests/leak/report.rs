//! The figures as a table for people and as JSON for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{Failure, Figures, ROUTES, Watched, figures};

/// The figures of one proxy.
pub struct Report {
    /// By position in [`ROUTES`].
    pub pages: Vec<Figures>,
    /// All pages of a visit together.
    pub linked: Figures,
    /// Distinct byte strings.
    pub strings: usize,
    identities: usize,
    asked: usize,
    received: usize,
    shown: usize,
}

impl Report {
    /// Computes them.
    #[must_use]
    pub fn of(watched: &Watched, seed: u64) -> Self {
        let [first, second] = &watched.passes;
        let pages = first.iter().zip(second).map(|(first, second)| figures(first, second, seed)).collect();
        let [linked_first, linked_second] = watched.linked();
        Self {
            pages,
            linked: figures(&linked_first, &linked_second, seed),
            strings: watched.strings.len(),
            identities: first.first().map_or(0, Vec::len),
            asked: watched.asked,
            received: watched.received,
            shown: watched.shown,
        }
    }

    /// The most that one page tells.
    #[must_use]
    pub fn worst(&self) -> Figures {
        let told = |one: &&Figures, other: &&Figures| one.bytes.total_cmp(&other.bytes);
        self.pages.iter().max_by(told).copied().unwrap_or(self.linked)
    }

    /// Whether the bytes tell what the variant and GPC tell, and nothing else, and nobody is told from
    /// fewer than `k` visitors.
    ///
    /// # Errors
    /// Which page breaks that; or that so little was shown that nothing is proved.
    pub fn check(&self, k: usize) -> Result<(), Failure> {
        let pages = ROUTES.iter().map(|route| route.path).zip(&self.pages);
        for (name, found) in pages.chain([("a whole visit", &self.linked)]) {
            if found.beyond != 0.0 || found.bytes != found.variant {
                return Err(format!("{name}: the bytes tell more than the variant: {found:?}").into());
            }
        }
        for (route, found) in ROUTES.iter().zip(&self.pages) {
            if found.smallest < k {
                return Err(format!("{}: fewer than {k} visitors are alike: {found:?}", route.path).into());
            }
            let least = if route.tells { 1.0 } else { 0.1 };
            if found.variant < least {
                return Err(
                    format!("{}: hardly any variants, so nothing is proved: {found:?}", route.path).into()
                );
            }
        }
        Ok(())
    }

    /// Whether a proxy that hides nothing is seen to hide nothing: otherwise the harness is blind.
    ///
    /// # Errors
    /// How much it would have missed.
    pub fn check_contrast(&self) -> Result<(), Failure> {
        let worst = self.worst();
        let all = (self.identities as f64).log2();
        if worst.bytes < all - 0.01 || worst.recognized < 0.99 || worst.smallest > 1 {
            return Err(
                format!("nginx tells {worst:?}, where {all:.3} bits are sent: the harness is blind").into()
            );
        }
        Ok(())
    }

    /// A Markdown table of this and of `other`, a proxy without variants.
    #[must_use]
    pub fn table(&self, other: Option<&Self>) -> String {
        let mut text = format!(
            "{} visitors, {} pages each, seen twice; {} variants shown. Cloakroom fetched {} of {} pages.\n\n",
            self.identities,
            ROUTES.len(),
            self.shown,
            self.received,
            self.asked
        );
        text.push_str("| what the origin got | behind Cloakroom | behind nginx |\n|---|---|---|\n");
        let mut row = |name: &str, value: &dyn Fn(&Self) -> String, only_ours: bool| {
            let theirs = match other {
                Some(_) if only_ours => "–".to_owned(),
                Some(other) => value(other),
                None => "not run".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {name} | {} | {theirs} |", value(self));
        };
        row("different requests, as byte strings", &|of| of.strings.to_string(), false);
        row("bits about the visitor, by the page that tells most", &|of| bits(of.worst().bytes), false);
        row("… of which the variant and GPC account for", &|of| bits(of.worst().variant), true);
        row("… left when variant and GPC are known", &|of| bits(of.worst().beyond), true);
        row("… the estimate for torn pairs", &|of| bits(of.worst().torn), false);
        row("visitors with the same request: fewest, median", &|of| crowd(&of.worst()), false);
        row("a visitor is recognized on the second visit", &|of| percent(of.worst().recognized), false);
        row("the same, when all pages of a visit are linked", &|of| percent(of.linked.recognized), false);
        text
    }

    /// Everything, for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let one = |found: &Figures| {
            json!({
                "bits": found.bytes, "bits_of_variant": found.variant, "bits_beyond": found.beyond,
                "bits_torn": found.torn, "smallest": found.smallest, "median": found.median,
                "recognized": found.recognized,
            })
        };
        let pages: serde_json::Map<_, _> =
            ROUTES.iter().zip(&self.pages).map(|(route, page)| (route.path.to_owned(), one(page))).collect();
        json!({
            "identities": self.identities, "asked": self.asked, "received": self.received,
            "variants_shown": self.shown, "distinct_requests": self.strings,
            "pages": pages, "linked": one(&self.linked),
        })
    }
}

fn bits(bits: f64) -> String {
    format!("{bits:.3}")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn crowd(found: &Figures) -> String {
    format!("{}, {}", found.smallest, found.median)
}
