//! Accept loops with a bound on connections, stopped when their handle is dropped.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How long a client may take to send a request's head.
const HEAD_WAIT: Duration = Duration::from_secs(30);
/// How long the loop rests when the system refuses to accept (no file descriptors, say).
const REFUSED_PAUSE: Duration = Duration::from_millis(50);
/// The largest head and read buffer of a connection.
const MAX_BUFFER: usize = 64 * 1024;

/// A server that runs until this handle is dropped.
pub struct Running {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens on `address` and gives every connection to `serve`; at most `most` at once, further
/// ones are closed unanswered.
pub(crate) async fn listen<F, Served>(address: SocketAddr, most: usize, serve: F) -> io::Result<Running>
where
    F: Fn(TcpStream, SocketAddr) -> Served + Send + 'static,
    Served: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        // Owned by the loop: when the loop is aborted, its connections end with it.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) if connections.len() < most => {
                        // Small answers must not wait for acknowledgements.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(serve(stream, peer));
                    }
                    Ok(_) => tracing::debug!("connection refused: too many are open"),
                    Err(error) => {
                        tracing::debug!(%error, "cannot accept");
                        tokio::time::sleep(REFUSED_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    });
    Ok(Running { address, task })
}

/// Serves HTTP/1.1 on one connection until it ends.
pub(crate) async fn serve_http<S, F, Answered>(stream: S, answer: F)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Fn(Request<Incoming>) -> Answered,
    Answered: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, std::convert::Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if served.is_err() {
        tracing::debug!("connection ended early");
    }
}
