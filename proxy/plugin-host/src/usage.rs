//! What a load has used up, so that people see how near a plugin comes to its limits. No visitor is
//! involved: all of it happens before any request.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a plugin has used up while it was loaded. The same on every machine, since instructions are
/// counted and not time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Size of the component.
    pub component_bytes: u64,
    /// The most linear memory that an instance has had, all its memories together, in bytes.
    pub memory_bytes: u64,
    /// WASM instructions of `describe`, those that make the instance included.
    pub describe_fuel: u64,
    /// The most WASM instructions of a `render`, counted likewise.
    pub render_fuel: u64,
    /// The most WASM instructions of a `decide`, counted likewise; 0 if there is no cell to decide.
    pub decide_fuel: u64,
    /// Those of every `decide` once, added up.
    pub decide_fuel_total: u64,
    /// The cell that takes the most: the first of them; 0 if there is no cell to decide.
    pub costliest_cell: u32,
}

/// Which export a call is of.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Describe,
    Decide,
    Render,
}

/// The maxima while they grow, on several threads.
#[derive(Default)]
pub(crate) struct Meter {
    describe: AtomicU64,
    render: AtomicU64,
    memory: AtomicU64,
}

impl Meter {
    /// `decide` is counted cell by cell, where it is asked.
    pub(crate) fn add(&self, kind: Kind, fuel: u64, memory: u64) {
        match kind {
            Kind::Describe => self.describe.fetch_max(fuel, Ordering::Relaxed),
            Kind::Render => self.render.fetch_max(fuel, Ordering::Relaxed),
            Kind::Decide => 0,
        };
        self.memory.fetch_max(memory, Ordering::Relaxed);
    }

    /// All but what is counted elsewhere.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            memory_bytes: self.memory.load(Ordering::Relaxed),
            describe_fuel: self.describe.load(Ordering::Relaxed),
            render_fuel: self.render.load(Ordering::Relaxed),
            ..Usage::default()
        }
    }
}
