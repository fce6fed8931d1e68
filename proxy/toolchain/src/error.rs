//! Why a project did not become a component: in the project's words and its tools', never a visitor's.

use std::path::Path;

use cloakroom_settings::Problem;

/// Why a project did not become a component.
#[derive(Debug)]
pub enum BuildError {
    /// The project's file or its rules are wrong: each mistake with its place.
    Wrong(Vec<Problem>),
    /// Something that the language needs is not on this machine, or a file cannot be read or written.
    Missing(Problem),
    /// A tool ran, and failed or did not end.
    Failed {
        /// Which, and what to do.
        problem: Problem,
        /// The last of what it wrote, at most [`OUTPUT_KEPT`](crate::OUTPUT_KEPT) bytes a stream.
        output: String,
    },
}

impl BuildError {
    /// A tool is not there: which and in what version, what it is for, and the commands that install it.
    pub(crate) fn missing(tool: &str, purpose: &str, commands: &[&str]) -> Self {
        let commands: Vec<_> = commands.iter().map(|command| format!("`{command}`")).collect();
        let problem = Problem::nowhere(format!("{tool} is missing: {purpose}"))
            .help(format!("install it with {}", commands.join(", or with ")));
        Self::Missing(problem)
    }

    /// A file cannot be read or written.
    pub(crate) fn file(path: impl AsRef<Path>, cause: &std::io::Error) -> Self {
        Self::Missing(Problem::nowhere(format!("`{}`: {cause}", path.as_ref().display())))
    }

    /// The project's own files are wrong in one place.
    pub(crate) fn wrong(problem: Problem) -> Self {
        Self::Wrong(vec![problem])
    }
}
