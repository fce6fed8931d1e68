//! The way from a component's bytes to a plugin that the proxy takes.

use crate::engine::{Engine, EngineError};
use crate::error::LoadError;
use crate::limits::Limits;
use crate::plugin::Plugin;

/// Loads plugins.
pub struct Loader {
    engine: Engine,
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cells decided.
    pub done: u32,
    /// Cells to decide.
    pub cells: u32,
}

impl Loader {
    /// A loader that holds plugins to `limits`.
    ///
    /// # Errors
    /// [`EngineError`] if the machine cannot provide what the limits ask for.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        Ok(Self { engine: Engine::new(limits)? })
    }

    /// Loads a plugin, and tells how far it is from time to time. Blocks, within the limits.
    ///
    /// # Errors
    /// [`LoadError`] says which part of the contract the plugin breaks, and in which cell.
    pub fn load(&self, component: &[u8], _tell: &dyn Fn(Progress)) -> Result<Plugin, LoadError> {
        self.engine.load(component)
    }
}
