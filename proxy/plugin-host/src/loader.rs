//! The way from a component's bytes to a plugin that the proxy takes.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

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
    /// Where code is kept.
    folder: Option<PathBuf>,
    /// Opened when it is first needed; nothing if that failed.
    cache: OnceLock<Option<CodeCache>>,
    running: Mutex<usize>,
    ended: Condvar,
    shortfalls: Mutex<Shortfalls>,
}

/// What this machine does not let a loader do as it should, as far as loads have shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortfalls {
    /// The parts of the confinement that do not hold, each in words.
    pub unconfined: Vec<&'static str>,
    /// Why compiled code is not kept.
    pub not_kept: Option<String>,
}

impl Loader {
    /// A loader that holds plugins to `limits`. Its processes are this same program, which has to call
    /// [`worker::main`] when its first argument is [`worker::ARGUMENT`].
    ///
    /// # Errors
    /// [`EngineError`] if the system does not say where this program is.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        // By this name it is the program that runs, and not one that was put in its place since.
        let running = PathBuf::from("/proc/self/exe");
        let program = match running.try_exists() {
            Ok(true) => running,
            _ => std::env::current_exe().map_err(|cause| EngineError::new(cause.to_string()))?,
        };
        Ok(Self {
            limits,
            program,
            arguments: vec![worker::ARGUMENT.to_owned()],
            folder: None,
            cache: OnceLock::new(),
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

    /// The same, keeping compiled code in a folder, which should be for this program alone and is made with
    /// the first load. Where it cannot be used, plugins are compiled each time, and [`Loader::shortfalls`]
    /// says so.
    #[must_use]
    pub fn with_code_cache(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
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
            Request { program, arguments, limits: &self.limits, cache: self.cache(), component, tell };
        let loaded = talk::load(&request, &mut notes);
        self.note(&notes);
        loaded
    }

    /// What this machine does not let the loader do as it should. All the rest holds.
    #[must_use]
    pub fn shortfalls(&self) -> Shortfalls {
        self.shortfalls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cache(&self) -> Option<&CodeCache> {
        let folder = self.folder.as_ref()?;
        let open = || {
            CodeCache::open(folder)
                .map_err(|cause| {
                    let not_kept = format!("`{}` cannot be used: {cause}", folder.display());
                    self.shortfalls.lock().unwrap_or_else(PoisonError::into_inner).not_kept = Some(not_kept);
                })
                .ok()
        };
        self.cache.get_or_init(open).as_ref()
    }

    fn note(&self, notes: &Notes) {
        let mut shortfalls = self.shortfalls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(confinement) = notes.confinement {
            shortfalls.unconfined = confinement.missing();
        }
        if let Some(cause) = &notes.not_kept {
            shortfalls.not_kept = Some(cause.to_string());
        }
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
