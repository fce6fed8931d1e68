//! What is printed when the program panics: where, and nothing else.
//!
//! The message of a panic can quote what was being worked on: cutting a text within a character
//! prints the text. So no message is looked at, whatever the panic is about.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::{self, PanicHookInfo};

const ADVICE: &str =
    "the program failed where it never should; why is not printed, since it could quote a visitor";

/// From now on a panic prints its place, and where `RUST_BACKTRACE` asks for it, the way there.
pub(crate) fn print_places_alone() {
    panic::set_hook(Box::new(|info| {
        let place = place(info);
        if tracing::dispatcher::has_been_set() {
            tracing::error!(place, "{ADVICE}");
        } else {
            // There is nowhere to tell that there is nowhere to tell it.
            let _ = writeln!(std::io::stderr(), "error at {place}: {ADVICE}");
        }
        let way = Backtrace::capture();
        if way.status() == BacktraceStatus::Captured {
            let _ = writeln!(std::io::stderr(), "{way}");
        }
    }));
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_that_quotes_a_request_gives_its_place_alone() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (listening, before) = (Arc::clone(&told), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or_default().to_owned();
            listening.lock().unwrap().push((message, place(info)));
        }));
        let cookie = String::from("sid=canary; é");
        let cut = std::thread::spawn(move || cookie[..cookie.len() - 1].len());
        assert!(cut.join().is_err());
        panic::set_hook(before);
        let told = told.lock().unwrap();
        let (message, place) = told.iter().find(|(message, _)| message.contains("canary")).unwrap();
        assert!(message.contains("sid=canary"), "the standard library quotes: {message}");
        assert!(place.contains("panics.rs:") && !place.contains("canary"), "{place}");
    }
}
