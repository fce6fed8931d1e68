//! What is measured, one file for each kind of work.

mod hit;
mod relayed;
mod rewriting;
mod scale;
mod store;
mod stored;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use cloakroom_benches::Visitor;

use crate::Failure;
use crate::arguments::Arguments;
use crate::certificate::Certificate;
use crate::client::{Client, Transport};
use crate::load::Load;
use crate::questions::Questions;
use crate::report::Section;
use crate::rounds::{Effort, measure};
use crate::servers::{Kind, Server, Setup, Site};

pub(crate) use store::memory_of_one;

/// Requests at once, where a scenario says nothing else.
const AT_ONCE: usize = 32;

/// What scenarios share.
pub(crate) struct Bench<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) folder: &'a Path,
    pub(crate) origin: std::net::SocketAddr,
    pub(crate) certificate: &'a Certificate,
    pub(crate) visitors: &'a [Visitor],
    pub(crate) load: &'a Load,
    /// The server's CPU.
    pub(crate) serving: usize,
    /// The load's.
    pub(crate) loading: usize,
}

impl Bench<'_> {
    pub(crate) fn effort(&self) -> Effort {
        let Arguments { rounds, requests, .. } = *self.arguments;
        Effort { rounds, requests, latencies: true, calls: true }
    }

    /// How servers are set up under a folder of the given name.
    pub(crate) fn setup<'s>(&'s self, folder: &'s Path, cpus: &'s [usize]) -> Setup<'s> {
        let Self { origin, certificate, visitors, .. } = *self;
        Setup { folder, origin, certificate, cpus, visitors }
    }

    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Cloakroom, and all peers that are not left out.
    pub(crate) fn all_servers(&self, folder: &str, cpus: &[usize]) -> Result<Vec<Server>, Failure> {
        let folder = self.folder(folder)?;
        let setup = self.setup(&folder, cpus);
        let mut servers = vec![Server::cloakroom(&self.arguments.cloakroom, &Site::compared(), &setup)?];
        for kind in Kind::ALL {
            if let Some(program) = self.arguments.peer(kind) {
                servers.push(Server::peer(kind, program, &setup)?);
            }
        }
        Ok(servers)
    }
}

/// One comparison of all servers.
pub(crate) struct Compared<'s> {
    pub(crate) name: &'s str,
    pub(crate) words: &'s str,
    pub(crate) transport: &'s Transport,
    pub(crate) at_once: usize,
    pub(crate) questions: Rc<dyn Questions>,
    pub(crate) effort: Effort,
    /// At most so much of a peer's CPU time is aimed at.
    pub(crate) aims: &'s [(&'s str, f64)],
}

impl Compared<'_> {
    /// Measures it on those of the servers that speak the protocol.
    pub(crate) fn among(&self, bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
        eprintln!("{} …", self.name);
        let clients = servers.iter();
        let mut clients: Vec<Client<'_>> = clients
            .filter_map(|server| Client::new(server, self.transport, self.at_once, &self.questions))
            .collect();
        let measured = measure(bench.load, &mut clients, self.effort)
            .map_err(|cause| format!("{}: {cause}", self.name))?;
        let section = Section::compared(self.name, self.words, &measured, self.aims);
        eprintln!("{}", section.figures);
        Ok(section)
    }
}

/// A scenario that sets up what it needs.
type Alone = fn(&Bench<'_>) -> Result<Section, Failure>;

/// A scenario by the word that `--only` takes.
type Scenario = (&'static str, fn(&Bench<'_>, &[Server]) -> Result<Section, Failure>);

/// Those that compare the same running servers.
const COMPARED: [Scenario; 8] = [
    ("hit", hit::plain),
    ("tls", hit::over_tls),
    ("http2", hit::over_http2),
    ("connections", hit::many_connections),
    ("miss", stored::missed),
    ("relayed", relayed::small),
    ("relayed-large", relayed::large),
    ("relayed-post", relayed::posted),
];

/// Those that set up what they need, by the word that `--only` takes.
const OTHERS: [(&str, Alone); 5] = [
    ("cores", hit::on_two_cores),
    ("scale", scale::flat),
    ("rewriting", rewriting::throughput),
    ("memory", store::per_variant),
    ("purge", store::tagged),
];

/// All words that `--only` takes.
pub(crate) fn names() -> Vec<&'static str> {
    let compared = COMPARED.iter().map(|(name, _)| *name);
    compared.chain(OTHERS.iter().map(|(name, _)| *name)).collect()
}

/// What a run has found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) sections: Vec<Section>,
    /// Of the servers that were compared.
    pub(crate) versions: Vec<String>,
    /// Scenarios of which nothing was found, and why.
    pub(crate) failed: Vec<String>,
}

impl Found {
    fn take(&mut self, name: &str, section: Result<Section, Failure>) {
        match section {
            Ok(section) => self.sections.push(section),
            Err(failure) => {
                eprintln!("{name}: {failure}");
                self.failed.push(format!("{name}: {failure}"));
            }
        }
    }
}

/// Runs everything that was asked for. What fails does not take with it what others have found.
pub(crate) fn run(bench: &Bench<'_>) -> Result<Found, Failure> {
    let asked =
        |name: &str| bench.arguments.only.is_empty() || bench.arguments.only.iter().any(|only| only == name);
    let mut found = Found::default();
    if COMPARED.iter().any(|(name, _)| asked(name)) {
        let servers = bench.all_servers("one", &[bench.serving])?;
        found.versions.extend(servers.iter().map(|server| server.version().to_owned()));
        for server in &servers {
            eprintln!("{}: {:?} on CPU {}", server.version(), server.pids(), bench.serving);
        }
        for (name, run) in COMPARED.iter().filter(|(name, _)| asked(name)) {
            found.take(name, run(bench, &servers));
        }
    }
    for (name, run) in OTHERS.iter().filter(|(name, _)| asked(name)) {
        found.take(name, run(bench));
    }
    Ok(found)
}
