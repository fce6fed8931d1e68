//! The way from a component's bytes to a plugin that the proxy takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::code::CodeCache;
use crate::engine::EngineError;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::plugin::Plugin;
use crate::tabulate::Progress;
use crate::talk::{self, Notes, Request};
use crate::worker;

/// Plugins that are loaded at once, each in a process of its own; others wait.
const AT_ONCE: usize = 2;

/// Loads plugins, each in a process of its own: no byte of one is compiled or run in this one.
pub struct Loader {
    limits: Limits,
    program: PathBuf,
    arguments: Vec<String>,
    cache: Option<CodeCache>,
    running: Mutex<usize>,
    ended: Condvar,
    shortfalls: Mutex<BTreeSet<String>>,
}

impl Loader {
    /// A loader that holds plugins to `limits`. Its processes are this same program, which has to call
    /// [`worker::main`] when its first argument is [`worker::ARGUMENT`].
    ///
    /// # Errors
    /// [`EngineError`] if the system does not say where this program is.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let program = std::env::current_exe().map_err(|cause| EngineError::new(cause.to_string()))?;
        Ok(Self {
            limits,
            program,
            arguments: vec![worker::ARGUMENT.to_owned()],
            cache: None,
            running: Mutex::new(0),
            ended: Condvar::new(),
            shortfalls: Mutex::default(),
        })
    }

    /// The same, with another program as its processes.
    #[must_use]
    pub fn with_worker(mut self, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        self.program = program.into();
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    /// The same, keeping compiled code in a folder, which is made if it is not there and should be for this
    /// program alone. Where it cannot be used, plugins are compiled each time, and
    /// [`Loader::shortfalls`] says so.
    #[must_use]
    pub fn with_code_cache(mut self, folder: &Path) -> Self {
        match CodeCache::open(folder) {
            Ok(cache) => self.cache = Some(cache),
            Err(cause) => self.falls_short(format!(
                "compiled plugins cannot be kept in `{}`, so each is compiled anew: {cause}",
                folder.display()
            )),
        }
        self
    }

    /// Loads a plugin. Blocks: while two others are loaded, and then within the limits.
    ///
    /// # Errors
    /// [`LoadError`] says which part of the contract the plugin breaks, and in which cell, or what became
    /// of its process.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        self.load_telling(component, &|_| {})
    }

    /// As [`Loader::load`], telling about ten times a second how far it is, on this thread. While the plugin
    /// is compiled there are no cells yet.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub fn load_telling(&self, component: &[u8], tell: &dyn Fn(Progress)) -> Result<Plugin, LoadError> {
        let _turn = self.turn();
        let mut notes = Notes::default();
        let (program, arguments) = (&self.program, &self.arguments);
        let request =
            Request { program, arguments, limits: &self.limits, cache: self.cache.as_ref(), component, tell };
        let loaded = talk::load(&request, &mut notes);
        self.note(&notes);
        loaded
    }

    /// What this machine does not let the loader do as it should, each in a sentence, as far as loads have
    /// shown it: parts of the confinement that do not hold, and code that is not kept.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<String> {
        self.shortfalls.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note(&self, notes: &Notes) {
        for missing in notes.confinement.iter().flat_map(crate::Confinement::missing) {
            self.falls_short(format!("the process that runs plugins is not wholly confined: {missing}"));
        }
        if let Some(cause) = &notes.not_kept {
            self.falls_short(format!("a compiled plugin cannot be kept, and is compiled anew: {cause}"));
        }
    }

    fn falls_short(&self, sentence: String) {
        self.shortfalls.lock().unwrap_or_else(PoisonError::into_inner).insert(sentence);
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
