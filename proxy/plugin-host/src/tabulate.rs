//! Asks a plugin about everything it can ever be asked about, each time in a fresh instance, and then
//! all of it a second time in another order.
//!
//! A fresh instance knows nothing of earlier questions, so the second time finds nothing in a plugin; it
//! is what notices if an instance ever were not fresh.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cloakroom_rewrite::Edit;

use crate::again::{self, Order};
use crate::caller::{Answer, Caller};
use crate::error::{Export, LoadError};
use crate::limits::MIB;
use crate::manifest::{Manifest, Slot};
use crate::pass;
use crate::table::{Shape, Table};
use crate::usage::Usage;
use crate::{Opened, validate};

/// Cells between two words on how far a load is.
const CELLS_PER_WORD: u32 = 256;

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cells decided, those decided a second time included.
    pub done: u32,
    /// Cells to decide, counted likewise.
    pub cells: u32,
}

/// What everything that a plugin can be asked comes to.
pub(crate) struct Answers {
    pub(crate) table: Table,
    /// By slot and variant.
    pub(crate) edits: Vec<Vec<Vec<Edit>>>,
    /// All but the size of the component.
    pub(crate) usage: Usage,
}

/// Asks about everything twice, within the time for a load each.
pub(crate) fn twice(
    opened: &Opened,
    manifest: &Manifest,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Answers, LoadError> {
    let cells = Shape::of(manifest).size().saturating_sub(1);
    let decided = AtomicU32::new(0);
    let tell = &|done| tell(Progress { done, cells: cells.saturating_mul(2) });
    let first = Run::new(opened.caller(), manifest, &decided, tell);
    let edits = first.edits()?;
    let answers = pass::each(cells, &|cell| first.decide(cell, 0))?;

    let second = Run::new(opened.caller(), manifest, &decided, tell);
    let order = Order::of(cells);
    pass::each(cells, &|position| {
        let cell = order.at(position);
        let again = second.decide(cell, cells)?;
        let first = answers.get(cell as usize).copied().unwrap_or(again);
        again::decided(manifest, || second.words(cell), first, again)
    })?;
    second.edits_again(&edits)?;
    again::described(manifest, &opened.manifest()?)?;
    tell(cells.saturating_mul(2));

    let usage = usage(opened.caller(), &answers);
    // Each answer is below the number of choices, which fits.
    let choices = answers.iter().map(|answer| u16::try_from(answer.answer).unwrap_or(u16::MAX)).collect();
    Ok(Answers { table: Table::new(manifest, choices), edits, usage })
}

fn usage(caller: &Caller, answers: &[Answer]) -> Usage {
    let mut usage = caller.usage();
    for (cell, answer) in (0..).zip(answers) {
        usage.decide_fuel_total = usage.decide_fuel_total.saturating_add(answer.fuel);
        if answer.fuel > usage.decide_fuel {
            (usage.decide_fuel, usage.costliest_cell) = (answer.fuel, cell);
        }
    }
    usage
}

/// One time of asking everything, until its time is over.
struct Run<'a> {
    caller: &'a Caller,
    manifest: &'a Manifest,
    shape: Shape,
    after: Duration,
    deadline: Instant,
    /// Cells decided in all runs.
    decided: &'a AtomicU32,
    tell: &'a (dyn Fn(u32) + Sync),
}

impl<'a> Run<'a> {
    fn new(
        caller: &'a Caller,
        manifest: &'a Manifest,
        decided: &'a AtomicU32,
        tell: &'a (dyn Fn(u32) + Sync),
    ) -> Self {
        let after = caller.limits().load_wall_clock;
        let (shape, deadline) = (Shape::of(manifest), Instant::now() + after);
        Self { caller, manifest, shape, after, deadline, decided, tell }
    }

    fn words(&self, cell: u32) -> String {
        self.manifest.cell_in_words(&self.shape.ids(cell))
    }

    /// The choice in a cell. `before` are the cells decided in runs before this one.
    fn decide(&self, cell: u32, before: u32) -> Result<Answer, LoadError> {
        let (digits, bucket) = self.shape.digits(cell);
        let answer = self
            .caller
            .decide(digits, bucket)
            .map_err(|stop| LoadError::Call { export: Export::Decide(self.words(cell)), stop })?;
        let choices = u32::from(self.manifest.choices());
        if answer.answer >= choices {
            return Err(LoadError::Answer { cell: self.words(cell), answer: answer.answer, choices });
        }
        let done = self.decided.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if done.is_multiple_of(CELLS_PER_WORD) {
            (self.tell)(done);
        }
        self.in_time(done.saturating_sub(before))?;
        Ok(answer)
    }

    /// The edits of every variant, by slot and variant.
    fn edits(&self) -> Result<Vec<Vec<Vec<Edit>>>, LoadError> {
        let mut total = 0_usize;
        let most = self.caller.limits().rendered_bytes;
        let mut slots = Vec::with_capacity(self.manifest.slots().len());
        for (position, slot) in (0_u8..).zip(self.manifest.slots()) {
            let mut variants = Vec::with_capacity(slot.variants().len());
            for variant in (0_u8..).take(slot.variants().len()) {
                let (edits, bytes) = self.render(position, slot, variant)?;
                total = total.saturating_add(bytes);
                if total > most {
                    let what = format!("all variants up to here hold more than {} MiB", most / MIB);
                    return Err(LoadError::Rendered { variant: in_words(slot, variant), what });
                }
                variants.push(edits);
            }
            slots.push(variants);
        }
        Ok(slots)
    }

    /// Asks for all edits again, the last variant first.
    fn edits_again(&self, first: &[Vec<Vec<Edit>>]) -> Result<(), LoadError> {
        let slots: Vec<_> = (0_u8..).zip(self.manifest.slots()).zip(first).collect();
        for ((position, slot), variants) in slots.into_iter().rev() {
            let variants: Vec<_> = (0_u8..).zip(variants).collect();
            for (variant, first) in variants.into_iter().rev() {
                let (second, _) = self.render(position, slot, variant)?;
                again::rendered(&in_words(slot, variant), first, &second)?;
            }
        }
        Ok(())
    }

    fn render(&self, position: u8, slot: &Slot, variant: u8) -> Result<(Vec<Edit>, usize), LoadError> {
        let raw = self
            .caller
            .render(position, variant)
            .map_err(|stop| LoadError::Call { export: Export::Render(in_words(slot, variant)), stop })?;
        let edits = validate::edits(raw, slot.delivery())
            .map_err(|what| LoadError::Rendered { variant: in_words(slot, variant), what })?;
        self.in_time(0)?;
        Ok(edits)
    }

    fn in_time(&self, done: u32) -> Result<(), LoadError> {
        if Instant::now() <= self.deadline {
            return Ok(());
        }
        let cells = self.shape.size().saturating_sub(1);
        Err(LoadError::TooSlow { after: self.after, done: done.min(cells), cells })
    }
}

/// A variant in words: `hero=spring`.
fn in_words(slot: &Slot, variant: u8) -> String {
    format!("{}={}", slot.name(), slot.variant_name(variant))
}
