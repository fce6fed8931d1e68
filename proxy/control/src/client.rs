//! The other end of the socket: what `cloakroom purge` asks a running `serve`.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustix::process::geteuid;
use serde::Deserialize;
use tokio::net::UnixStream;

use crate::order::{MAX_BODY_BYTES, Purge};
use crate::socket;

/// How long an order may take: a million entries take less than a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// An order that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No socket is there, or nobody listens to it any more.
    #[error("no `serve` is running with this configuration")]
    NothingRuns,
    /// What is there is no socket, or belongs to somebody else.
    #[error("what stands there is not the socket of a `serve` of this user")]
    Foreign,
    /// The system does not let this user connect.
    #[error("this user may not speak to the running `serve`")]
    NotAllowed,
    /// It was not understood, or cannot be carried out.
    #[error("{}", .0.message)]
    Refused(Refused),
    /// The connection broke, or what came back is no answer.
    #[error("the running `serve` does not answer: {0}")]
    Broken(String),
}

/// Why an order was refused.
#[derive(Debug)]
pub struct Refused {
    /// In words.
    pub message: String,
}

/// Gives an order to whoever listens at a socket, and answers how much was purged.
///
/// # Errors
/// [`ClientError`].
pub fn ask(path: &Path, order: &Purge) -> Result<u64, ClientError> {
    let facts = std::fs::symlink_metadata(path).map_err(|cause| of_file(&cause))?;
    let user = geteuid();
    if !socket::is_socket(&facts) || (facts.uid() != user.as_raw() && !user.is_root() && facts.uid() != 0) {
        return Err(ClientError::Foreign);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| ClientError::Broken(cause.to_string()))?;
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, exchange(path, order))
            .await
            .unwrap_or_else(|_| Err(ClientError::Broken("it takes too long".to_owned())))
    })
}

async fn exchange(path: &Path, order: &Purge) -> Result<u64, ClientError> {
    let stream = UnixStream::connect(path).await.map_err(|cause| of_file(&cause))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|cause| broken(&cause))?;
    // It ends with the sender, and tells the sender of its troubles.
    tokio::spawn(connection);
    let body = serde_json::to_vec(order).map_err(|cause| broken(&cause))?;
    let request = Request::post("/purge").header(HOST, "control").header(CONTENT_TYPE, "application/json");
    let request = request.body(Full::new(Bytes::from(body))).map_err(|cause| broken(&cause))?;
    let answer = sender.send_request(request).await.map_err(|cause| broken(&cause))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_BODY_BYTES).collect().await;
    let body = body.map_err(|cause| ClientError::Broken(cause.to_string()))?.to_bytes();
    let said: Said = serde_json::from_slice(&body).map_err(|cause| broken(&cause))?;
    match (status, said) {
        (StatusCode::OK, Said { purged: Some(purged), .. }) => Ok(purged),
        (_, Said { error: Some(message), .. }) => Err(ClientError::Refused(Refused { message })),
        _ => Err(ClientError::Broken(format!("it answers with {status}"))),
    }
}

/// What comes back.
#[derive(Deserialize)]
struct Said {
    purged: Option<u64>,
    error: Option<String>,
}

fn of_file(cause: &io::Error) -> ClientError {
    match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NothingRuns,
        io::ErrorKind::PermissionDenied => ClientError::NotAllowed,
        _ => ClientError::Broken(cause.to_string()),
    }
}

fn broken(cause: &dyn std::error::Error) -> ClientError {
    ClientError::Broken(cause.to_string())
}
