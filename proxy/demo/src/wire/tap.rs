//! The relay before the proxy: shows what visitors really sent. It exists in the demo alone.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::{Recorder, Running, listen};

/// Connections relayed at once.
const MAX_CONNECTIONS: usize = 1_024;
/// A connection that lives longer is cut; browsers open a new one.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How long a proxy may take to listen, which it does after the tap, and the pause between tries.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// A TCP relay that writes down what its clients send.
pub struct Tap(Running);

impl Tap {
    /// Listens on `address`, relays to `proxy` and gives the visitors' bytes to `recorder`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(address: SocketAddr, proxy: SocketAddr, recorder: Recorder) -> io::Result<Self> {
        let relay = move |stream: TcpStream, peer| {
            let mut visitor = recorder.record(stream, peer);
            async move {
                let Ok(mut proxy) = reach(proxy).await else {
                    tracing::warn!("the tap cannot reach the proxy");
                    return;
                };
                let _ = proxy.set_nodelay(true);
                let _ = timeout(LONGEST, copy_bidirectional(&mut visitor, &mut proxy)).await;
            }
        };
        listen(address, MAX_CONNECTIONS, relay).await.map(Self)
    }

    /// Where visitors connect.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }
}

async fn reach(proxy: SocketAddr) -> io::Result<TcpStream> {
    let reached = async {
        loop {
            match TcpStream::connect(proxy).await {
                Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => sleep(PAUSE).await,
                answer => return answer,
            }
        }
    };
    timeout(PATIENCE, reached).await?
}
