//! The relay before the proxy: shows what visitors really sent. It exists in the demo alone.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{Recorder, Running, listen};

/// Connections relayed at once.
const MAX_CONNECTIONS: usize = 1_024;
/// A connection that lives longer is cut; browsers open a new one.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How often the proxy is tried, and the pause between: it starts to listen after the tap does.
const TRIES: u32 = 100;
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
                let _ = tokio::time::timeout(LONGEST, copy_bidirectional(&mut visitor, &mut proxy)).await;
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
    for _ in 1..TRIES {
        match TcpStream::connect(proxy).await {
            Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => sleep(PAUSE).await,
            answer => return answer,
        }
    }
    TcpStream::connect(proxy).await
}
