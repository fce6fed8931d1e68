//! Which requests the door answers by itself: those whose framing nobody could read in two ways.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

/// Fields of a plain head; one with more is pingora's to judge.
const MAX_FIELDS: usize = 64;

/// A plain request.
pub(crate) struct Plain {
    pub(crate) parts: Parts,
    /// The client did not ask to close the connection.
    pub(crate) keep_alive: bool,
}

/// Reads `read` as one plain request: one complete HTTP/1.1 head of a GET or HEAD in origin form,
/// with one `Host`, every line ended by CRLF (RFC 9112 §2.2 lets a bare LF pass; we do not), no
/// body, nothing that changes the connection, and nothing after it. `None` for all else, which is
/// not an error: it only takes the longer way.
pub(crate) fn plain(read: &Bytes) -> Option<Plain> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = request.parse(read).ok()? else { return None };
    if length != read.len() || request.version != Some(1) || has_bare_line_feed(read) {
        return None;
    }
    let method = match request.method? {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        _ => return None,
    };
    let target = request.path?;
    if !target.starts_with('/') {
        return None;
    }
    let uri = Uri::from_maybe_shared(read.slice_ref(target.as_bytes())).ok()?;
    let (headers, keep_alive) = plain_fields(read, request.headers)?;
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.method, parts.uri, parts.headers) = (method, uri, headers);
    Some(Plain { parts, keep_alive })
}

fn plain_fields(read: &Bytes, fields: &[httparse::Header<'_>]) -> Option<(HeaderMap, bool)> {
    let mut headers = HeaderMap::with_capacity(fields.len());
    let mut keep_alive = true;
    let mut hosts = 0;
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        match name {
            CONTENT_LENGTH | TRANSFER_ENCODING | TRAILER | TE | UPGRADE | EXPECT => return None,
            CONNECTION if field.value.eq_ignore_ascii_case(b"keep-alive") => {}
            CONNECTION if field.value.eq_ignore_ascii_case(b"close") => keep_alive = false,
            CONNECTION => return None,
            HOST => hosts += 1,
            _ => {}
        }
        let value = HeaderValue::from_maybe_shared(read.slice_ref(field.value)).ok()?;
        headers.try_append(name, value).ok()?;
    }
    (hosts == 1).then_some((headers, keep_alive))
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    let mut before = 0;
    head.iter().any(|&byte| {
        let bare = byte == b'\n' && before != b'\r';
        before = byte;
        bare
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Plain> {
        plain(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_plain_request_is_read_whole() {
        let found = read("GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\nx-a: 2\r\n\r\n").unwrap();
        assert_eq!((found.parts.method, found.keep_alive), (Method::GET, true));
        assert_eq!(found.parts.uri, "/a?b=c");
        assert_eq!(found.parts.headers.get_all("x-a").iter().count(), 2);
        let closing = read("HEAD / HTTP/1.1\r\nhost: shop.test\r\nConnection: Close\r\n\r\n").unwrap();
        assert_eq!((closing.parts.method, closing.keep_alive), (Method::HEAD, false));
    }

    #[test]
    fn whatever_could_be_framed_in_two_ways_takes_the_longer_way() {
        let odd = [
            "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n",
            "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n",
            "",
        ];
        for text in odd {
            assert!(read(text).is_none(), "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-A: 1\r\n".repeat(MAX_FIELDS));
        assert!(read(&many).is_none());
    }
}
