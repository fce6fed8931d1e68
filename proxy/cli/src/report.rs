//! Where results and problems are printed: for people, or as JSON.

use std::io::{IsTerminal, Write};

use cloakroom_settings::{LoadError, Problem};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, JSONReportHandler};
use serde_json::json;

/// A problem as a part of a result.
pub(crate) fn problem(problem: &Problem) -> serde_json::Value {
    let (line, column) = problem.line_and_column().unzip();
    json!({
        "message": problem.message(), "warning": problem.is_warning(), "help": problem.suggestion(),
        "file": problem.file(), "line": line, "column": column,
    })
}

/// How this run talks.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// The caller wants JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a result: `text` for people, `value` for programs.
    pub(crate) fn result(&self, text: &str, value: impl FnOnce() -> serde_json::Value) {
        let shown = if self.json { value().to_string() } else { text.trim_end().to_owned() };
        // A reader that went away (`| head`) is no error of ours.
        let _ = writeln!(std::io::stdout(), "{shown}");
    }

    /// Prints why a configuration cannot be used.
    pub(crate) fn refused(&self, error: &LoadError) {
        if self.json {
            for problem in error.problems() {
                self.diagnostic(problem);
            }
        } else {
            self.diagnostic(error);
        }
    }

    /// Prints one problem.
    pub(crate) fn problem(&self, problem: &Problem) {
        self.diagnostic(problem);
    }

    /// Prints what went wrong outside any file.
    pub(crate) fn failure(&self, message: impl std::fmt::Display) {
        self.diagnostic(&Problem::nowhere(message.to_string()));
    }

    /// Prints what an external tool wrote, for people as it is.
    pub(crate) fn tool_said(&self, said: &str) {
        let shown = if self.json { serde_json::json!({ "tool": said }).to_string() } else { said.to_owned() };
        let _ = writeln!(std::io::stderr(), "{}", shown.trim_end());
    }

    fn diagnostic(&self, diagnostic: &dyn Diagnostic) {
        let mut text = String::new();
        let rendered = if self.json {
            JSONReportHandler::new().render_report(&mut text, diagnostic)
        } else {
            let theme = if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
                GraphicalTheme::unicode()
            } else {
                GraphicalTheme::unicode_nocolor()
            };
            GraphicalReportHandler::new_themed(theme).render_report(&mut text, diagnostic)
        };
        if rendered.is_err() {
            text = diagnostic.to_string();
        }
        let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
    }
}
