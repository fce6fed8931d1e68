//! The two servers: their configuration, and their processes from start to end.

mod cloakroom;
mod nginx;

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use cloakroom_benches::Visitor;

use crate::{Failure, machine};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cloakroom,
    Nginx,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cloakroom => "cloakroom",
            Self::Nginx => "nginx",
        }
    }
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    kind: Kind,
    child: Child,
    address: SocketAddr,
    version: String,
}

impl Server {
    /// The real program, `serve` with everything on: policies, crowd, metrics and both logs.
    pub(crate) fn cloakroom(
        program: &Path,
        folder: &Path,
        origin: SocketAddr,
        cpu: usize,
    ) -> Result<Self, Failure> {
        let folder = folder.join("cloakroom");
        let address = free_address()?;
        let file = cloakroom::configure(&folder, address, free_address()?, origin)?;
        let mut command = pinned(program, cpu);
        command.arg("serve").arg("--config").arg(file);
        Self::start(Kind::Cloakroom, command, &folder, address, String::new())
    }

    /// nginx with one worker.
    pub(crate) fn nginx(
        program: &Path,
        folder: &Path,
        origin: SocketAddr,
        cpu: usize,
        visitors: &[Visitor],
    ) -> Result<Self, Failure> {
        let folder = folder.join("nginx");
        let address = free_address()?;
        let file = nginx::configure(&folder, address, origin, visitors)?;
        let mut command = pinned(program, cpu);
        command.arg("-p").arg(&folder).arg("-e").arg(folder.join("error.log")).arg("-c").arg(file);
        let said = Command::new(program)
            .arg("-v")
            .output()
            .map_err(|cause| format!("`{}` cannot be started: {cause}", program.display()))?;
        let version = String::from_utf8_lossy(&said.stderr).replace("nginx version: ", "");
        Self::start(Kind::Nginx, command, &folder, address, version.trim().to_owned())
    }

    fn start(
        kind: Kind,
        mut command: Command,
        folder: &Path,
        address: SocketAddr,
        version: String,
    ) -> Result<Self, Failure> {
        command.stdout(File::create(folder.join("stdout"))?).stderr(File::create(folder.join("stderr"))?);
        let mut server = Self { kind, child: command.spawn()?, address, version };
        let since = Instant::now();
        while TcpStream::connect(address).is_err() {
            if server.child.try_wait()?.is_some() || since.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(folder.join("stderr"))?;
                return Err(format!("{} does not listen: {said}", kind.name()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As the program says it; empty for our own.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What only a hit has in its header.
    pub(crate) fn hit(&self) -> &'static str {
        match self.kind {
            Kind::Cloakroom => "cloakroom; hit; ttl=",
            Kind::Nginx => "X-Cache: HIT",
        }
    }

    /// The processes that answer.
    pub(crate) fn pids(&self) -> Result<Vec<u32>, Failure> {
        match self.kind {
            Kind::Cloakroom => Ok(vec![self.pid()]),
            Kind::Nginx => machine::children(self.pid(), "nginx: worker process"),
        }
    }

    /// CPU time of the processes that answer.
    pub(crate) fn cpu_time(&self) -> Result<Duration, Failure> {
        machine::cpu_time(&self.pids()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // nginx would leave its workers behind if it were killed.
        let told = machine::ask("kill", &["-TERM", &self.pid().to_string()]);
        if self.kind == Kind::Cloakroom || told.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The program on one CPU, in the same process that is started.
fn pinned(program: &Path, cpu: usize) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cpu.to_string()).arg(program);
    command
}

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
