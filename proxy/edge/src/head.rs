//! Which requests the door answers by itself: those whose framing nobody could read in two ways.

use std::mem::MaybeUninit;

use cloakroom_boundary::PlainHead;
use http::Method;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use httparse::Header;
use memchr::memchr_iter;

/// Fields of a plain head; one with more is pingora's to judge.
const MAX_FIELDS: usize = 64;

/// Room for the fields of a plain head.
pub(crate) struct Room<'r>([MaybeUninit<Header<'r>>; MAX_FIELDS]);

impl Room<'_> {
    pub(crate) fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; MAX_FIELDS])
    }
}

/// A plain request.
pub(crate) struct Plain<'r> {
    pub(crate) head: PlainHead<'r>,
    /// The client did not ask to close the connection.
    pub(crate) keep_alive: bool,
}

/// Reads `read` as one plain request: one complete HTTP/1.1 head of a GET or HEAD in origin form,
/// with one `Host`, every line ended by CRLF (RFC 9112 §2.2 lets a bare LF pass; we do not), no
/// body, nothing that changes the connection, and nothing after it. `None` for all else, which is
/// not an error: it only takes the longer way.
pub(crate) fn plain<'r>(read: &'r [u8], room: &'r mut Room<'r>) -> Option<Plain<'r>> {
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(read, &mut room.0).ok()?;
    let httparse::Status::Complete(length) = parsed else { return None };
    if length != read.len() || request.version != Some(1) || has_bare_line_feed(read) {
        return None;
    }
    let method = match request.method? {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        _ => return None,
    };
    let target = request.path.filter(|target| is_plain_target(target))?;
    let fields: &[Header<'_>] = request.headers;
    let keep_alive = keeps_alive(fields)?;
    Some(Plain { head: PlainHead { method, target, fields }, keep_alive })
}

/// Whether a target is in origin form, and of characters that mean the same to everybody: those of RFC 3986,
/// and the brackets that many queries have.
fn is_plain_target(target: &str) -> bool {
    let is_plain =
        |byte: u8| matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~');
    target.starts_with('/') && target.bytes().all(is_plain)
}

/// Whether the connection stays open after the answer; `None` where the fields make the request another than
/// a plain one.
fn keeps_alive(fields: &[Header<'_>]) -> Option<bool> {
    let mut keep_alive = true;
    let mut hosts = 0;
    for Header { name, value } in fields {
        let is = |field: &HeaderName| name.eq_ignore_ascii_case(field.as_str());
        match name.len() {
            2 if is(&TE) => return None,
            4 if is(&HOST) => hosts += 1,
            6 if is(&EXPECT) => return None,
            7 if is(&TRAILER) || is(&UPGRADE) => return None,
            10 if is(&CONNECTION) => match value {
                value if value.eq_ignore_ascii_case(b"keep-alive") => {}
                value if value.eq_ignore_ascii_case(b"close") => keep_alive = false,
                _ => return None,
            },
            14 if is(&CONTENT_LENGTH) => return None,
            17 if is(&TRANSFER_ENCODING) => return None,
            _ => {}
        }
    }
    (hosts == 1).then_some(keep_alive)
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    memchr_iter(b'\n', head).any(|at| at.checked_sub(1).and_then(|before| head.get(before)) != Some(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method, target and fields of a plain head, and whether its connection is kept.
    fn read(text: &str) -> Option<(Method, String, Vec<String>, bool)> {
        let mut room = Room::new();
        let Plain { head: PlainHead { method, target, fields }, keep_alive } =
            plain(text.as_bytes(), &mut room)?;
        let names = fields.iter().map(|field| field.name.to_owned()).collect();
        Some((method, target.to_owned(), names, keep_alive))
    }

    #[test]
    fn a_plain_request_is_read_whole() {
        let found = read("GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\nx-a: 2\r\n\r\n").unwrap();
        assert_eq!(
            found,
            (Method::GET, "/a?b=c".into(), ["Host", "X-A", "x-a"].map(Into::into).into(), true)
        );
        let closing = read("HEAD / HTTP/1.1\r\nhost: shop.test\r\nConnection: Close\r\n\r\n").unwrap();
        assert_eq!((closing.0, closing.3), (Method::HEAD, false));
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
            "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\\a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
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
