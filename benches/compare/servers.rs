//! The servers: their processes from start to end. Each has a file of its own for how it is set up.

mod cloakroom;
mod haproxy;
mod networks;
mod nginx;
mod varnish;

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use cloakroom_benches::Visitor;

use crate::certificate::Certificate;
use crate::client::Marks;
use crate::{Failure, machine};

pub(crate) use cloakroom::Site;

/// How long a server may take to listen; the longest is a Cloakroom with many plugins.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cloakroom,
    Nginx,
    Varnish,
    Haproxy,
}

impl Kind {
    /// Ours first.
    pub(crate) const ALL: [Self; 4] = [Self::Cloakroom, Self::Nginx, Self::Varnish, Self::Haproxy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cloakroom => "cloakroom",
            Self::Nginx => "nginx",
            Self::Varnish => "varnish",
            Self::Haproxy => "haproxy",
        }
    }

    /// The program's name where it is installed.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Varnish => "varnishd",
            other => other.name(),
        }
    }

    /// How it says its version.
    fn version_flag(self) -> &'static str {
        match self {
            Self::Cloakroom => "--version",
            Self::Nginx | Self::Haproxy => "-v",
            Self::Varnish => "-V",
        }
    }
}

/// What every server is set up with.
pub(crate) struct Setup<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) origin: SocketAddr,
    pub(crate) certificate: &'a Certificate,
    /// On which they may run.
    pub(crate) cpus: &'a [usize],
    /// Whose networks a hand-made key has to know.
    pub(crate) visitors: &'a [Visitor],
}

/// Where a server listens.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    kind: Kind,
    child: Child,
    http: SocketAddr,
    https: Option<SocketAddr>,
    version: String,
    folder: PathBuf,
}

impl Server {
    /// A peer, as somebody sets it up who makes the variant key by hand.
    pub(crate) fn peer(kind: Kind, program: &Path, setup: &Setup<'_>) -> Result<Self, Failure> {
        let addresses = Addresses { http: free_address()?, https: free_address()? };
        let folder = setup.folder.join(kind.name());
        std::fs::create_dir_all(&folder)?;
        let (words, https) = match kind {
            Kind::Nginx => (nginx::configure(&folder, addresses, setup)?, Some(addresses.https)),
            Kind::Haproxy => (haproxy::configure(&folder, addresses, setup)?, Some(addresses.https)),
            // Debian's speaks no TLS.
            Kind::Varnish => (varnish::configure(&folder, addresses.http, setup)?, None),
            Kind::Cloakroom => return Err("Cloakroom is not a peer of itself".into()),
        };
        let mut command = pinned(program, setup.cpus);
        command.args(words);
        Self::start(kind, command, program, folder, (addresses.http, https))
    }

    /// The real program, `serve` with everything on: policies, crowd, metrics and both logs.
    pub(crate) fn cloakroom(program: &Path, site: &Site, setup: &Setup<'_>) -> Result<Self, Failure> {
        let addresses = Addresses { http: free_address()?, https: free_address()? };
        let folder = setup.folder.join(&site.name);
        let file = site.configure(&folder, addresses, free_address()?, setup)?;
        let mut command = pinned(program, setup.cpus);
        command.arg("serve").arg("--config").arg(file);
        Self::start(Kind::Cloakroom, command, program, folder, (addresses.http, Some(addresses.https)))
    }

    fn start(
        kind: Kind,
        mut command: Command,
        program: &Path,
        folder: PathBuf,
        (http, https): (SocketAddr, Option<SocketAddr>),
    ) -> Result<Self, Failure> {
        command.stdout(File::create(folder.join("stdout"))?).stderr(File::create(folder.join("stderr"))?);
        let version = version(kind, program)?;
        let mut server = Self { kind, child: command.spawn()?, http, https, version, folder };
        let since = Instant::now();
        while TcpStream::connect(http).is_err() {
            if server.child.try_wait()?.is_some() || since.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(server.folder.join("stderr"))?;
                return Err(format!("{} does not listen: {said}", kind.name()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.http
    }

    /// `None` if it speaks no TLS.
    pub(crate) fn https(&self) -> Option<SocketAddr> {
        self.https
    }

    /// As the program says it.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// A folder of its own, in memory.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn marks(&self) -> Marks {
        match self.kind {
            Kind::Cloakroom => Marks { hit: "cloakroom; hit; ttl=", miss: "cloakroom; fwd=miss" },
            Kind::Nginx | Kind::Varnish | Kind::Haproxy => {
                Marks { hit: "x-cache: HIT", miss: "x-cache: MISS" }
            }
        }
    }

    /// The processes that do the work: the one that was started and all its descendants, such as nginx's
    /// workers and Varnish's child.
    pub(crate) fn pids(&self) -> Vec<u32> {
        machine::with_descendants(self.child.id())
    }

    /// CPU time of these.
    pub(crate) fn cpu_time(&self) -> Result<Duration, Failure> {
        machine::cpu_time(&self.pids())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The peers would leave their workers behind if they were killed.
        let told = machine::ask("kill", &["-TERM", &self.child.id().to_string()]);
        if self.kind == Kind::Cloakroom || told.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The program on some CPUs, in the same process that is started, and ended with this one however that
/// ends.
fn pinned(program: &Path, cpus: &[usize]) -> Command {
    let cpus: Vec<_> = cpus.iter().map(ToString::to_string).collect();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "taskset", "-c"]).arg(cpus.join(",")).arg(program);
    command
}

/// What the program says first when it is asked for its version.
fn version(kind: Kind, program: &Path) -> Result<String, Failure> {
    let missing = |cause| {
        let (program, name) = (program.display(), kind.name());
        format!(
            "`{program}` cannot be started ({cause}): install it, or leave it out with `--without {name}`"
        )
    };
    let said = Command::new(program).arg(kind.version_flag()).output().map_err(missing)?;
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
    let short = said.trim_start_matches("nginx version: ").trim_start_matches("varnishd (");
    let short = short.split(" revision ").next().unwrap_or_default();
    Ok(short.split(" - ").next().unwrap_or_default().trim().to_owned())
}

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
