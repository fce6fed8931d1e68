//! Rules as text for people.

use std::fmt;

use super::{Line, Readable, ReadableSlot};

/// Lines whose conditions are longer do not move the columns of the others.
const MAX_COLUMN: usize = 56;

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slots.iter().try_for_each(|slot| slot.fmt(f))
    }
}

impl fmt::Display for ReadableSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = |cells: u32| if cells == 1 { "cell" } else { "cells" };
        writeln!(f, "{} ({} {})", self.name, self.cells, noun(self.cells))?;
        let conditions: Vec<String> = self.lines.iter().map(Line::in_words).collect();
        let lengths = conditions.iter().map(|words| words.chars().count());
        let column = lengths.filter(|length| *length <= MAX_COLUMN).max().unwrap_or(0);
        let variants = self.lines.iter().map(|line| line.variant_name.chars().count()).max().unwrap_or(0);
        let counts = self.lines.iter().map(|line| line.cells.to_string().len()).max().unwrap_or(0);
        for (words, line) in conditions.iter().zip(&self.lines) {
            let share = percent(line.cells, self.cells);
            let (variant, cells) = (&line.variant_name, line.cells);
            writeln!(f, "  {words:column$} → {variant:variants$}  {cells:counts$}  {share}")?;
        }
        if !self.is_whole() {
            let untold: u32 = self.untold.iter().map(|untold| untold.cells).fold(0, u32::saturating_add);
            let each = self.untold.iter().map(|untold| {
                format!("{} in {} ({})", untold.variant_name, untold.cells, percent(untold.cells, self.cells))
            });
            let each = each.collect::<Vec<_>>().join(", ");
            writeln!(f, "  {untold} {} more follow no short rules: {each}", noun(untold))?;
        }
        Ok(())
    }
}

impl Line {
    /// The line's conditions in words; one that is right only after those above it begins with `else`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let words = self.conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (self.depends, words.is_empty()) {
            (false, true) => "always".to_owned(),
            (false, false) => words,
            (true, true) => "else".to_owned(),
            (true, false) => format!("else {words}"),
        }
    }
}

fn percent(cells: u32, of: u32) -> String {
    let percent = f64::from(cells) * 100.0 / f64::from(of.max(1));
    if percent == 0.0 || percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}
