//! Passthrough: end-to-end fields and bodies as they are, except for what is ours.

use std::sync::Arc;

use cloakroom_boundary::{client_address_fields, strip_own_cookies, strip_own_set_cookies};
use cloakroom_pipeline::{Pipeline, Relay};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use pingora_core::protocols::tls::CaType;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::utils::tls::{WrappedX509, parse_x509};
use pingora_core::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};

/// Whom origins over TLS have to prove themselves to, as pingora wants it.
pub(crate) struct Roots {
    /// By site; `None` where the system's roots count.
    own: Vec<Option<Arc<CaType>>>,
    /// Some site trusts the system's roots.
    pub(crate) of_system: bool,
}

impl Roots {
    /// The roots of the sites of a pipeline, all of which were read before.
    pub(crate) fn new(pipeline: &Pipeline) -> Self {
        let own = |roots: &[Vec<u8>]| {
            let roots = roots.iter().map(|der| WrappedX509::new(der.clone(), parse_x509));
            (roots.len() > 0).then(|| roots.collect::<Vec<_>>().into())
        };
        Self {
            own: pipeline.relay_tls().map(|tls| tls.and_then(|tls| own(tls.own_roots()))).collect(),
            of_system: pipeline.relay_tls().flatten().any(|tls| tls.own_roots().is_empty()),
        }
    }
}

/// The origin of a passthrough route, through a pool that no other route uses.
pub(crate) async fn peer(relay: &Relay, roots: &Roots) -> Result<Box<HttpPeer>> {
    let mut found = tokio::net::lookup_host(relay.authority())
        .await
        .map_err(|cause| Error::because(ErrorType::ConnectError, "resolving the origin", cause).into_up())?;
    let Some(address) = found.next() else {
        return Err(Error::explain(ErrorType::ConnectError, "the origin has no address").into_up());
    };
    let name = relay.server_name();
    let mut peer = HttpPeer::new(address, name.is_some(), name.unwrap_or_default().to_owned());
    peer.options.ca = roots.own.get(relay.site()).cloned().flatten();
    peer.options.connection_timeout = Some(relay.connect_timeout());
    peer.options.read_timeout = Some(relay.read_timeout());
    Ok(Box::new(peer))
}

/// Takes our own cookies, and unless the site wants it the client's address, out of the request, which
/// came over HTTP/2 or not.
pub(crate) fn outbound(upstream: &mut RequestHeader, relay: &Relay, of_http2: bool) -> Result<()> {
    if !relay.forwards_client_ip() {
        for name in client_address_fields() {
            upstream.remove_header(name);
        }
    }
    if !upstream.headers.contains_key(COOKIE) {
        return Ok(());
    }
    let mut kept = only(&upstream.headers, &COOKIE);
    strip_own_cookies(&mut kept);
    if of_http2 {
        join_cookies(&mut kept);
    }
    if differs(&upstream.headers, &kept, &COOKIE) {
        upstream.remove_header(&COOKIE);
        for value in kept.get_all(COOKIE) {
            upstream.append_header("Cookie", value)?;
        }
    }
    Ok(())
}

/// The lines of one field.
fn only(headers: &HeaderMap, name: &HeaderName) -> HeaderMap {
    headers.get_all(name).iter().map(|value| (name.clone(), value.clone())).collect()
}

/// HTTP/2 lets a client send its cookies in several fields; in HTTP/1.1 they are one (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<_> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if lines.len() < 2 {
        return;
    }
    // Values that were read from a request stay values when they are joined.
    if let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// An origin must not set our cookies.
pub(crate) fn inbound(response: &mut ResponseHeader) -> Result<()> {
    if !response.headers.contains_key(SET_COOKIE) {
        return Ok(());
    }
    let mut kept = only(&response.headers, &SET_COOKIE);
    strip_own_set_cookies(&mut kept);
    if differs(&response.headers, &kept, &SET_COOKIE) {
        response.remove_header(&SET_COOKIE);
        for value in kept.get_all(SET_COOKIE) {
            response.append_header("Set-Cookie", value)?;
        }
    }
    Ok(())
}

fn differs(before: &HeaderMap, after: &HeaderMap, name: &HeaderName) -> bool {
    !before.get_all(name).iter().eq(after.get_all(name).iter())
}
