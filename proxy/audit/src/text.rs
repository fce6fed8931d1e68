//! An audit as text for a terminal. Only what the audit holds is printed.

use std::fmt::{self, Write};

use crate::audit::{Audit, Brief};
use crate::figures::{Figures, SlotFigures};
use crate::limits::{number, percent};
use crate::reach::Reach;
use crate::weights::Weighting;

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}, sha256 {}", self.name, printable(&self.version), self.digest)?;
        writeln!(f, "  {}", self.judged())?;
        self.verdict(f)?;
        self.write_rules(f)?;
        self.unseen(f)?;
        self.write_taken_out(f)?;
        self.tells(f)?;
        for figures in &self.figures {
            self.fairness(f, figures)?;
        }
        self.crowds(f)
    }
}

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = self
            .changed
            .iter()
            .map(|(slot, share)| format!("{} see something else in {slot}", percent(*share)));
        let changed = changed.collect::<Vec<_>>().join(", ");
        let (told, worst) = (self.bits.told(), self.bits.worst_case);
        let weighting = self.judged_by.name();
        write!(
            f,
            "{changed}; it tells {told:.1} bits of a visitor on average, {worst:.1} where it tells most ({weighting})"
        )
    }
}

/// Text of a plugin's author without what a terminal would obey, or what would turn the text around.
pub(crate) fn printable(text: &str) -> String {
    let is_kept = |character: char| character.escape_debug().len() == 1 || "'\"\\".contains(character);
    text.chars().map(|character| if is_kept(character) { character } else { '\u{fffd}' }).collect()
}

impl Audit {
    /// By what the plugin was judged, in a sentence.
    pub(crate) fn judged(&self) -> String {
        let visitors = match self.judged_by {
            Weighting::Traffic => "by its stated traffic",
            _ if self.site.is_some() => {
                "every combination of values counting the same, since the site states no traffic"
            }
            _ => "every combination of values counting the same",
        };
        match &self.site {
            Some(site) => format!("judged for the site {site}, {visitors}"),
            None => format!("judged without a site, {visitors}"),
        }
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.breaches.is_empty(), self.has_limits) {
            (true, true) => writeln!(f, "\nNothing is beyond the limits"),
            (true, false) => writeln!(f, "\nNo limits are set"),
            (false, _) => {
                writeln!(f, "\nBeyond the limits")?;
                self.breaches.iter().try_for_each(|breach| writeln!(f, "  {breach}"))
            }
        }
    }

    fn write_rules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nWho sees what")?;
        for (slot, rules) in self.slots.iter().zip(self.readable.slots()) {
            writeln!(f, "  {}", slot.name)?;
            let rows: Vec<_> = rules
                .lines()
                .iter()
                .zip(&slot.line_shares)
                .map(|(line, share)| {
                    let words = format!("{} → {}", line.in_words(), line.variant_name());
                    (words, vec![grouped(f64::from(line.cells())), percent(*share)])
                })
                .collect();
            table(f, "    ", &["cells", "visitors"], &rows)?;
            if !rules.is_whole() {
                let untold = rules.untold().iter().map(|of| of.cells).fold(0, u32::saturating_add);
                let of = grouped(f64::from(rules.cells()));
                writeln!(f, "    {} of {of} cells are told by no short rules", grouped(f64::from(untold)))?;
            }
        }
        Ok(())
    }

    fn unseen(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unseen = |wanted: Reach| -> Vec<String> {
            let of = self.slots.iter().flat_map(|slot| {
                let variants = slot.variants.iter().zip(&slot.reach);
                let unseen = variants.filter(move |(_, reach)| **reach == wanted);
                unseen.map(|(variant, _)| format!("{}={variant}", slot.name)).collect::<Vec<_>>()
            });
            of.collect()
        };
        writeln!(f)?;
        let (dead, elsewhere) = (unseen(Reach::Dead), unseen(Reach::NotOnSite));
        if dead.is_empty() && elsewhere.is_empty() {
            writeln!(f, "Every variant is shown in some cell")?;
        }
        if !dead.is_empty() {
            writeln!(f, "Shown to nobody: {}", dead.join(", "))?;
        }
        if !elsewhere.is_empty() {
            writeln!(
                f,
                "Shown to nobody on this site, whose values do not lead there: {}",
                elsewhere.join(", ")
            )?;
        }
        if !self.unused.is_empty() {
            writeln!(f, "Asked for and never used: {}", self.unused.join(", "))?;
        }
        Ok(())
    }

    fn write_taken_out(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lost.is_empty() {
            return Ok(());
        }
        let count = self.lost.len();
        writeln!(f, "Taken out of what it writes: {count} parts; `cloakroom plugin check` shows where")?;
        for lost in self.lost.iter().take(MAX_LOST) {
            let (slot, variant, edit) = (&lost.slot, &lost.variant, lost.removed.edit + 1);
            writeln!(f, "  {slot}={variant}, edit {edit}: {}", printable(&lost.removed.to_string()))?;
        }
        Ok(())
    }

    fn tells(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nWhat a page tells of its visitor, in bits")?;
        let rows = self.figures.iter().map(|figures| {
            let bits = &figures.bits;
            let cells = [bits.told(), bits.worst_case, bits.drawn].map(|bits| format!("{bits:.2}"));
            (figures.weighting.name().to_owned(), cells.to_vec())
        });
        let head = ["on average", "where it tells most", "lots, which tell nothing"];
        table(f, "  ", &head, &rows.collect::<Vec<_>>())
    }

    fn fairness(&self, f: &mut fmt::Formatter<'_>, figures: &Figures) -> fmt::Result {
        let whose = match figures.weighting {
            Weighting::Uniform => "every combination of values counts the same",
            Weighting::Traffic => "the site's traffic",
            Weighting::Prior => "the given prior",
        };
        writeln!(f, "\nAre groups treated alike? ({}: {whose})", figures.weighting.name())?;
        for (slot, of) in self.slots.iter().zip(&figures.slots) {
            let kind = if slot.is_price_like { ", price-like" } else { "" };
            let other = percent(of.total_variation);
            writeln!(f, "  {}{kind}: {other} see something else than `{}`", slot.name, default(slot))?;
            let rows: Vec<_> = parity_rows(of).collect();
            if !rows.is_empty() {
                table(f, "    ", &PARITY, &rows)?;
            }
            if let Some(worst) = &of.worst_cell {
                let rate = percent(worst.rate);
                writeln!(
                    f,
                    "    worst cell: {}, where {rate} of the changes of one signal show another variant",
                    worst.cell
                )?;
            }
        }
        Ok(())
    }

    fn crowds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(crowding) = &self.crowding else {
            return writeln!(
                f,
                "\nWhat the crowd rule takes away can be told for a site: name one with --site"
            );
        };
        writeln!(
            f,
            "\nWho is shown the default, since too few share even a coarser cell (fewer than {} networks)",
            crowding.k
        )?;
        let rows = crowding.pushed.iter().map(|pushed| {
            let stated = if pushed.is_stated { ", as stated" } else { "" };
            let shares = pushed.by_slot.iter().map(|share| percent(*share)).collect();
            (format!("{} networks an epoch{stated}", grouped(f64::from(pushed.networks))), shares)
        });
        let head: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
        table(f, "  ", &head, &rows.collect::<Vec<_>>())?;
        match crowding.enough {
            Some(enough) => {
                writeln!(
                    f,
                    "  from {} networks an epoch on all get what is meant for their own cell",
                    grouped(enough)
                )
            }
            None => Ok(()),
        }
    }
}

/// The most parts taken out that are listed.
pub(crate) const MAX_LOST: usize = 8;

/// The widest column of names.
const MAX_COLUMN: usize = 72;

/// The heads of the table of parities.
const PARITY: [&str; 6] = [
    "parity difference",
    "parity ratio",
    "exposure difference",
    "exposure ratio",
    "flip rate",
    "flips unweighed",
];

fn default(slot: &crate::figures::SlotAudit) -> &str {
    slot.variants.get(usize::from(slot.default)).map_or("", String::as_str)
}

fn parity_rows(of: &SlotFigures) -> impl Iterator<Item = (String, Vec<String>)> + '_ {
    of.parity.iter().zip(&of.flips).map(|(parity, flips)| {
        let spread = parity.demographic.as_ref();
        let exposures = || parity.exposure.iter().flatten();
        let widest = exposures().map(|spread| spread.difference).reduce(f64::max);
        let steepest = exposures().map(|spread| spread.ratio).reduce(f64::min);
        let figure = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), number);
        let cells = vec![
            figure(spread.map(|spread| spread.difference)),
            figure(spread.map(|spread| spread.ratio)),
            figure(widest),
            figure(steepest),
            number(flips.weighted),
            number(flips.plain),
        ];
        (parity.signal.name().to_owned(), cells)
    })
}

/// A table with a name at the left of each row and figures below their heads.
fn table(
    f: &mut fmt::Formatter<'_>,
    indent: &str,
    head: &[&str],
    rows: &[(String, Vec<String>)],
) -> fmt::Result {
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    // A name that is longer than most does not move the columns of the others.
    let lengths = rows.iter().map(|(name, _)| name.chars().count());
    let first = longest(&mut lengths.filter(|length| *length <= MAX_COLUMN));
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| cell.chars().count());
            longest(&mut cells.chain([head.chars().count()]))
        })
        .collect();
    let mut line = format!("{indent}{:first$}", "");
    for (head, width) in head.iter().zip(&widths) {
        write!(line, "  {head:>width$}")?;
    }
    writeln!(f, "{line}")?;
    for (name, cells) in rows {
        write!(f, "{indent}{name:first$}")?;
        for (cell, width) in cells.iter().zip(&widths) {
            write!(f, "  {cell:>width$}")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// A whole number with commas between groups of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
