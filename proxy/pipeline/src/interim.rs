//! What an origin says before its answer (RFC 9110 §15.2), for those who wait for it: that it is at work, or what the
//! page will need (RFC 8297).
//!
//! Passed on where a route sends its origin's answers as they are, to those who wait while it comes. It is about one
//! fetch and is not stored.

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_boundary::SiteId;
use cloakroom_variants::storable;
use http::{HeaderMap, StatusCode};

use crate::Pipeline;
use crate::downstream::Downstream;
use crate::flights::Tower;
use crate::miss::Fetched;
use crate::route::Route;

/// The most that is passed on of one fetch.
pub(crate) const MOST: usize = 4;
/// The longest that is passed on, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// An interim response, ready to send.
pub struct Interim {
    http1_head: Bytes,
}

impl Interim {
    /// `None` for what is between two connections, and for what is too long.
    pub(crate) fn new(status: StatusCode, fields: &HeaderMap) -> Option<Self> {
        let passes = status.is_informational()
            && ![StatusCode::CONTINUE, StatusCode::SWITCHING_PROTOCOLS].contains(&status);
        let reason = status.canonical_reason().unwrap_or_default();
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
        for (name, value) in fields {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                head.extend_from_slice(part);
            }
        }
        head.extend_from_slice(b"\r\n");
        (passes && head.len() <= MAX_BYTES).then(|| Self { http1_head: Bytes::from(head) })
    }

    /// As HTTP/1.1 sends it, whole.
    #[must_use]
    pub fn http1_head(&self) -> &Bytes {
        &self.http1_head
    }
}

impl Pipeline {
    /// What hears what the origin says before its answer; `None` where nobody is told.
    pub(crate) fn listener(
        self: &Arc<Self>,
        site: SiteId,
        route: &Arc<Route>,
        tower: &Arc<Tower<Fetched>>,
    ) -> Option<impl Fn(StatusCode, &HeaderMap) + Send + Sync + 'static> {
        let (pipeline, route, tower) = (Arc::clone(self), Arc::clone(route), Arc::clone(tower));
        matches!(route.downstream, Downstream::Origin(_)).then(|| {
            move |status, headers: &HeaderMap| {
                let Some(site) = pipeline.sites.get(site.index()) else { return };
                let fields = site.fields.of_interim(&storable(headers), &route.downstream);
                if let Some(interim) = Interim::new(status, &fields) {
                    tower.tell(Arc::new(interim));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::LINK;

    use super::*;

    fn head(status: u16, fields: &HeaderMap) -> Option<String> {
        let interim = Interim::new(StatusCode::from_u16(status).unwrap(), fields)?;
        Some(String::from_utf8(interim.http1_head().to_vec()).unwrap())
    }

    #[test]
    fn interim_responses_are_heads_without_a_body() {
        let mut fields = HeaderMap::new();
        assert_eq!(head(102, &fields).as_deref(), Some("HTTP/1.1 102 Processing\r\n\r\n"));
        fields.append(LINK, HeaderValue::from_static("</a.css>; rel=preload"));
        let expected = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
        assert_eq!(head(103, &fields).as_deref(), Some(expected));
        for status in [100, 101, 200, 304] {
            assert_eq!(head(status, &fields), None, "{status}");
        }
        fields.append(LINK, HeaderValue::try_from("a".repeat(MAX_BYTES)).unwrap());
        assert_eq!(head(103, &fields), None);
    }
}
