//! The listening server: from configuration to a process that serves until it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloakroom_pipeline::Live;
use pingora_core::listeners::ListenerConfig;
use pingora_core::protocols::l4::stream::L4BufferSettings;
use pingora_core::server::configuration::ServerConf;
use pingora_core::server::{RunArgs, Server, ShutdownWatch};
use pingora_core::services::background::{BackgroundService, background_service};
use pingora_core::services::listening::Service;
use pingora_proxy::http_proxy;

use crate::certificate::Certificate;
use crate::door::{self, Door};
use crate::h2;
use crate::proxy::Edge;
use crate::relay::Roots;
use crate::stopping::{Drain, Stopping};
use crate::tls::{self, TlsDoor};

/// Of answers without TLS, what is gathered before it is written. What is longer is written from where it is stored:
/// a thousand connections with room for a page each would not fit into a CPU's cache.
const PLAIN_WRITES: usize = 8 * 1024;

/// Of answers over TLS: room for several records, which are copies already. pingora's default of 1,460 bytes costs a
/// system call for each.
const TLS_WRITES: usize = 32 * 1024;

/// How the proxy listens.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Listeners of plain HTTP/1.1.
    pub http: Vec<SocketAddr>,
    /// Listeners of TLS, for HTTP/2 and HTTP/1.1; none without a certificate.
    pub https: Vec<SocketAddr>,
    /// What is shown on `https`; the first where no name fits.
    pub certificates: Vec<Certificate>,
    /// Threads that serve; at least 1.
    pub threads: usize,
    /// The most bytes of a request's target and fields; larger ones get 431.
    pub max_header_bytes: usize,
    /// The most requests at a time on one connection of HTTP/2.
    pub max_concurrent_streams: u32,
    /// The longest silence of a client, before a request or while it takes an answer; whole seconds,
    /// at least 1.
    pub max_silence: Duration,
    /// How long requests under way are given after SIGTERM.
    pub grace: Duration,
}

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// An address is taken, or not ours.
    #[error("cannot listen on `{address}`: {cause}")]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// TLS has no keys for its tickets.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl EdgeConfig {
    /// Listens on each address for a moment, to see whether it could.
    ///
    /// # Errors
    /// [`EdgeError::Listen`].
    pub fn try_addresses(&self) -> Result<(), EdgeError> {
        self.http.iter().chain(&self.https).try_for_each(|address| {
            let tried = TcpListener::bind(address).map(drop);
            tried.map_err(|cause| EdgeError::Listen { address: *address, cause })
        })
    }
}

/// Serves until SIGTERM, SIGINT or SIGQUIT.
///
/// # Errors
/// [`EdgeError`] when an address cannot be listened on, or TLS has no randomness.
pub fn serve(live: Arc<Live>, config: &EdgeConfig) -> Result<(), EdgeError> {
    // pingora panics on an address that is taken; ask first, so that it can be said kindly.
    config.try_addresses()?;
    let roots = Roots::new(&live.load());
    let kept = Arc::clone(&live);
    let conf = ServerConf {
        // pingora reads the system's roots at start and gives up on one that it cannot read, which is
        // no reason not to serve sites that do not need them.
        ca_file: (!roots.of_system).then(|| "/dev/null".to_owned()),
        threads: config.threads.max(1),
        grace_period_seconds: Some(0),
        // Connections were waited for before: see `Drain`.
        graceful_shutdown_timeout_seconds: Some(1),
        upstream_keepalive_pool_size: 64,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let max_header_bytes = config.max_header_bytes;
    let edge = Edge { live: Arc::clone(&live), max_header_bytes, roots };
    let proxy = Arc::new(http_proxy(&server.configuration, edge));
    let max_silence = config.max_silence;
    let stopping = Stopping::new();
    let drain = Drain { stopping: stopping.clone(), grace: config.grace };
    let door = Door { live: Arc::clone(&live), max_header_bytes, max_silence, proxy, stopping };
    if !config.https.is_empty() {
        let door = over_tls(door.clone(), config)?;
        server.add_service(listening("edge over TLS", door, &config.https, TLS_WRITES));
    }
    if !config.http.is_empty() {
        server.add_service(listening("edge", door, &config.http, PLAIN_WRITES));
    }
    server.add_service(background_service("epochs", Epochs { live }));
    server.run(RunArgs { shutdown_signal: Box::new(drain) });
    keep_what_waits(&kept);
    Ok(())
}

fn over_tls(door: Door, config: &EdgeConfig) -> Result<TlsDoor, EdgeError> {
    let acceptor = tls::acceptor(&config.certificates).map_err(|cause| EdgeError::Tls(cause.to_string()))?;
    let http2 = h2::Limits {
        concurrent_streams: config.max_concurrent_streams,
        header_list_bytes: u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX),
    };
    Ok(TlsDoor { door, acceptor, http2 })
}

fn listening<A>(name: &str, door: A, addresses: &[SocketAddr], writes: usize) -> Service<A> {
    let mut service = Service::new(name.to_owned(), door);
    for address in addresses {
        let buffers = L4BufferSettings::new(door::READ, writes);
        service.add_listener(ListenerConfig::tcp(address.to_string()).l4_buffer(buffers));
    }
    service
}

/// Writes what still waits to be written to disk. The server's own runtimes have ended by now.
fn keep_what_waits(live: &Live) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(live.flush()),
        Err(cause) => tracing::warn!(%cause, "pages that wait to be kept on disk are not"),
    }
}

/// Ends each site's epochs when their time is over.
struct Epochs {
    live: Arc<Live>,
}

/// How long the clock is not looked at: a timer alone stands still while the machine sleeps, and a release
/// must not outlive its epoch.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

async fn epochs_of(live: Arc<Live>, site: usize) {
    let mut keeping: Option<tokio::task::JoinHandle<()>> = None;
    loop {
        let left = live.epoch_left(site);
        if !left.is_zero() {
            tokio::time::sleep(left.min(LONGEST_WAIT)).await;
            continue;
        }
        let ending = Arc::clone(&live);
        // Counting takes longer than a turn of the event loop may.
        if tokio::task::spawn_blocking(move || ending.end_epoch(site)).await.is_err() {
            tracing::error!("an epoch could not be ended; it is tried again");
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        if keeping.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            let keeper = Arc::clone(&live);
            keeping = Some(tokio::task::spawn_blocking(move || keeper.keep_releases(site)));
        } else {
            tracing::warn!("what is released is not written: the store still writes the epoch before");
        }
    }
}

#[async_trait]
impl BackgroundService for Epochs {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let mut timers = tokio::task::JoinSet::new();
        for site in 0..self.live.sites() {
            timers.spawn(epochs_of(Arc::clone(&self.live), site));
        }
        // Only a change matters: dropping the timers ends them.
        let _ = shutdown.changed().await;
    }
}
