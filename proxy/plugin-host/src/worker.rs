//! The process that compiles and runs one plugin and then ends: what a hostile one breaks is not the proxy.
//!
//! It gets limits through its standard input, confines itself to them, and only then gets a component; it
//! answers with a record or a refusal.

use std::io::{self, Read, stdin, stdout};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::code::Code;
use crate::confine::{self, Bounds, Confinement};
use crate::error::LoadError;
use crate::limits::Limits;
use crate::tabulate::Progress;
use crate::{Engine, Opened, Plugin, features, wire};

/// The first argument of a program that is to call [`main`] and do nothing else.
pub const ARGUMENT: &str = "plugin-worker";

/// The environment of the process, in full: the number of threads that compile. The memory and the time
/// that a process is given are meant for two.
pub(crate) const ENVIRONMENT: [(&str, &str); 1] = [("RAYON_NUM_THREADS", "2")];
/// Threads that compile, or decide cells.
const THREADS: u64 = 2;
/// The least time between two words on how far it is.
const BETWEEN_WORDS: Duration = Duration::from_millis(100);

/// What a process that loads a plugin within `limits` may use up.
#[must_use]
pub fn bounds(limits: &Limits) -> Bounds {
    Bounds {
        memory_bytes: limits.process_memory_bytes as u64,
        reserved_bytes: features::reserved_bytes(limits),
        processor_seconds: (limits.whole_load().as_secs() + 1) * THREADS,
        file_bytes: limits.memory_bytes as u64,
    }
}

/// The whole life of the process. Returns success if it gave an answer, be it a refusal.
#[must_use]
pub fn main() -> ExitCode {
    let Some(limits) = limits() else { return ExitCode::FAILURE };
    let confinement = confine::confine(&bounds(&limits));
    match answer(limits, confinement) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limits() -> Option<Limits> {
    let (wire::LIMITS, limits) = wire::read(&mut stdin().lock()).ok()? else { return None };
    postcard::from_bytes(&limits).ok()
}

fn answer(limits: Limits, confinement: Confinement) -> io::Result<()> {
    let engine = match Engine::new(limits) {
        Ok(engine) => engine,
        Err(cause) => return refuse(&LoadError::NoWorker { reason: cause.to_string() }),
    };
    let ready = wire::Ready { confinement, engine: engine.key().0 };
    say(wire::READY, &postcard::to_allocvec(&ready).unwrap_or_default())?;
    let (kept, component) = order()?;
    // The proxy keeps its end open while it wants an answer.
    thread::spawn(|| {
        let _ = stdin().read(&mut [0]);
        std::process::exit(1);
    });
    match load(&engine, kept, &component) {
        Ok(plugin) => say(wire::RECORD, &plugin.to_record()),
        Err(refusal) => refuse(&refusal),
    }
}

fn say(kind: u8, bytes: &[u8]) -> io::Result<()> {
    wire::write(&mut stdout().lock(), kind, bytes)
}

fn refuse(refusal: &LoadError) -> io::Result<()> {
    say(wire::REFUSAL, &postcard::to_allocvec(refusal).unwrap_or_default())
}

/// What the proxy has of a component's code.
enum Kept {
    /// It keeps none.
    Unwanted,
    /// It has none yet.
    Absent,
    Here(Code),
}

/// What there is of a component's code, and the component.
fn order() -> io::Result<(Kept, Vec<u8>)> {
    let mut from = stdin().lock();
    match wire::read(&mut from)? {
        (wire::COMPONENT, component) => Ok((Kept::Unwanted, component)),
        (wire::CODE, code) => match wire::read(&mut from)? {
            (wire::COMPONENT, component) if code.is_empty() => Ok((Kept::Absent, component)),
            (wire::COMPONENT, component) => Ok((Kept::Here(Code::from_proxy(code)), component)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        },
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn load(engine: &Engine, kept: Kept, component: &[u8]) -> Result<Plugin, LoadError> {
    let opened = match kept {
        Kept::Unwanted => engine.open(component)?,
        Kept::Absent => compile_and_tell(engine, component)?,
        // Code that this engine does not take is made anew, and replaces it.
        Kept::Here(code) => match engine.open_compiled(component, &code) {
            Ok(opened) => opened,
            Err(_) => compile_and_tell(engine, component)?,
        },
    };
    let told = Mutex::new((Instant::now(), 0));
    engine.tabulate(&opened, component, &|progress| {
        let Ok(mut told) = told.try_lock() else { return };
        let (last, frames) = *told;
        if last.elapsed() >= BETWEEN_WORDS && frames < wire::MAX_PROGRESS_FRAMES {
            *told = (Instant::now(), frames + 1);
            tell(progress);
        }
    })
}

/// Compiles, and hands the code over before anything of it has run.
fn compile_and_tell(engine: &Engine, component: &[u8]) -> Result<Opened, LoadError> {
    let opened = engine.open(component)?;
    if let Some(code) = opened.code().filter(|code| code.len() <= wire::MAX_CODE_BYTES) {
        // A proxy that does not hear this does not hear the answer either.
        let _ = say(wire::CODE, &code);
    }
    Ok(opened)
}

fn tell(progress: Progress) {
    // As above.
    let _ = say(wire::PROGRESS, &wire::progress_bytes(progress));
}
