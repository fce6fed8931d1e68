//! The way from a component's bytes to a plugin that the proxy takes.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::engine::EngineError;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::plugin::Plugin;
use crate::{process, worker};

/// Plugins that are loaded at once, each in a process of its own; others wait.
const AT_ONCE: usize = 2;

/// Loads plugins, each in a process of its own: no byte of one is compiled or run in this one.
pub struct Loader {
    limits: Limits,
    program: PathBuf,
    arguments: Vec<String>,
    running: Mutex<usize>,
    ended: Condvar,
}

impl Loader {
    /// A loader that holds plugins to `limits`. Its processes are this same program, which has to call
    /// [`worker::main`] when its first argument is [`worker::ARGUMENT`].
    ///
    /// # Errors
    /// [`EngineError`] if the system does not say where this program is.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let program = std::env::current_exe().map_err(|cause| EngineError::new(cause.to_string()))?;
        let arguments = vec![worker::ARGUMENT.to_owned()];
        Ok(Self { limits, program, arguments, running: Mutex::new(0), ended: Condvar::new() })
    }

    /// The same, with another program as its processes.
    #[must_use]
    pub fn with_worker(mut self, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        self.program = program.into();
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    /// Loads a plugin. Blocks: while two others are loaded, and then within the limits.
    ///
    /// # Errors
    /// [`LoadError`] says which part of the contract the plugin breaks, and in which cell, or what became
    /// of its process.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        let _turn = self.turn();
        process::load(&self.program, &self.arguments, &self.limits, component)
    }

    fn turn(&self) -> Turn<'_> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = self
            .ended
            .wait_while(running, |running| *running >= AT_ONCE)
            .unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Turn(self)
    }
}

/// One of the loads at once.
struct Turn<'a>(&'a Loader);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}
