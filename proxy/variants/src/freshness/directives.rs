//! `Cache-Control` of an answer (RFC 9111 §5.2.2).

use std::time::Duration;

use http::HeaderMap;
use http::header::CACHE_CONTROL;

use super::{LONGEST, targeted};

/// What an origin tells caches. `immutable` (RFC 8246) is about reloads in browsers and stays in the field;
/// unknown directives mean nothing (RFC 9111 §5.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    pub(super) no_store: bool,
    /// With a list of fields too: which fields a visitor may not share is the origin's judgement, and a page
    /// that holds any is not stored.
    pub(super) private: bool,
    /// With a list of fields too: to send the page without them, or them without the page, both would be
    /// wrong.
    pub(super) no_cache: bool,
    pub(super) must_revalidate: bool,
    pub(super) proxy_revalidate: bool,
    pub(super) must_understand: bool,
    pub(super) public: bool,
    pub(super) no_transform: bool,
    pub(super) max_age: Option<Duration>,
    pub(super) s_maxage: Option<Duration>,
    pub(super) stale_while_revalidate: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
    /// Something in the field could not be read: then nothing in it makes the answer fresh.
    pub(super) malformed: bool,
}

impl Directives {
    /// The directives that count, and whether they were meant for this kind of cache (RFC 9213 §2.2).
    pub(super) fn of(headers: &HeaderMap) -> (Self, bool) {
        match targeted::read(headers) {
            Some(directives) => (directives, true),
            None => (Self::of_cache_control(headers), false),
        }
    }

    /// The directives of all `Cache-Control` lines.
    pub(super) fn of_cache_control(headers: &HeaderMap) -> Self {
        let mut read = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            let (members, malformed) = members(line.as_bytes());
            read.malformed |= malformed;
            members.into_iter().for_each(|member| read.add(member));
        }
        read
    }

    /// Whether the answer must not be served stale, whatever happens (RFC 9111 §4.2.4).
    pub(super) fn forbids_stale(&self) -> bool {
        self.must_revalidate || self.proxy_revalidate || self.no_cache || self.s_maxage.is_some()
    }

    fn add(&mut self, member: &[u8]) {
        let member = member.trim_ascii();
        let equals = member.iter().position(|byte| *byte == b'=');
        let (name, value) = match equals.and_then(|at| member.split_at_checked(at)) {
            Some((name, rest)) => (name, rest.split_first().map(|(_, value)| value)),
            None => (member, None),
        };
        // There is no space around `=`, so that a number after one is none.
        let number = value.filter(|_| !name.last().is_some_and(u8::is_ascii_whitespace));
        match name.trim_ascii().to_ascii_lowercase().as_slice() {
            // What stores less is taken with any argument, what stores more only without.
            b"no-store" => self.no_store = true,
            b"private" => self.private = true,
            b"no-cache" => self.no_cache = true,
            b"must-revalidate" => self.must_revalidate = true,
            b"proxy-revalidate" => self.proxy_revalidate = true,
            b"no-transform" => self.no_transform = true,
            b"must-understand" => self.must_understand |= value.is_none(),
            b"public" => self.public |= value.is_none(),
            b"max-age" => first(&mut self.max_age, number),
            b"s-maxage" => first(&mut self.s_maxage, number),
            b"stale-while-revalidate" => first(&mut self.stale_while_revalidate, number),
            b"stale-if-error" => first(&mut self.stale_if_error, number),
            _ => {}
        }
    }
}

/// Of a directive that is repeated, the first counts; a value that is no number counts as 0 (RFC 9111 §4.2.1
/// allows the one and encourages the other).
fn first(known: &mut Option<Duration>, value: Option<&[u8]>) {
    known.get_or_insert_with(|| value.and_then(|value| seconds(unquoted(value))).unwrap_or_default());
}

/// The members of a list, split at commas outside of quoted strings (RFC 9110 §5.6.1, §5.6.4), and whether a
/// quoted string has no end. Then there is none: each comma is one, so that no `private` behind it is missed.
fn members(line: &[u8]) -> (Vec<&[u8]>, bool) {
    let (mut quoted, mut escaped) = (false, false);
    let split = line.split(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return true,
            _ => {}
        }
        false
    });
    let members: Vec<_> = split.collect();
    if quoted {
        return (line.split(|byte| *byte == b',').collect(), true);
    }
    (members, false)
}

/// The argument of a directive, which may be a token or a quoted string (RFC 9111 §5.2). Single quotes are none.
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// `delta-seconds` (RFC 9111 §1.2.2): digits only; too large a number counts as the longest time.
pub(super) fn seconds(text: &[u8]) -> Option<Duration> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    Some(text.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST))
}
