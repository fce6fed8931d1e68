//! The sealed request. Its accessors exist inside this crate alone.

use std::net::IpAddr;

use http::header::{HOST, HeaderName};
use http::request::Parts;
use http::{Method, Version};

use crate::host::{self, MAX_HOST_BYTES};
use crate::{Refusal, canonical};

/// What a client sent, closed to everybody outside the boundary: no getters of its parts, no `Debug`, no
/// `Clone`, no serialization.
pub struct RawRequest<'r> {
    parts: &'r Parts,
    peer: IpAddr,
}

impl<'r> RawRequest<'r> {
    /// Seals a request that came from `peer`.
    #[must_use]
    pub fn seal(parts: &'r Parts, peer: IpAddr) -> Self {
        Self { parts, peer }
    }

    /// Whether the head alone is wanted, of whatever answers it (RFC 9110 §9.3.2).
    #[must_use]
    pub fn is_head(&self) -> bool {
        *self.method() == Method::HEAD
    }

    pub(crate) fn peer(&self) -> IpAddr {
        self.peer
    }

    pub(crate) fn method(&self) -> &'r Method {
        &self.parts.method
    }

    /// The first value of a field, if it is there.
    pub(crate) fn field(&self, name: &HeaderName) -> Option<&'r [u8]> {
        self.parts.headers.get(name).map(http::HeaderValue::as_bytes)
    }

    /// The names of all fields, each once.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'r HeaderName> + use<'r> {
        self.parts.headers.keys()
    }

    /// Every value of a field, in order.
    pub(crate) fn fields(&self, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'r [u8]> + use<'r> {
        self.parts.headers.get_all(name).iter().map(http::HeaderValue::as_bytes)
    }

    /// The raw query, empty if there is none.
    pub(crate) fn query(&self) -> &'r str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The raw path, for targets in origin form or absolute form with http(s).
    pub(crate) fn path(&self) -> Result<&'r str, Refusal> {
        let uri = &self.parts.uri;
        if !matches!(uri.scheme_str(), None | Some("http" | "https")) {
            return Err(Refusal::Malformed);
        }
        if uri.path_and_query().is_some_and(|target| target.as_str().len() > canonical::MAX_TARGET_BYTES) {
            return Err(Refusal::TooLong);
        }
        if uri.path().starts_with('/') { Ok(uri.path()) } else { Err(Refusal::Malformed) }
    }

    /// The port in the address asked for, if it names one that is not the usual one of web sites.
    pub(crate) fn port(&self) -> Option<u16> {
        let authority = match self.parts.uri.authority() {
            Some(authority) => authority.as_str(),
            None => std::str::from_utf8(self.field(&HOST)?).ok()?,
        };
        let (_, port) = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']'))?;
        port.parse().ok().filter(|port| !matches!(port, 80 | 443))
    }

    /// The host asked for, in `buffer`: of the target if it names one, else of `Host`.
    pub(crate) fn host<'b>(&self, buffer: &'b mut [u8; MAX_HOST_BYTES]) -> Result<&'b str, Refusal> {
        let mut listed = self.fields(&HOST);
        let field = listed.next();
        if listed.next().is_some() {
            return Err(Refusal::Malformed);
        }
        let field = match field.map(std::str::from_utf8) {
            Some(Err(_)) => return Err(Refusal::Malformed),
            Some(Ok(text)) => Some(text),
            None => None,
        };
        let Some(authority) = self.parts.uri.authority() else {
            return field.and_then(|text| host::normalize(text, buffer)).ok_or(Refusal::Malformed);
        };
        let host = host::normalize(authority.as_str(), buffer).ok_or(Refusal::Malformed)?;
        // HTTP/1.1 lets the target win (RFC 9112 §3.2.2); later versions call two words malformed.
        let mut other = [0; MAX_HOST_BYTES];
        let differs = field.is_some_and(|text| host::normalize(text, &mut other) != Some(host));
        if self.parts.version >= Version::HTTP_2 && differs { Err(Refusal::Malformed) } else { Ok(host) }
    }
}
