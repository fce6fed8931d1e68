//! Cookies by name, read where they stand.

use http::header::COOKIE;

use crate::RawRequest;

/// The most bytes of cookies that are read; more of them grant nothing.
const MAX_COOKIE_BYTES: usize = 16 * 1_024;

/// What there is of a cookie.
pub(super) enum Found<'r> {
    Absent,
    /// One value, however often it was sent.
    Value(&'r [u8]),
    /// Two that contradict each other, or too much to read.
    Broken,
}

/// The cookie of that name.
pub(super) fn find<'r>(raw: &RawRequest<'r>, name: &[u8]) -> Found<'r> {
    let mut read = 0;
    let mut found = Found::Absent;
    for line in raw.fields(&COOKIE) {
        read += line.len();
        if read > MAX_COOKIE_BYTES {
            return Found::Broken;
        }
        for value in values(line, name) {
            match found {
                Found::Value(earlier) if earlier != value => return Found::Broken,
                _ => found = Found::Value(value),
            }
        }
    }
    found
}

/// The values of every cookie of that name in one field line.
fn values<'c>(line: &'c [u8], name: &[u8]) -> impl Iterator<Item = &'c [u8]> {
    Pairs { rest: Some(line) }.filter_map(move |pair| {
        let value = pair.trim_ascii_start().strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?;
        Some(value.trim_ascii())
    })
}

/// The pairs of a cookie field.
struct Pairs<'c> {
    rest: Option<&'c [u8]>,
}

impl<'c> Iterator for Pairs<'c> {
    type Item = &'c [u8];

    fn next(&mut self) -> Option<&'c [u8]> {
        let line = self.rest.take()?;
        match memchr::memchr(b';', line) {
            Some(end) => {
                self.rest = line.get(end + 1..);
                line.get(..end)
            }
            None => Some(line),
        }
    }
}
