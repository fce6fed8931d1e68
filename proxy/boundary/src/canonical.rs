//! Canonical paths (RFC 3986 §6.2.2): one spelling for each page.
//!
//! Escaped unreserved bytes are decoded, other escapes are upper-case, dot segments are resolved,
//! matrix parameters (`;name=value`) are dropped. Empty segments inside a path are refused: origins
//! disagree on them, and a target that starts with `//` reads as another host to some.

use crate::Refusal;
use crate::escape::{from_hex, is_path_char, is_unreserved, push_encoded};

/// The longest request target that is looked at, in bytes.
pub(crate) const MAX_TARGET_BYTES: usize = 8_192;
/// The longest path, in bytes, before and after.
pub(crate) const MAX_PATH_BYTES: usize = 2_048;

/// Writes the canonical form of `raw` into `out`, which must be empty.
pub(crate) fn push_path(raw: &str, out: &mut String) -> Result<(), Refusal> {
    if raw.len() > MAX_PATH_BYTES {
        return Err(Refusal::TooLong);
    }
    let inner = raw.strip_prefix('/').ok_or(Refusal::Malformed)?;
    if is_canonical(inner) {
        out.push_str(raw);
        return Ok(());
    }
    let mut segments = inner.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let start = out.len();
        out.push('/');
        push_segment(segment.split(';').next().unwrap_or(segment), out)?;
        match out.get(start + 1..).unwrap_or_default() {
            "." => out.truncate(start),
            ".." => {
                out.truncate(start);
                out.truncate(out.rfind('/').unwrap_or(0));
            }
            "" if !last => return Err(Refusal::Malformed),
            _ => continue,
        }
        // A dot segment at the end names the folder itself.
        if last && !out.ends_with('/') {
            out.push('/');
        }
    }
    if out.is_empty() {
        out.push('/');
    }
    if out.len() > MAX_PATH_BYTES { Err(Refusal::TooLong) } else { Ok(()) }
}

/// Whether a path (without its first `/`) needs no change: the usual case, decided in one pass.
fn is_canonical(inner: &str) -> bool {
    let mut before = b'/';
    for byte in inner.bytes() {
        let plain = match byte {
            b'/' | b'.' => before != b'/',
            _ => is_path_char(byte),
        };
        if !plain {
            return false;
        }
        before = byte;
    }
    true
}

fn push_segment(segment: &str, out: &mut String) -> Result<(), Refusal> {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let decoded = match (bytes.next(), bytes.next()) {
                (Some(high), Some(low)) => from_hex(high, low),
                _ => None,
            };
            match decoded {
                Some(byte) if is_unreserved(byte) => out.push(char::from(byte)),
                Some(byte) if !byte.is_ascii_control() => push_encoded(byte, out),
                _ => return Err(Refusal::Malformed),
            }
        } else if is_path_char(byte) {
            out.push(char::from(byte));
        } else if byte.is_ascii_control() {
            return Err(Refusal::Malformed);
        } else {
            push_encoded(byte, out);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(raw: &str) -> Result<String, u16> {
        let mut out = String::new();
        push_path(raw, &mut out).map(|()| out).map_err(|refusal| refusal.status())
    }

    #[test]
    fn different_spellings_of_a_path_become_one() {
        for (raw, expected) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b/"),
            ("/%61/%7eb", "/a/~b"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/café", "/caf%C3%A9"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/..", "/"),
            ("/.", "/"),
            ("/../../a", "/a"),
            ("/%2e%2E/a", "/a"),
            ("/a;session=1/b;x", "/a/b"),
            ("/a/..;x=1/b", "/b"),
            ("/a/;x", "/a/"),
            ("/;x", "/"),
            ("/.well-known/gpc.json", "/.well-known/gpc.json"),
            ("/a%2fb", "/a%2Fb"),
            ("/a\\b", "/a%5Cb"),
            ("/a{b}\"", "/a%7Bb%7D%22"),
            ("/a%25", "/a%25"),
            ("/a%3Bx", "/a%3Bx"),
            ("/a...", "/a..."),
        ] {
            assert_eq!(canonical(raw).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn ambiguous_or_broken_paths_are_refused() {
        for raw in
            ["", "a", "*", "//", "//a", "/a//b", "/a//", "/a/;x/b", "/%", "/%4", "/%zz", "/%00", "/%0d%0A"]
        {
            assert_eq!(canonical(raw), Err(400), "{raw}");
        }
        assert_eq!(canonical(&format!("/{}", "a".repeat(MAX_PATH_BYTES))), Err(414));
        assert_eq!(canonical(&format!("/{}", "é".repeat(MAX_PATH_BYTES / 2 - 1))), Err(414));
    }

    #[test]
    fn a_canonical_path_is_its_own_canonical_form() {
        for raw in ["/a/../b/./c%7e;x", "/%C3%A9/..;/%41", "/a/b/../", "/..;a/..;b/x/."] {
            let once = canonical(raw).unwrap();
            assert_eq!(canonical(&once).as_ref(), Ok(&once));
        }
    }
}
