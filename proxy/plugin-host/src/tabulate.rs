//! Asks a plugin about everything it can ever be asked about, each time in a fresh instance.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use cloakroom_rewrite::Edit;

use crate::caller::Caller;
use crate::error::{Export, LoadError};
use crate::limits::MIB;
use crate::manifest::Manifest;
use crate::table::{Shape, Table};
use crate::validate;

/// Cells between two words on how far a load is.
const CELLS_PER_WORD: u32 = 256;

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cells decided.
    pub done: u32,
    /// Cells to decide.
    pub cells: u32,
}

/// Above so many cells a second thread is worth its while.
const CELLS_PER_THREAD: u32 = 5_000;

/// The edits of every variant, by slot and variant.
pub(crate) fn edits(
    caller: &Caller,
    manifest: &Manifest,
    deadline: Instant,
) -> Result<Vec<Vec<Vec<Edit>>>, LoadError> {
    let mut total = 0_usize;
    let most = caller.limits().rendered_bytes;
    let mut slots = Vec::with_capacity(manifest.slots().len());
    for (position, slot) in (0_u8..).zip(manifest.slots()) {
        let mut variants = Vec::with_capacity(slot.variants().len());
        for (variant, name) in (0_u8..).zip(slot.variants()) {
            let words = || format!("{}={name}", slot.name());
            let raw = caller
                .render(position, variant)
                .map_err(|stop| LoadError::Call { export: Export::Render(words()), stop })?;
            let broken = |what| LoadError::Rendered { variant: words(), what };
            let (edits, bytes) = validate::edits(raw, slot.delivery()).map_err(broken)?;
            total = total.saturating_add(bytes);
            if total > most {
                return Err(broken(format!("all variants up to here hold more than {} MiB", most / MIB)));
            }
            if Instant::now() > deadline {
                return Err(too_slow(caller, manifest, 0));
            }
            variants.push(edits);
        }
        slots.push(variants);
    }
    Ok(slots)
}

/// The choice in every cell.
pub(crate) fn table(
    caller: &Caller,
    manifest: &Manifest,
    deadline: Instant,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Table, LoadError> {
    let cells = cells_to_decide(manifest);
    let done = AtomicU32::new(0);
    let run = Run { caller, manifest, deadline, done: &done, tell };
    let middle = if cells > CELLS_PER_THREAD { cells / 2 } else { cells };
    let (first, second) = thread::scope(|scope| {
        let second = (middle < cells).then(|| scope.spawn(|| run.decide(middle..cells)));
        (run.decide(0..middle), second.map(thread::ScopedJoinHandle::join))
    });
    let mut choices = first?;
    match second {
        None => {}
        Some(Ok(second)) => choices.extend(second?),
        Some(Err(panic)) => std::panic::resume_unwind(panic),
    }
    Ok(Table::new(manifest, choices))
}

struct Run<'a> {
    caller: &'a Caller,
    manifest: &'a Manifest,
    deadline: Instant,
    done: &'a AtomicU32,
    tell: &'a (dyn Fn(Progress) + Sync),
}

impl Run<'_> {
    fn decide(&self, cells: std::ops::Range<u32>) -> Result<Vec<u16>, LoadError> {
        let shape = Shape::of(self.manifest);
        let mut choices = Vec::with_capacity(cells.len());
        for cell in cells {
            let (digits, bucket) = shape.digits(cell);
            let words = || self.manifest.cell_in_words(&shape.ids(cell));
            let answer = self
                .caller
                .decide(digits, bucket)
                .map_err(|stop| LoadError::Call { export: Export::Decide(words()), stop })?;
            match u16::try_from(answer) {
                Ok(choice) if choice < self.manifest.choices() => choices.push(choice),
                _ => {
                    let choices = u32::from(self.manifest.choices());
                    return Err(LoadError::Answer { cell: words(), answer, choices });
                }
            }
            let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            if done % CELLS_PER_WORD == 0 {
                (self.tell)(Progress { done, cells: cells_to_decide(self.manifest) });
            }
            if Instant::now() > self.deadline {
                return Err(too_slow(self.caller, self.manifest, self.done.load(Ordering::Relaxed)));
            }
        }
        Ok(choices)
    }
}

/// All but the last one, in which nothing is known: its choice is the default.
fn cells_to_decide(manifest: &Manifest) -> u32 {
    Shape::of(manifest).size().saturating_sub(1)
}

fn too_slow(caller: &Caller, manifest: &Manifest, done: u32) -> LoadError {
    let cells = cells_to_decide(manifest);
    LoadError::TooSlow { after: caller.limits().load_wall_clock, done, cells }
}
