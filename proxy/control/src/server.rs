//! Listens, each listener on a thread of its own that ends with the process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_pipeline::{PurgeError, PurgeOrder};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::{Door, answer};
use crate::{Token, socket};

/// Clients that may be connected to one listener at once; others wait.
const MAX_CONNECTIONS: usize = 16;
/// The longest that one connection may last.
const CONNECTION_TIME: Duration = Duration::from_secs(60);
/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long no connection is taken after one could not be: out of descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(100);

/// Does what is ordered, and answers how much was purged. May block for as long as it takes.
pub type Obey = dyn Fn(&PurgeOrder) -> Result<usize, PurgeError> + Send + Sync;

/// Nothing can be listened to.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StartError(#[from] std::io::Error);

/// Takes orders at a Unix socket, of this process' user and of root.
///
/// # Errors
/// The system's reason.
pub fn open_socket(path: &Path, obey: Arc<Obey>) -> Result<(), StartError> {
    let listener = socket::bind(path)?;
    let door = Arc::new(Door { token: None, obey });
    run("control-socket", move || UnixListener::from_std(listener), move |listener| accept_unix(listener, door))
}

/// Takes orders at an address, of whoever shows the token.
///
/// # Errors
/// The system's reason.
pub fn listen_on(address: SocketAddr, token: Token, obey: Arc<Obey>) -> Result<(), StartError> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let door = Arc::new(Door { token: Some(token), obey });
    run("control", move || TcpListener::from_std(listener), move |listener| accept_tcp(listener, door))
}

fn run<L, F: Future<Output = ()>>(
    name: &str,
    open: impl FnOnce() -> std::io::Result<L>,
    accept: impl FnOnce(L) -> F + Send + 'static,
) -> Result<(), StartError>
where
    L: Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        open()?
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(accept(listener)))?;
    Ok(())
}

async fn accept_unix(listener: UnixListener, door: Arc<Door>) {
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Ok(seat) = Arc::clone(&seats).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) if socket::is_ours(&stream) => serve(TokioIo::new(stream), &door, seat),
            Ok(_) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn accept_tcp(listener: TcpListener, door: Arc<Door>) {
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Ok(seat) = Arc::clone(&seats).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => serve(TokioIo::new(stream), &door, seat),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn serve<S>(stream: S, door: &Arc<Door>, seat: OwnedSemaphorePermit)
where
    S: Read + Write + Unpin + Send + 'static,
{
    let door = Arc::clone(door);
    tokio::spawn(async move {
        let service = service_fn(move |request| {
            let door = Arc::clone(&door);
            async move { Ok::<_, Infallible>(answer(request, &door).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(stream, service);
        // A client that breaks off is its own business; what it ordered is done all the same.
        let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
        drop(seat);
    });
}
