//! The words after `cargo bench --workspace --bench compare --`.

use std::path::{Path, PathBuf};

use crate::servers::Kind;
use crate::{Failure, scenarios};

const USAGE: &str = "[--quick] [--rounds N] [--requests N] [--only SCENARIO]… [--without PEER]… \
                     [--cloakroom PROGRAM] [--nginx PROGRAM] [--varnish PROGRAM] [--haproxy PROGRAM] [--out FOLDER]";

/// What is to be measured.
pub(crate) struct Arguments {
    pub(crate) cloakroom: PathBuf,
    /// The peers' programs; `None` for those that are left out.
    peers: Vec<(Kind, Option<PathBuf>)>,
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// Requests to each server in a round.
    pub(crate) requests: usize,
    /// Scenarios by name; none stands for all.
    pub(crate) only: Vec<String>,
    /// A short run, to see that all of it works.
    pub(crate) quick: bool,
    /// Where table, figures and plot go.
    pub(crate) out: PathBuf,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
        let peers = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Cloakroom);
        let mut arguments = Self {
            cloakroom: built.join("release/cloakroom"),
            peers: peers.map(|kind| (kind, Some(kind.program().into()))).collect(),
            rounds: 10,
            requests: 40_000,
            only: Vec::new(),
            quick: false,
            out: here.join("results"),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                // cargo says it to every bench.
                "--bench" => continue,
                "--quick" => {
                    arguments.quick = true;
                    (arguments.rounds, arguments.requests) = (2, 4_000);
                    continue;
                }
                _ => {}
            }
            let value = words.next().ok_or_else(|| format!("`{word}` has no value: {USAGE}"))?;
            arguments.take(&word, value)?;
        }
        arguments.check()?;
        Ok(arguments)
    }

    fn take(&mut self, word: &str, value: String) -> Result<(), Failure> {
        match word {
            "--cloakroom" => self.cloakroom = std::path::absolute(value)?,
            "--rounds" => self.rounds = value.parse()?,
            "--requests" => self.requests = value.parse()?,
            "--only" => self.only.push(value),
            "--out" => self.out = value.into(),
            "--without" => match self.peers.iter_mut().find(|(kind, _)| kind.name() == value) {
                Some((_, program)) => *program = None,
                None => return Err(format!("`{value}` is no peer").into()),
            },
            _ => {
                let named = word.strip_prefix("--").unwrap_or_default();
                match self.peers.iter_mut().find(|(kind, _)| kind.name() == named) {
                    Some((_, program)) => *program = Some(value.into()),
                    None => return Err(format!("`{word}` is not known: {USAGE}").into()),
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Failure> {
        let names = scenarios::names();
        if let Some(unknown) = self.only.iter().find(|only| !names.contains(&only.as_str())) {
            return Err(format!("`{unknown}` is no scenario; there are: {}", names.join(", ")).into());
        }
        if self.rounds == 0 || self.requests == 0 {
            return Err("no rounds or no requests: there would be nothing to compare".into());
        }
        if !self.cloakroom.is_file() {
            let missing = self.cloakroom.display();
            return Err(format!("`{missing}` is not there: `cargo build --release` makes it").into());
        }
        Ok(())
    }

    /// The program of a peer that is not left out.
    pub(crate) fn peer(&self, kind: Kind) -> Option<&Path> {
        self.peers.iter().find(|(peer, _)| *peer == kind).and_then(|(_, program)| program.as_deref())
    }
}
