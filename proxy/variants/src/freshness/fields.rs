//! Which fields of an answer are stored, and what a confirmation changes in them (RFC 9111 §3.1, §3.2).

use http::header::{
    AGE, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName};

/// Fields of one connection, or between a client and its own proxy (RFC 9110 §7.6.1, RFC 9111 §3.1).
const NEVER_STORED: [HeaderName; 10] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    HeaderName::from_static("proxy-authentication-info"),
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What the stored body was read by: a confirmation has no body, so that it cannot change them (RFC 9111 §3.2).
/// A tag that differs would be another body's.
const OF_THE_BODY: [HeaderName; 5] = [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_TYPE, CONTENT_RANGE, ETAG];

/// The fields of an answer that may be stored: none that belong to a connection, by definition or because
/// `Connection` names them.
#[must_use]
pub fn storable(headers: &HeaderMap) -> HeaderMap {
    let of_connection: Vec<&[u8]> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .collect();
    let is_named =
        |name: &HeaderName| of_connection.iter().any(|named| named.eq_ignore_ascii_case(name.as_ref()));
    let mut stored = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers {
        if !NEVER_STORED.contains(name) && !is_named(name) {
            stored.append(name.clone(), value.clone());
        }
    }
    stored
}

/// The fields of a stored answer that a 304, or an answer to HEAD, confirms (RFC 9111 §3.2, §4.3.4): each field
/// of the confirmation replaces all of its name, but those of the body and of the connection. What the stored
/// answer says of its age is no longer so, and goes.
#[must_use]
pub fn updated(stored: &HeaderMap, confirming: &HeaderMap) -> HeaderMap {
    let mut headers = stored.clone();
    headers.remove(AGE);
    headers.remove(DATE);
    let newer = storable(confirming);
    for name in newer.keys().filter(|name| !OF_THE_BODY.contains(name)) {
        headers.remove(name);
        for value in newer.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn fields_of_a_connection_are_not_stored() {
        // RFC 9111 §3.1
        let answer = map(&[
            ("connection", "A, b"),
            ("connection", " close"),
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("proxy-authentication-info", "x"),
            ("proxy-authorization", "x"),
            ("proxy-connection", "close"),
            ("te", "trailers"),
            ("trailer", "expires"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("set-cookie", "d=1"),
            ("set-cookie", "e=1"),
        ]);
        assert_eq!(storable(&answer), map(&[("c", "3"), ("set-cookie", "d=1"), ("set-cookie", "e=1")]));
    }

    #[test]
    fn a_confirmation_replaces_what_it_names() {
        let stored = map(&[
            ("x-a", "1"),
            ("x-b", "1"),
            ("x-b", "2"),
            ("cache-control", "max-age=1"),
            ("content-length", "36"),
            ("content-type", "text/plain"),
            ("etag", "\"a\""),
            ("age", "9"),
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]);
        // (section, what the confirmation says, what is stored then; the rest is as it was)
        let kept = [("content-length", "36"), ("content-type", "text/plain"), ("etag", "\"a\"")];
        let cases: &[(&str, &[(&str, &str)], &[(&str, &str)])] = &[
            ("3.2", &[], &[("x-a", "1"), ("x-b", "1"), ("x-b", "2"), ("cache-control", "max-age=1")]),
            (
                "3.2",
                &[("x-b", "3"), ("content-foo", "1"), ("content-length", "10"), ("content-encoding", "gzip")],
                &[("x-a", "1"), ("x-b", "3"), ("content-foo", "1"), ("cache-control", "max-age=1")],
            ),
            (
                "4.3.4",
                &[("cache-control", "max-age=9"), ("etag", "\"b\""), ("content-type", "text/html")],
                &[("x-a", "1"), ("x-b", "1"), ("x-b", "2"), ("cache-control", "max-age=9")],
            ),
            (
                "3.1",
                &[("connection", "x-a"), ("x-a", "7"), ("content-range", "bytes 0-1/2")],
                &[("x-a", "1"), ("x-b", "1"), ("x-b", "2"), ("cache-control", "max-age=1")],
            ),
            (
                "4.2.3",
                &[("age", "3"), ("date", "Mon, 30 Nov 2026 12:00:00 GMT"), ("x-b", "4")],
                &[
                    ("x-a", "1"),
                    ("x-b", "4"),
                    ("cache-control", "max-age=1"),
                    ("age", "3"),
                    ("date", "Mon, 30 Nov 2026 12:00:00 GMT"),
                ],
            ),
        ];
        let owned = |fields: &[(&str, &str)]| -> HeaderMap {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.append(name, HeaderValue::from_str(value).unwrap());
            }
            headers
        };
        for (section, confirming, expected) in cases {
            let mut expected = owned(expected);
            expected.extend(owned(&kept));
            assert_eq!(updated(&stored, &owned(confirming)), expected, "{section}: {confirming:?}");
        }
    }
}
