//! The pingora application: hits are answered from the earliest filter that may answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloakroom_boundary::RawRequest;
use cloakroom_measure::{Outcome, Trouble};
use cloakroom_pipeline::{Live, Relay, Step, Submission, error_page};
use http::{StatusCode, Version};
use pingora_core::modules::http::HttpModules;
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::http::authority::validate_request_authority;
use pingora_core::protocols::l4::socket::SocketAddr;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorSource, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{FailToProxy, ProxyHttp, ProxyWarnLogContext, Session};
use pingora_timeout::timeout;

use crate::relay::{self, Roots};
use crate::{h2, respond};

/// How long the whole body of a form may take: it is a few hundred bytes.
const FORM_PATIENCE: Duration = Duration::from_secs(10);

/// The application behind the listeners.
pub(crate) struct Edge {
    pub(crate) live: Arc<Live>,
    pub(crate) max_header_bytes: usize,
    pub(crate) roots: Roots,
}

/// What is known of a request while pingora handles it: only whether it is a passthrough.
#[derive(Default)]
pub(crate) struct Context {
    relay: Option<Relay>,
    status: u16,
}

#[async_trait]
impl ProxyHttp for Edge {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context::default()
    }

    /// No modules: the default one compresses, and would touch bodies that are stored ready to send.
    fn init_downstream_modules(&self, _modules: &mut HttpModules) {}

    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> Result<bool> {
        let http = session.as_downstream_mut();
        if header_bytes(http.req_header()) > self.max_header_bytes {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            let sentence = "The request carries more than this server reads.";
            return respond::page(http, status, error_page(status, sentence)).await.map(|()| true);
        }
        if !http.req_header().raw_path_is_utf8() {
            // Sealed, such a target would be read as another one than the client sent.
            let status = StatusCode::BAD_REQUEST;
            let page = error_page(status, "The request could not be understood.");
            return respond::page(http, status, page).await.map(|()| true);
        }
        // A client without an address (a Unix socket) is nobody that a crowd could count.
        let Some(SocketAddr::Inet(peer)) = http.client_addr().cloned() else {
            return Error::e_explain(ErrorType::InternalError, "a client without an address");
        };
        let pipeline = self.live.load_full();
        let step = pipeline.step(RawRequest::seal(http.req_header(), peer.ip()));
        let answer = match step {
            Step::Answer(answer) => answer,
            // HTTP/1.0 tells the end of a body of unknown length by closing (RFC 9112 §6.3), as if it were broken off.
            Step::Fetch(pending) if http.req_header().version < Version::HTTP_11 => {
                pipeline.wait(*pending).whole().await
            }
            Step::Fetch(pending) => pipeline.fetch(*pending).await,
            Step::Form(submission) => {
                let body = form_body(http).await?;
                pipeline.submit(&submission, &body)
            }
            Step::Relay(found) => {
                context.relay = Some(found);
                return Ok(false);
            }
        };
        let sent = respond::answer(http, &answer).await?;
        respond::count(self.live.measure(), &answer, sent);
        Ok(true)
    }

    /// Only a passthrough has an upstream here. Anything else that gets this far fails closed.
    async fn upstream_peer(&self, _session: &mut Session, context: &mut Context) -> Result<Box<HttpPeer>> {
        let Some(found) = &context.relay else {
            return Error::e_explain(ErrorType::InternalError, "no passthrough route");
        };
        relay::peer(found, &self.roots).await
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        upstream: &mut RequestHeader,
        context: &mut Context,
    ) -> Result<()> {
        let Some(found) = &context.relay else {
            return Error::e_explain(ErrorType::InternalError, "no passthrough route");
        };
        let of_http2 = session.req_header().version == Version::HTTP_2;
        relay::outbound(upstream, found, of_http2)?;
        // What pingora does here for sessions of its own.
        if of_http2 { validate_request_authority(upstream).map_err(|error| error.into_in()) } else { Ok(()) }
    }

    async fn upstream_response_filter(
        &self,
        _session: &mut Session,
        response: &mut ResponseHeader,
        context: &mut Context,
    ) -> Result<()> {
        context.status = response.status.as_u16();
        if let Some(found) = &context.relay {
            self.live.load_full().heard(found, response.status, &response.headers);
        }
        relay::inbound(response)
    }

    async fn logging(&self, session: &mut Session, error: Option<&Error>, context: &mut Context) {
        if let Some(found) = &context.relay {
            if error.is_some_and(|error| *error.esource() == ErrorSource::Downstream) {
                h2::note_unwanted();
            }
            let outcome = if context.status == 0 { Outcome::Failed } else { Outcome::Passthrough };
            let status = if context.status == 0 { 502 } else { context.status };
            self.live.measure().answered(found.label(), outcome, status, session.body_bytes_sent());
        }
    }

    async fn fail_to_proxy(
        &self,
        session: &mut Session,
        error: &Error,
        context: &mut Context,
    ) -> FailToProxy {
        let code = match (error.etype(), error.esource()) {
            (ErrorType::HTTPStatus(code), _) => *code,
            (_, ErrorSource::Upstream) => 502,
            (ErrorType::WriteError | ErrorType::ReadError | ErrorType::ConnectionClosed, _) => 0,
            (_, ErrorSource::Downstream) => 400,
            _ => 500,
        };
        if let (502, Some(found)) = (code, &context.relay) {
            let trouble = match error.etype() {
                ErrorType::TLSHandshakeFailure | ErrorType::InvalidCert => Trouble::OriginUntrusted,
                _ => Trouble::OriginUnreachable,
            };
            self.live.measure().trouble(found.label(), trouble);
        }
        if code > 0 && session.response_written().is_none() {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let page = error_page(status, "The page cannot be shown at the moment. Please try again soon.");
            // The connection may be gone; there is nobody left to tell.
            let _ = respond::page(session.as_downstream_mut(), status, page).await;
        }
        FailToProxy { error_code: code, can_reuse_downstream: false }
    }

    /// pingora's default puts method, host and path into error logs.
    fn request_summary(&self, _session: &Session, context: &Context) -> String {
        if context.relay.is_some() { "a passthrough request".into() } else { "a request".into() }
    }

    fn suppress_error_log(&self, _session: &Session, _context: &Context, _error: &Error) -> bool {
        true
    }

    fn suppress_proxy_warn_log(
        &self,
        _session: &Session,
        _context: &Context,
        _error: &Error,
        _place: ProxyWarnLogContext,
    ) -> bool {
        true
    }
}

/// As much of a form's body as makes a difference.
async fn form_body(http: &mut ServerSession) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let reading = async {
        while body.len() < Submission::ENOUGH_BYTES {
            match http.read_request_body().await? {
                Some(part) => body.extend_from_slice(&part),
                None => break,
            }
        }
        Ok(())
    };
    let read: Result<()> = timeout(FORM_PATIENCE, reading)
        .await
        .map_err(|cause| Error::because(ErrorType::ReadTimedout, "reading a form", cause).into_down())?;
    read.map(|()| body)
}

fn header_bytes(request: &RequestHeader) -> usize {
    let fields: usize =
        request.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    fields + request.raw_path().len()
}
