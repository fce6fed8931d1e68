//! Fetching from the origin: one pooled client a site, with bounds on time and size.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cloakroom_boundary::ScrubbedRequest;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

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
        match tokio::time::timeout(self.config.total_timeout, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::Timeout),
        }
    }

    async fn exchange(&self, request: OriginRequest) -> Result<OriginResponse, FetchError> {
        let head = self.client.request(request.into_inner());
        let answer = match tokio::time::timeout(self.config.first_byte_timeout, head).await {
            Ok(answer) => answer.map_err(|cause| match tls::is_untrusted(&cause) {
                true => FetchError::Untrusted,
                false => FetchError::Unreachable,
            })?,
            Err(_) => return Err(FetchError::Timeout),
        };
        let (parts, mut body) = answer.into_parts();
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| FetchError::Unreachable)?;
            if let Some(data) = frame.data_ref() {
                if read.len() + data.len() > self.config.max_body {
                    return Err(FetchError::TooLarge);
                }
                read.extend_from_slice(data);
            }
        }
        Ok(OriginResponse { status: parts.status, headers: parts.headers, body: read.freeze() })
    }
}
