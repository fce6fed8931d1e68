//! The process that compiles and runs one plugin and then ends: what a hostile one breaks is not the proxy.
//!
//! It gets limits and a component through its standard input, and answers with a record or a refusal.

use std::io::{Read, stdin, stdout};
use std::process::ExitCode;
use std::thread;

use crate::error::LoadError;
use crate::limits::Limits;
use crate::{Engine, Plugin, wire};

/// The first argument of a program that is to call [`main`] and do nothing else.
pub const ARGUMENT: &str = "plugin-worker";

/// The whole life of the process. Returns success if it gave an answer, be it a refusal.
#[must_use]
pub fn main() -> ExitCode {
    let Some((limits, component)) = order() else { return ExitCode::FAILURE };
    // The proxy keeps its end open while it wants an answer.
    thread::spawn(|| {
        let _ = stdin().read(&mut [0]);
        std::process::exit(1);
    });
    let (kind, answer) = match load(limits, &component) {
        Ok(plugin) => (wire::RECORD, plugin.to_record()),
        Err(refusal) => (wire::REFUSAL, postcard::to_allocvec(&refusal).unwrap_or_default()),
    };
    match wire::write(&mut stdout().lock(), kind, &answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn order() -> Option<(Limits, Vec<u8>)> {
    let mut from = stdin().lock();
    let (wire::LIMITS, limits) = wire::read(&mut from).ok()? else { return None };
    let (wire::COMPONENT, component) = wire::read(&mut from).ok()? else { return None };
    Some((postcard::from_bytes(&limits).ok()?, component))
}

fn load(limits: Limits, component: &[u8]) -> Result<Plugin, LoadError> {
    let engine = Engine::new(limits).map_err(|cause| LoadError::NoWorker { reason: cause.to_string() })?;
    engine.load(component)
}
