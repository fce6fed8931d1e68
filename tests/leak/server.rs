//! The proxies as processes: Cloakroom, and nginx as sites commonly set it up.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::site;
use crate::{Failure, HOST};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(40);

/// nginx in front of a site, behind a trusted proxy: what its documentation and most guides show.
const NGINX: &str = r#"
daemon off;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    server {
        listen ADDRESS;
        server_name HOST;
        location / {
            proxy_pass http://ORIGIN;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"#;

/// How Cloakroom is set up.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Prefixes in a crowd.
    pub k: u32,
    /// How long a crowd is counted, in whole seconds.
    pub epoch: Duration,
    /// More of `cloakroom.toml`.
    pub more: &'a str,
}

/// A running server; dropping it ends it.
pub struct Server {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// The real program: `serve` with the site of [`crate::ROUTES`].
    ///
    /// # Errors
    /// When it cannot be started, or does not listen.
    pub fn cloakroom(program: &Path, origin: SocketAddr, options: Options<'_>) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let addresses = [free_address()?, free_address()?];
        let set = (options.k, options.epoch, options.more);
        let main = site::configure(folder.path(), addresses, origin, set)?;
        let mut command = Command::new(std::path::absolute(program)?);
        command.arg("serve").arg("--config").arg(main);
        Self::start(command, folder, addresses)
    }

    /// nginx with `proxy_pass`.
    ///
    /// # Errors
    /// When it is not there, or does not listen.
    pub fn nginx(program: &Path, origin: SocketAddr) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let text = NGINX
            .replace("FOLDER", &folder.path().display().to_string())
            .replace("ADDRESS", &address.to_string())
            .replace("ORIGIN", &origin.to_string())
            .replace("HOST", HOST);
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, text)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join("error.log"));
        command.arg("-c").arg(file);
        Self::start(command, folder, [address; 2])
    }

    fn start(mut command: Command, folder: TempDir, addresses: [SocketAddr; 2]) -> Result<Self, Failure> {
        let [address, metrics] = addresses;
        let working = folder.path().join("working");
        std::fs::create_dir(&working)?;
        // Whatever a program writes by itself, it writes into one of these.
        for home in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env(home, &working);
        }
        command.current_dir(working);
        command.stdout(File::create(folder.path().join("stdout"))?);
        command.stderr(File::create(folder.path().join("stderr"))?);
        let program = command.get_program().display().to_string();
        let child = command.spawn().map_err(|cause| format!("`{program}` cannot be started: {cause}"))?;
        let mut server = Self { child, address, metrics, folder };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if server.child.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                return Err(format!("`{program}` does not listen: {}", server.printed()?).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Asks it to stop, as an init system does, and waits until it has; whether it ended well.
    ///
    /// # Errors
    /// When it cannot be told, or does not stop.
    pub fn stop(&mut self) -> Result<bool, Failure> {
        let told = Command::new("kill").arg(self.pid().to_string()).status()?;
        let since = Instant::now();
        while told.success() && since.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("the server does not stop".into())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its metrics are read.
    #[must_use]
    pub fn metrics(&self) -> SocketAddr {
        self.metrics
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its configuration, everything that it printed, and in `working` the folder it was started in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that it printed.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn printed(&self) -> Result<String, Failure> {
        let read = |name| std::fs::read(self.folder.path().join(name));
        let (out, err) = (read("stdout")?, read("stderr")?);
        Ok(format!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
