//! The one request directive that is heard: `only-if-cached` (RFC 9111 §5.2.1.7).
//!
//! All others are ignored on purpose. A cache may do so (RFC 9111 §5.2.1), and a visitor who could have pages
//! fetched anew would be one whom the origin can tell from the others.

/// The most bytes of a line that are read.
const MAX_BYTES: usize = 1024;

/// Whether any line of `Cache-Control` has the directive.
pub(super) fn only_if_cached<'l>(mut lines: impl Iterator<Item = &'l [u8]>) -> bool {
    lines.any(|line| directives(line.get(..MAX_BYTES).unwrap_or(line)).any(is_only_if_cached))
}

fn is_only_if_cached(directive: &[u8]) -> bool {
    directive.trim_ascii().eq_ignore_ascii_case(b"only-if-cached")
}

/// The members of a list, in which commas may stand between quotation marks (RFC 9110 §5.6.4).
fn directives(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    line.split(move |byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match byte {
            b'"' => quoted = !quoted,
            b'\\' => escaped = quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_if_cached_is_heard_and_nothing_else() {
        let heard = |lines: &[&'static str]| only_if_cached(lines.iter().map(|line| line.as_bytes()));
        for lines in [
            &["only-if-cached"][..],
            &["Only-If-Cached"],
            &["max-stale, \tonly-if-cached "],
            &["no-cache", "only-if-cached"],
            &["extension=\"a, b\", only-if-cached"],
            &["extension=\"a\\\"\", only-if-cached"],
        ] {
            assert!(heard(lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[""],
            &["no-cache"],
            &["max-age=0, no-store, no-transform"],
            &["only-if-cached=1"],
            &["xonly-if-cached"],
            &["only-if-cached max-age=1"],
            &["extension=\"a, only-if-cached\""],
            &["extension=\"a, only-if-cached, b"],
            &["extension=\"\\\", only-if-cached"],
        ] {
            assert!(!heard(lines), "{lines:?}");
        }
        let late = format!("{}only-if-cached", " ,".repeat(MAX_BYTES));
        assert!(!only_if_cached([late.as_bytes()].into_iter()));
    }
}
