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

use crate::door::{self, Door};
use crate::proxy::Edge;
use crate::relay::Roots;

/// Room for a whole hit in one write: pingora's default of 1,460 bytes costs two.
const WRITE_BUFFER: usize = 32 * 1024;

/// How the proxy listens.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Plain HTTP/1.1 listeners.
    pub http: Vec<SocketAddr>,
    /// Threads that serve; at least 1.
    pub threads: usize,
    /// The most bytes of a request's target and fields; larger ones get 431.
    pub max_header_bytes: usize,
    /// The longest silence of a client, before a request or while it takes an answer; whole seconds,
    /// at least 1.
    pub max_silence: Duration,
    /// Seconds that requests under way are given after SIGTERM.
    pub grace_seconds: u64,
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
}

/// Serves until SIGTERM, SIGINT or SIGQUIT.
///
/// # Errors
/// [`EdgeError`] when an address cannot be listened on.
pub fn serve(live: Arc<Live>, config: &EdgeConfig) -> Result<(), EdgeError> {
    for address in &config.http {
        // pingora panics on an address that is taken; ask first, so that it can be said kindly.
        TcpListener::bind(address).map_err(|cause| EdgeError::Listen { address: *address, cause })?;
    }
    let roots = Roots::new(&live.load());
    let conf = ServerConf {
        // pingora reads the system's roots at start and gives up on one that it cannot read, which is
        // no reason not to serve sites that do not need them.
        ca_file: (!roots.of_system).then(|| "/dev/null".to_owned()),
        threads: config.threads.max(1),
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(config.grace_seconds),
        upstream_keepalive_pool_size: 64,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let max_header_bytes = config.max_header_bytes;
    let edge = Edge { live: Arc::clone(&live), max_header_bytes, roots };
    let proxy = Arc::new(http_proxy(&server.configuration, edge));
    let max_silence = config.max_silence;
    let door = Door { live: Arc::clone(&live), max_header_bytes, max_silence, proxy };
    let mut service = Service::new("edge".to_owned(), door);
    for address in &config.http {
        let buffers = L4BufferSettings::new(door::READ, WRITE_BUFFER);
        service.add_listener(ListenerConfig::tcp(address.to_string()).l4_buffer(buffers));
    }
    server.add_service(service);
    server.add_service(background_service("epochs", Epochs { live }));
    server.run(RunArgs::default());
    Ok(())
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
