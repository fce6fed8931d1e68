//! Whose address a request has: the peer's, or what trusted proxies say.

use std::net::{IpAddr, SocketAddr};

use http::header::HeaderName;
use ipnet::IpNet;

use crate::RawRequest;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The most entries of `X-Forwarded-For` that are looked at.
const MAX_HOPS: usize = 16;
/// The longest entry, in bytes.
const MAX_ENTRY_BYTES: usize = 64;

/// The client's address: the rightmost that is not a trusted proxy's. `None` if trusted proxies
/// sent something that cannot be read, or too much: a guess could be somebody else's country.
pub(crate) fn client_address(raw: &RawRequest<'_>, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let peer = raw.peer().to_canonical();
    if !is_trusted(peer) {
        return Some(peer);
    }
    let entries = raw.fields(&X_FORWARDED_FOR).rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    let mut address = peer;
    for (hop, entry) in entries.map(<[u8]>::trim_ascii).enumerate() {
        if hop >= MAX_HOPS {
            return None;
        }
        address = parse(entry)?;
        if !is_trusted(address) {
            break;
        }
    }
    Some(address)
}

/// An address with or without brackets and port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    if entry.len() > MAX_ENTRY_BYTES {
        return None;
    }
    let text = std::str::from_utf8(entry).ok()?;
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let mut request = http::Request::builder();
        for line in lines {
            request = request.header("x-forwarded-for", *line);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, peer.parse().unwrap());
        let trusted = ["127.0.0.0/8", "10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap());
        client_address(&raw, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn the_rightmost_untrusted_address_counts() {
        assert_eq!(client("127.0.0.1", &["198.18.0.9, 198.18.1.1"]).as_deref(), Some("198.18.1.1"));
        assert_eq!(
            client("127.0.0.1", &["198.18.0.9", "198.18.1.1, 10.0.0.1"]).as_deref(),
            Some("198.18.1.1")
        );
        assert_eq!(client("::ffff:127.0.0.1", &["::ffff:198.18.1.1"]).as_deref(), Some("198.18.1.1"));
        assert_eq!(client("::1", &["[2001:db8::1]:443"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(client("::1", &["198.18.1.1:80"]).as_deref(), Some("198.18.1.1"));
        assert_eq!(client("127.0.0.1", &["10.0.0.7"]).as_deref(), Some("10.0.0.7"));
        assert_eq!(client("127.0.0.1", &[]).as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn untrusted_peers_cannot_name_another_address() {
        assert_eq!(client("198.18.5.5", &["198.18.1.1"]).as_deref(), Some("198.18.5.5"));
    }

    #[test]
    fn what_cannot_be_read_gives_no_address() {
        assert_eq!(client("127.0.0.1", &["198.18.1.1, unknown"]), None);
        assert_eq!(client("127.0.0.1", &[""]), None);
        assert_eq!(client("127.0.0.1", &[&"10.0.0.1,".repeat(40)]), None);
        assert_eq!(client("127.0.0.1", &[&"1".repeat(9_000)]), None);
    }
}
