//! `[metrics] listen`: the counters in the Prometheus text format, and nothing else.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_pipeline::Live;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

/// Scrapers that may be connected at once.
const MAX_CONNECTIONS: usize = 16;
/// The longest that one connection may last.
const CONNECTION_TIME: Duration = Duration::from_secs(60);

/// Serves the counters from a thread of its own, for as long as the process lives.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) fn start(address: SocketAddr, live: Arc<Live>) -> std::io::Result<()> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("metrics".into()).spawn(move || {
        runtime.block_on(async move {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, live).await,
                Err(cause) => tracing::error!(%cause, "the metrics listener cannot be used"),
            }
        });
    })?;
    Ok(())
}

async fn accept(listener: tokio::net::TcpListener, live: Arc<Live>) {
    let seats = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: give others time to return some.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let live = Arc::clone(&live);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &live);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A scraper that breaks off is its own business.
            let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
            drop(seat);
        });
    }
}

fn answer(request: &Request<Incoming>, live: &Live) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" {
        let mut response = Response::new(Full::from("only /metrics is here\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let mut response = Response::new(Full::from(live.measure().counters().prometheus()));
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
