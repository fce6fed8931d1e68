//! HTTP/2 as a client speaks it here: one stream a request on a connection that others share.

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::Failure;
use crate::questions::Visit;

/// Windows so large that no answer waits for one.
const WINDOW: u32 = 4 << 20;

/// Begins to speak HTTP/2. What keeps the connection going runs as a local task until the server or the
/// last handle is gone.
pub(crate) async fn begin(stream: TlsStream<TcpStream>) -> Result<SendRequest<Bytes>, Failure> {
    let mut builder = Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
    let (handle, connection) = builder.handshake(stream).await?;
    tokio::task::spawn_local(async move {
        // Whoever asks on a broken connection is told so.
        let _ = connection.await;
    });
    Ok(handle)
}

/// Asks for one page. `read` gets its head, a line a field as in HTTP/1.1, and then its body; answers the
/// status and where the body begins.
pub(crate) async fn ask(
    handle: &mut SendRequest<Bytes>,
    visit: &Visit,
    read: &mut Vec<u8>,
) -> Result<(u16, usize), Failure> {
    std::future::poll_fn(|context| handle.poll_ready(context)).await?;
    let (answer, _) = handle.send_request(visit.http2.clone(), true)?;
    let (head, mut body) = answer.await?.into_parts();
    read.clear();
    for (name, value) in &head.headers {
        read.extend_from_slice(name.as_str().as_bytes());
        read.extend_from_slice(b": ");
        read.extend_from_slice(value.as_bytes());
        read.extend_from_slice(b"\r\n");
    }
    let begin = read.len();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        read.extend_from_slice(&part);
    }
    Ok((head.status.as_u16(), begin))
}
