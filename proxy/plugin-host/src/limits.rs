//! What a plugin may use up, and the guard that holds it to that.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::ResourceLimiter;

/// The bounds of a plugin. The defaults are those that every published plugin must fit in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Size of a component.
    pub component_bytes: usize,
    /// WASM instructions of one call, instantiation included. Reproducible.
    pub fuel_per_call: u64,
    /// Wall clock of one call, for what instructions do not measure.
    pub wall_clock: Duration,
    /// Wall clock of compiling, where a load has a process of its own.
    pub compile_wall_clock: Duration,
    /// Wall clock of asking about all cells and all variants once. It is done twice.
    pub load_wall_clock: Duration,
    /// Memory of the process that loads a plugin: the compiler's, the instances' and the table's together.
    pub process_memory_bytes: usize,
    /// Linear memory of an instance, all its memories together.
    pub memory_bytes: usize,
    /// Elements of an instance's tables, all together.
    pub table_elements: usize,
    /// What one call may return.
    pub returned_bytes: usize,
    /// What all variants together may render.
    pub rendered_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 16 * MIB,
            fuel_per_call: 50_000_000,
            wall_clock: Duration::from_secs(2),
            compile_wall_clock: Duration::from_secs(60),
            load_wall_clock: Duration::from_secs(120),
            process_memory_bytes: 1024 * MIB,
            memory_bytes: 64 * MIB,
            table_elements: 20_000,
            returned_bytes: 8 * MIB,
            rendered_bytes: 16 * MIB,
        }
    }
}

impl Limits {
    /// The longest that a load may take: compiling, and asking everything twice.
    #[must_use]
    pub fn whole_load(&self) -> Duration {
        self.compile_wall_clock.saturating_add(self.load_wall_clock.saturating_mul(2))
    }
}

pub(crate) const MIB: usize = 1024 * 1024;

/// The core instances that one component may be made of.
pub(crate) const CORE_INSTANCES: u32 = 16;
/// The memories that one component may have, each of its modules one at most: JavaScript's have three,
/// the engine's, its bindings' and that of what stands in for the system.
pub(crate) const MEMORIES: u32 = 4;
/// The tables that one component may have.
pub(crate) const TABLES: u32 = 4;

/// What an instance may still use of its limits; lives in its store.
pub(crate) struct Caps {
    memory: usize,
    memory_left: usize,
    elements_left: usize,
    exceeded: Option<Resource>,
}

/// What an instance can run out of.
#[derive(Clone, Copy)]
pub(crate) enum Resource {
    Memory,
    TableElements,
}

impl Caps {
    pub(crate) fn new(limits: &Limits) -> Self {
        let Limits { memory_bytes, table_elements, .. } = *limits;
        Self { memory: 0, memory_left: memory_bytes, elements_left: table_elements, exceeded: None }
    }

    /// Linear memory that the instance has taken, in bytes. It never gives any back.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// What the instance ran out of, if that is what ended it.
    pub(crate) fn exceeded(&self) -> Option<Resource> {
        self.exceeded
    }
}

/// Takes what a growth needs. Too much is an error, which ends the call at once: a plugin must not
/// be able to go on in another way where there is less.
fn take(
    left: &mut usize,
    current: usize,
    desired: usize,
    exceeded: &mut Option<Resource>,
    resource: Resource,
) -> wasmtime::Result<bool> {
    let Some(rest) = left.checked_sub(desired.saturating_sub(current)) else {
        *exceeded = Some(resource);
        return Err(wasmtime::Error::msg("a limit of the instance"));
    };
    *left = rest;
    Ok(true)
}

impl ResourceLimiter for Caps {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grows = take(&mut self.memory_left, current, desired, &mut self.exceeded, Resource::Memory)?;
        self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        Ok(grows)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        take(&mut self.elements_left, current, desired, &mut self.exceeded, Resource::TableElements)
    }

    fn instances(&self) -> usize {
        usize::try_from(CORE_INSTANCES).unwrap_or(usize::MAX)
    }

    fn tables(&self) -> usize {
        usize::try_from(TABLES).unwrap_or(usize::MAX)
    }

    fn memories(&self) -> usize {
        usize::try_from(MEMORIES).unwrap_or(usize::MAX)
    }
}
