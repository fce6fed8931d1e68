//! Fetching from the origin: one pooled client a site, with bounds on time and size.

use std::time::Duration;

use bytes::Bytes;
use cloakroom_boundary::ScrubbedRequest;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use crate::{Conditions, OriginRequest, Tls, TlsError, Told, tls};

/// Where a site's origin is, and what it may cost.
#[derive(Clone, Debug)]
pub struct OriginConfig {
    /// Host and port to connect to.
    pub authority: Authority,
    /// Asks over TLS, and whom the origin has to prove itself to; `None` asks over plain HTTP.
    pub tls: Option<Tls>,
    /// What the `Host` field says: the site's first host.
    pub host: HeaderValue,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time from the request to the head of the answer.
    pub first_byte_timeout: Duration,
    /// Time from the request to the last byte of the answer.
    pub total_timeout: Duration,
    /// The longest body that is read, in bytes.
    pub max_body: usize,
}

/// The connection pool that fetches pages for everyone. It never carries passthrough.
#[derive(Clone)]
pub struct Origin {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    config: OriginConfig,
}

/// An answer of the origin.
pub struct OriginResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its fields, as the origin sent them.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
}

/// Why there is no answer. Says nothing of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Connecting, sending or reading failed.
    #[error("the origin cannot be reached")]
    Unreachable,
    /// Its certificate does not prove that it is the origin.
    #[error("the origin's certificate is not trusted")]
    Untrusted,
    /// It took longer than `total_timeout`.
    #[error("the origin did not answer in time")]
    Timeout,
    /// The body is longer than `max_body`.
    #[error("the origin's answer is larger than the limit")]
    TooLarge,
}

impl Origin {
    /// A client without connections.
    ///
    /// # Errors
    /// [`TlsError`] if TLS cannot be set up.
    pub fn new(config: OriginConfig) -> Result<Self, TlsError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(config.connect_timeout));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let trusted = config.tls.as_ref().map_or_else(tls::trusting_nobody, |tls| Ok(tls.config()))?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trusted)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(64)
            .http1_max_headers(128)
            // The Host field is set by the request; the URI only says where to connect.
            .set_host(false)
            .build(connector);
        Ok(Self { client, config })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &OriginConfig {
        &self.config
    }

    /// Builds the request that asks this origin for a canonical target.
    ///
    /// # Errors
    /// As [`OriginRequest::build`].
    pub fn request(
        &self,
        scrubbed: &ScrubbedRequest,
        told: &Told,
        conditions: Conditions<'_>,
    ) -> Result<OriginRequest, http::Error> {
        let OriginConfig { authority, host, tls, .. } = &self.config;
        let request = OriginRequest::build(authority, host, scrubbed, told, conditions)?;
        if tls.is_some() { request.over_tls() } else { Ok(request) }
    }

    /// Fetches. The answer is read whole, so that it can be stored or refused whole.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn fetch(&self, request: OriginRequest) -> Result<OriginResponse, FetchError> {
        self.open(request).await?.whole().await
    }

    /// Fetches the head of an answer, whose body is yet to be read.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn open(&self, request: OriginRequest) -> Result<OpenResponse, FetchError> {
        let deadline = Instant::now() + self.config.total_timeout;
        let first_byte = deadline.min(Instant::now() + self.config.first_byte_timeout);
        let head = self.client.request(request.into_inner());
        let answer = match timeout_at(first_byte, head).await {
            Ok(answer) => answer.map_err(|cause| match tls::is_untrusted(&cause) {
                true => FetchError::Untrusted,
                false => FetchError::Unreachable,
            })?,
            Err(_) => return Err(FetchError::Timeout),
        };
        let (parts, body) = answer.into_parts();
        let announced = body.size_hint().exact();
        if announced.is_some_and(|length| length > self.config.max_body as u64) {
            return Err(FetchError::TooLarge);
        }
        let left = self.config.max_body;
        Ok(OpenResponse { status: parts.status, headers: parts.headers, body, announced, deadline, left })
    }
}

/// An answer of which the head is here.
pub struct OpenResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its fields, as the origin sent them.
    pub headers: HeaderMap,
    body: Incoming,
    announced: Option<u64>,
    deadline: Instant,
    /// So many bytes may still come.
    left: usize,
}

impl OpenResponse {
    /// The length of its body, if the origin has said so; at most `max_body`.
    #[must_use]
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The next bytes of its body; `None` after the last. They may be a slice of a larger buffer.
    ///
    /// # Errors
    /// [`FetchError`]: what was read is not the whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let frame =
                timeout_at(self.deadline, self.body.frame()).await.map_err(|_| FetchError::Timeout)?;
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| FetchError::Unreachable)?.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or(FetchError::TooLarge)?;
            return Ok(Some(data));
        }
    }

    /// Reads the rest of it.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn whole(mut self) -> Result<OriginResponse, FetchError> {
        let expected = self.announced.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut read = Vec::with_capacity(expected);
        while let Some(data) = self.next().await? {
            read.extend_from_slice(&data);
        }
        // It may be stored: no byte more than it has.
        let body = Bytes::from(read.into_boxed_slice());
        Ok(OriginResponse { status: self.status, headers: self.headers, body })
    }
}
