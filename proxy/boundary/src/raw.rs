//! The sealed request. Its accessors exist inside this crate alone.

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ValueIter};
use http::request::Parts;
use http::{HeaderValue, Method, Version};

use crate::host::{self, MAX_HOST_BYTES};
use crate::{Refusal, canonical};

/// What a client sent, closed to everybody outside the boundary: no getters of its parts, no `Debug`, no
/// `Clone`, no serialization.
pub struct RawRequest<'r> {
    head: Head<'r>,
    peer: IpAddr,
}

#[derive(Clone, Copy)]
enum Head<'r> {
    Parts(&'r Parts),
    Plain(&'r PlainHead<'r>),
}

/// The head of a request of HTTP/1.1 in origin form, where it was read: nothing of it is copied, and no map is
/// made of its fields, of which a request has about a dozen and a route asks for as many.
pub struct PlainHead<'r> {
    /// The method.
    pub method: Method,
    /// Path and query, of visible ASCII without `#` alone.
    pub target: &'r str,
    /// The field lines, in order.
    pub fields: &'r [httparse::Header<'r>],
}

impl<'r> RawRequest<'r> {
    /// Seals a request that came from `peer`.
    #[must_use]
    pub fn seal(parts: &'r Parts, peer: IpAddr) -> Self {
        Self { head: Head::Parts(parts), peer }
    }

    /// Seals a plain request that came from `peer`.
    #[must_use]
    pub fn seal_plain(head: &'r PlainHead<'r>, peer: IpAddr) -> Self {
        Self { head: Head::Plain(head), peer }
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
        match self.head {
            Head::Parts(parts) => &parts.method,
            Head::Plain(head) => &head.method,
        }
    }

    /// The first value of a field, if it is there.
    pub(crate) fn field(&self, name: &HeaderName) -> Option<&'r [u8]> {
        match self.head {
            Head::Parts(parts) => parts.headers.get(name).map(HeaderValue::as_bytes),
            Head::Plain(head) => {
                head.fields.iter().find(|line| is_named(line, name.as_str())).map(|line| line.value)
            }
        }
    }

    /// Every value of a field, in order.
    pub(crate) fn fields(&self, name: &HeaderName) -> Values<'r> {
        match self.head {
            Head::Parts(parts) => Values::Mapped(parts.headers.get_all(name).iter()),
            Head::Plain(head) => Values::Plain { lines: head.fields.iter(), name: name.clone() },
        }
    }

    /// Calls `of` with the names of all fields, each once at least, in any case.
    pub(crate) fn each_name(&self, mut of: impl FnMut(&str)) {
        match self.head {
            Head::Parts(parts) => parts.headers.keys().for_each(|name| of(name.as_str())),
            Head::Plain(head) => head.fields.iter().for_each(|line| of(line.name)),
        }
    }

    /// The raw query, empty if there is none.
    pub(crate) fn query(&self) -> &'r str {
        match self.head {
            Head::Parts(parts) => parts.uri.query().unwrap_or_default(),
            Head::Plain(head) => head.target.split_once('?').map_or("", |(_, query)| query),
        }
    }

    /// The raw path, for targets in origin form or absolute form with http(s).
    pub(crate) fn path(&self) -> Result<&'r str, Refusal> {
        let (target_bytes, path) = match self.head {
            Head::Parts(parts) => {
                if !matches!(parts.uri.scheme_str(), None | Some("http" | "https")) {
                    return Err(Refusal::Malformed);
                }
                let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
                (target.len(), parts.uri.path())
            }
            Head::Plain(head) => {
                let path = head.target.split_once('?').map_or(head.target, |(path, _)| path);
                (head.target.len(), path)
            }
        };
        if target_bytes > canonical::MAX_TARGET_BYTES {
            return Err(Refusal::TooLong);
        }
        if path.starts_with('/') { Ok(path) } else { Err(Refusal::Malformed) }
    }

    /// Host and port where the target itself names them: absolute form, or `:authority`.
    fn authority(&self) -> Option<&'r str> {
        match self.head {
            Head::Parts(parts) => parts.uri.authority().map(|authority| authority.as_str()),
            Head::Plain(_) => None,
        }
    }

    fn is_http2(&self) -> bool {
        matches!(self.head, Head::Parts(parts) if parts.version >= Version::HTTP_2)
    }

    /// The port in the address asked for, if it names one that is not the usual one of web sites.
    pub(crate) fn port(&self) -> Option<u16> {
        let authority = match self.authority() {
            Some(authority) => authority,
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
        let Some(authority) = self.authority() else {
            return field.and_then(|text| host::normalize(text, buffer)).ok_or(Refusal::Malformed);
        };
        let host = host::normalize(authority, buffer).ok_or(Refusal::Malformed)?;
        // HTTP/1.1 lets the target win (RFC 9112 §3.2.2); later versions call two words malformed.
        let mut other = [0; MAX_HOST_BYTES];
        let differs = field.is_some_and(|text| host::normalize(text, &mut other) != Some(host));
        if self.is_http2() && differs { Err(Refusal::Malformed) } else { Ok(host) }
    }
}

/// Every value of one field.
pub(crate) enum Values<'r> {
    Mapped(ValueIter<'r, HeaderValue>),
    Plain { lines: std::slice::Iter<'r, httparse::Header<'r>>, name: HeaderName },
}

impl<'r> Iterator for Values<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        match self {
            Self::Mapped(values) => values.next().map(HeaderValue::as_bytes),
            Self::Plain { lines, name } => {
                lines.find(|line| is_named(line, name.as_str())).map(|line| line.value)
            }
        }
    }
}

impl DoubleEndedIterator for Values<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Mapped(values) => values.next_back().map(HeaderValue::as_bytes),
            Self::Plain { lines, name } => {
                lines.rfind(|line| is_named(line, name.as_str())).map(|line| line.value)
            }
        }
    }
}

/// Names are the same in any case (RFC 9110 §5.1).
fn is_named(line: &httparse::Header<'_>, name: &str) -> bool {
    line.name.len() == name.len() && line.name.eq_ignore_ascii_case(name)
}
