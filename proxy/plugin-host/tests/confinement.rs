//! What a confined process cannot do, tried from inside one, and what the process of a plugin looks like
//! from outside. Starts itself, so it has a `main` of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
#[path = "confinement/inside.rs"]
mod inside;
#[cfg(target_os = "linux")]
#[path = "confinement/outside.rs"]
mod outside;

use std::process::ExitCode;

use cloakroom_plugin_host::worker;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == worker::ARGUMENT) {
        return worker::main();
    }
    #[cfg(target_os = "linux")]
    match arguments.first().map(String::as_str) {
        Some("try") => return inside::attempt(arguments.get(1).unwrap()),
        _ => outside::tests(),
    }
    ExitCode::SUCCESS
}
