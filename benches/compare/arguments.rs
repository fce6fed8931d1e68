//! The words after `cargo bench -p cloakroom-benches --bench compare --`.

use std::path::{Path, PathBuf};

use crate::Failure;

const USAGE: &str = "[--cloakroom PROGRAM] [--nginx PROGRAM] [--rounds N] [--requests N] [--report FILE]";

/// What is to be measured.
pub(crate) struct Arguments {
    pub(crate) cloakroom: PathBuf,
    pub(crate) nginx: PathBuf,
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// Requests to each server in a round.
    pub(crate) requests: usize,
    /// Where the table goes, as Markdown.
    pub(crate) report: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/cloakroom");
        let mut arguments =
            Self { cloakroom: target, nginx: "nginx".into(), rounds: 12, requests: 100_000, report: None };
        while let Some(word) = words.next() {
            // cargo says it to every bench.
            if word == "--bench" {
                continue;
            }
            let value = words.next().ok_or_else(|| format!("`{word}` has no value: {USAGE}"))?;
            match word.as_str() {
                "--cloakroom" => arguments.cloakroom = std::path::absolute(value)?,
                "--nginx" => arguments.nginx = value.into(),
                "--rounds" => arguments.rounds = value.parse()?,
                "--requests" => arguments.requests = value.parse()?,
                "--report" => arguments.report = Some(value.into()),
                _ => return Err(format!("`{word}` is not known: {USAGE}").into()),
            }
        }
        if arguments.rounds == 0 || arguments.requests == 0 {
            return Err("no rounds or no requests: there would be nothing to compare".into());
        }
        if !arguments.cloakroom.is_file() {
            let missing = arguments.cloakroom.display();
            return Err(format!("`{missing}` is not there: `cargo build --release` makes it").into());
        }
        Ok(arguments)
    }
}
