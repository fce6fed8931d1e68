//! Which requests over HTTP/2 are taken: those that nobody behind could read in two ways.
//!
//! The protocol library judges most of what RFC 9113 §8.1.1 calls malformed. What it lets pass, and an origin of
//! HTTP/1.1 would take for something else, is refused here.

use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, Response, StatusCode};
use pingora_core::protocols::http::authority::{
    RawTargetAuthority, raw_target_authority, validate_request_authority,
};
use pingora_http::RequestHeader;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is taken.
    Clear,
    /// It could end where another would begin: its stream ends (RFC 9113 §8.1.1).
    Framing,
    /// It could be for another host, or for none: 400.
    Authority,
}

impl Verdict {
    /// Tells the client of a request that is not taken.
    pub(crate) fn tell(self, mut respond: SendResponse<Bytes>) {
        if self == Self::Framing {
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return;
        }
        let mut answer = Response::new(());
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        // A client that has reset the stream needs no answer.
        let _ = respond.send_response(answer, true);
    }
}

pub(crate) fn verdict(head: &RequestHeader) -> Verdict {
    let ends = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    if head.raw_path().iter().any(ends) || !has_one_length(&head.headers) {
        return Verdict::Framing;
    }
    let named = head.uri.authority().is_some() || head.headers.contains_key(HOST);
    let is_origin_form = matches!(raw_target_authority(head.raw_path()), RawTargetAuthority::None);
    if named && is_origin_form && validate_request_authority(head).is_ok() {
        Verdict::Clear
    } else {
        Verdict::Authority
    }
}

fn has_one_length(fields: &HeaderMap) -> bool {
    let mut lengths = fields.get_all(CONTENT_LENGTH).iter().map(|length| length.as_bytes());
    let is_number = |length: &[u8]| !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    lengths.next().is_none_or(is_number) && lengths.next().is_none()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(target: &str, fields: &[(&str, &str)]) -> Verdict {
        let mut request = Request::builder().uri(target);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        verdict(&request.body(()).unwrap().into_parts().0.into())
    }

    #[test]
    fn requests_that_can_be_read_in_one_way_are_taken() {
        for target in ["https://shop.test/", "https://shop.test/a?b=c,d", "https://shop.test:8443/%20"] {
            assert_eq!(of(target, &[]), Verdict::Clear, "{target}");
        }
        assert_eq!(
            of("https://shop.test/", &[("host", "shop.test"), ("content-length", "12")]),
            Verdict::Clear
        );
        assert_eq!(of("/", &[("host", "shop.test")]), Verdict::Clear);
    }

    #[test]
    fn requests_that_could_be_read_in_two_ways_are_not() {
        let target = "https://shop.test/";
        for lengths in [&["1", "1"][..], &["1", "2"], &["1, 1"], &["+1"], &[""], &["a"]] {
            let fields: Vec<_> = lengths.iter().map(|length| ("content-length", *length)).collect();
            assert_eq!(of(target, &fields), Verdict::Framing, "{lengths:?}");
        }
        assert_eq!(of("/", &[]), Verdict::Authority, "no host");
        assert_eq!(of("https://me@shop.test/", &[]), Verdict::Authority);
        for hosts in [&["other.test"][..], &["shop.test", "shop.test"], &["me@shop.test"]] {
            let fields: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            assert_eq!(of(target, &fields), Verdict::Authority, "{hosts:?}");
        }
    }
}
