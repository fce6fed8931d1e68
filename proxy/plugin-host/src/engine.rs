//! The engine that all plugins share: its settings, and the load of a plugin from bytes to table.

use std::hash::{Hash as _, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

use crate::caller::Caller;
use crate::code::{Code, EngineKey};
use crate::error::{LoadError, plain};
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, MIB, TABLES};
use crate::plugin::{Digest, Plugin};
use crate::tabulate::{Answers, Progress};
use crate::usage::Usage;
use crate::{Opened, features, imports, tabulate};

/// How often running plugins look at the clock.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Runs plugins.
pub struct Engine {
    wasm: wasmtime::Engine,
    limits: Limits,
    /// One load at a time: what a load uses is bounded, what all use together shall be too.
    loading: Mutex<()>,
}

/// The engine cannot run on this machine with these limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plugin engine cannot be set up: {reason}")]
pub struct EngineError {
    reason: String,
}

impl EngineError {
    pub(crate) fn new(reason: String) -> Self {
        Self { reason }
    }
}

impl Engine {
    /// An engine that holds plugins to `limits`.
    ///
    /// # Errors
    /// [`EngineError`] if the machine cannot provide what the limits ask for.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let failed = |error: wasmtime::Error| EngineError { reason: plain(&error) };
        let wasm = wasmtime::Engine::new(&features::config(&limits)).map_err(failed)?;
        Ok(Self { wasm, limits, loading: Mutex::new(()) })
    }

    /// Loads a plugin: compiles it, reads its manifest, asks it about every cell and every variant, and
    /// asks all of it again, in another order; both answers must be the same. Takes up to the limits' time for a load; meant for a thread that may block.
    ///
    /// # Errors
    /// [`LoadError`] says which part of the contract the plugin breaks, and in which cell.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        self.load_telling(component, &|_| {})
    }

    /// As [`Engine::load`], telling now and then how far it is, on whichever thread is at work.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_telling(
        &self,
        component: &[u8],
        tell: &(dyn Fn(Progress) + Sync),
    ) -> Result<Plugin, LoadError> {
        let _one_at_a_time = self.loading.lock();
        let opened = self.open(component)?;
        self.tabulate(&opened, component, tell)
    }

    /// Asks an opened plugin about everything, telling now and then how far it is, on whichever thread is
    /// at work.
    pub(crate) fn tabulate(
        &self,
        opened: &Opened,
        component: &[u8],
        tell: &(dyn Fn(Progress) + Sync),
    ) -> Result<Plugin, LoadError> {
        let _ticker = Ticker::start(&self.wasm);
        let manifest = opened.manifest()?;
        let Answers { table, edits, usage } = tabulate::twice(opened, &manifest, tell)?;
        let usage = Usage { component_bytes: component.len() as u64, ..usage };
        Ok(Plugin::new(manifest, Digest::of(component), table, edits, usage))
    }

    /// Compiles a component and checks that it imports nothing and exports the contract. Nothing of
    /// it has run yet.
    ///
    /// # Errors
    /// [`LoadError`] if it is no such component.
    pub fn open(&self, component: &[u8]) -> Result<Opened, LoadError> {
        self.in_size(component)?;
        features::one_memory(component)?;
        let compiled = self.compile(component)?;
        self.opened(component, &compiled)
    }

    /// As [`Engine::open`], with code that was compiled before.
    ///
    /// # Errors
    /// [`LoadError`] as for [`Engine::open`], and if the code is of another engine.
    pub fn open_compiled(&self, component: &[u8], code: &Code) -> Result<Opened, LoadError> {
        self.in_size(component)?;
        #[expect(unsafe_code, reason = "code is machine code: `Code` holds none but what a seal vouches for")]
        // SAFETY: a `Code` is what `Component::serialize` of this program wrote. It is made by
        // `CodeCache::get`, which checks a seal under a key that only this program's user may read, and in
        // a confined process, of what the process that did so has sent.
        let revived = unsafe { Component::deserialize(&self.wasm, code.as_bytes()) };
        let compiled = revived.map_err(|error| LoadError::NotAComponent { reason: plain(&error) })?;
        self.opened(component, &compiled)
    }

    /// Which engine this is: code can be exchanged between those with the same key.
    #[must_use]
    pub fn key(&self) -> EngineKey {
        let mut hasher = Hashed(Sha256::new());
        self.wasm.precompile_compatibility_hash().hash(&mut hasher);
        EngineKey(hasher.0.finalize().into())
    }

    fn in_size(&self, component: &[u8]) -> Result<(), LoadError> {
        let (bytes, limit) = (component.len(), self.limits.component_bytes);
        if bytes > limit { Err(LoadError::TooLarge { bytes, limit }) } else { Ok(()) }
    }

    fn opened(&self, component: &[u8], compiled: &Component) -> Result<Opened, LoadError> {
        imports::none(component)?;
        Ok(Opened::new(Caller::new(&self.wasm, compiled, &self.limits)?))
    }

    fn compile(&self, component: &[u8]) -> Result<Component, LoadError> {
        // Hostile input has made compilers panic before; that must not take the proxy down.
        let compiled = catch_unwind(AssertUnwindSafe(|| Component::from_binary(&self.wasm, component)));
        match compiled {
            Ok(Ok(compiled)) => Ok(compiled),
            Ok(Err(error)) => Err(LoadError::NotAComponent { reason: self.reason(&error) }),
            Err(_) => Err(LoadError::NotAComponent { reason: "the compiler gave up on it".to_owned() }),
        }
    }

    fn reason(&self, error: &wasmtime::Error) -> String {
        let reason = plain(error);
        // The engine has no types for these.
        if reason.contains("memory has a minimum byte size") {
            format!("it begins with more than {} MiB of memory", self.limits.memory_bytes / MIB)
        } else if reason.contains("has a minimum element size") {
            format!("it begins with more than {} table elements", self.limits.table_elements)
        } else if reason.contains("Wasm linear memories") {
            format!("its parts have more than {MEMORIES} memories together")
        } else if reason.contains("core module instances") {
            format!("it is made of more than {CORE_INSTANCES} modules")
        } else if reason.contains(" tables, which exceeds") {
            format!("its parts have more than {TABLES} tables together")
        } else {
            reason
        }
    }
}

/// Takes what a value hashes, in full rather than as the 64 bits that hash tables need.
struct Hashed(Sha256);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes(*digest.first_chunk().unwrap_or(&[0; 8]))
    }
}

/// Moves the engine's clock while it lives.
struct Ticker {
    /// Dropping it ends the thread.
    _alive: Sender<()>,
}

impl Ticker {
    fn start(engine: &wasmtime::Engine) -> Self {
        let (alive, ended) = channel();
        let engine = engine.clone();
        thread::spawn(move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Self { _alive: alive }
    }
}
