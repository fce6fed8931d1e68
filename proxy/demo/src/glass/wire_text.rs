//! A recorded request as lines of text, in which what tells of the visitor is marked.

use serde::Serialize;

use crate::visitor::CONSENT_COOKIE;
use crate::wire::Recorded;

/// How much of a request is shown.
const MAX_SHOWN: usize = 16 * 1024;

/// Whose request it is: some fields mean something else when the proxy sends them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Sent by a visitor.
    Visitor,
    /// Received by the origin.
    Origin,
}

/// What a marked part tells.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Address,
    Identifier,
    Device,
    Language,
    Referrer,
    Campaign,
    /// The visitor's word: consent and Global Privacy Control. It identifies nobody.
    Word,
}

/// A stretch of text.
#[derive(Serialize)]
pub(super) struct Part {
    text: String,
    kind: Option<Kind>,
}

/// A request for people's eyes. Made of recorded bytes for the one page of the demo.
#[derive(Serialize)]
pub(super) struct WireText {
    bytes: usize,
    /// How many parts tell of the visitor.
    telling: usize,
    lines: Vec<Vec<Part>>,
}

impl WireText {
    /// Marks the request.
    pub(super) fn new(recorded: &Recorded, side: Side) -> Self {
        let bytes = recorded.bytes();
        let text = String::from_utf8_lossy(bytes.get(..MAX_SHOWN).unwrap_or(bytes));
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines: Vec<Vec<Part>> = Vec::new();
        for (at, line) in head.split("\r\n").enumerate() {
            lines.push(if at == 0 { request_line(line) } else { field(line, side) });
        }
        if !body.is_empty() {
            lines.push(Vec::new());
            lines.push(vec![marked(body, Some(Kind::Identifier))]);
        }
        let telling = lines.iter().flatten().filter(|p| p.kind.is_some_and(|k| k != Kind::Word)).count();
        Self { bytes: bytes.len(), telling, lines }
    }
}

fn marked(text: &str, kind: Option<Kind>) -> Part {
    Part { text: text.to_owned(), kind }
}

/// Campaign parameters and click identifiers stand in the target.
fn request_line(line: &str) -> Vec<Part> {
    let Some((before, rest)) = line.split_once('?') else { return vec![marked(line, None)] };
    let (query, version) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut parts = vec![marked(before, None)];
    for (at, pair) in query.split('&').enumerate() {
        parts.push(marked(if at == 0 { "?" } else { "&" }, None));
        let name = pair.split('=').next().unwrap_or_default();
        let kind = match name {
            "fbclid" | "gclid" | "mc_eid" => Some(Kind::Identifier),
            _ if name.starts_with("utm_") => Some(Kind::Campaign),
            _ => None,
        };
        parts.push(marked(pair, kind));
    }
    parts.push(marked(&format!(" {version}"), None));
    parts
}

fn field(line: &str, side: Side) -> Vec<Part> {
    let Some((name, value)) = line.split_once(':') else { return vec![marked(line, None)] };
    let value = value.trim();
    let mut parts = vec![marked(&format!("{name}: "), None)];
    match name.to_ascii_lowercase().as_str() {
        "cookie" => parts.extend(cookies(value)),
        name => parts.push(marked(value, kind(name, value, side))),
    }
    parts
}

fn cookies(value: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, pair) in value.split("; ").enumerate() {
        if at > 0 {
            parts.push(marked("; ", None));
        }
        let word = pair.split('=').next() == Some(CONSENT_COOKIE);
        parts.push(marked(pair, Some(if word { Kind::Word } else { Kind::Identifier })));
    }
    parts
}

fn kind(name: &str, value: &str, side: Side) -> Option<Kind> {
    match name {
        // The proxy's own name is the same for everyone, and so are validators of its stored copy.
        "user-agent" if side == Side::Origin && value == "Cloakroom" => None,
        "if-none-match" | "if-modified-since" if side == Side::Origin => None,
        "x-forwarded-for" | "forwarded" | "x-real-ip" => Some(Kind::Address),
        "user-agent" => Some(Kind::Device),
        "accept-language" => Some(Kind::Language),
        "referer" => Some(Kind::Referrer),
        "sec-gpc" => Some(Kind::Word),
        "authorization" | "if-none-match" | "if-modified-since" => Some(Kind::Identifier),
        _ if name.starts_with("sec-ch-") => Some(Kind::Device),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telling(parts: &[Part]) -> Vec<&str> {
        parts.iter().filter(|p| p.kind.is_some_and(|k| k != Kind::Word)).map(|p| p.text.as_str()).collect()
    }

    #[test]
    fn what_tells_of_a_visitor_is_marked_and_nothing_is_lost() {
        let line = "GET /c/tents?page=2&utm_campaign=spring&fbclid=IwAR1 HTTP/1.1";
        let parts = request_line(line);
        assert_eq!(telling(&parts), ["utm_campaign=spring", "fbclid=IwAR1"]);
        assert_eq!(parts.iter().map(|p| p.text.as_str()).collect::<String>(), line);

        let parts = field("Cookie: sid=1; cloakroom_consent=all; _ga=2", Side::Visitor);
        assert_eq!(telling(&parts), ["sid=1", "_ga=2"]);
    }

    #[test]
    fn the_proxys_own_words_are_nobodys_but_a_visitors_words_are_marked_at_the_origin_too() {
        assert!(telling(&field("user-agent: Cloakroom", Side::Origin)).is_empty());
        assert!(telling(&field("if-none-match: \"x\"", Side::Origin)).is_empty());
        assert_eq!(telling(&field("user-agent: Mozilla/5.0", Side::Origin)), ["Mozilla/5.0"]);
        assert_eq!(telling(&field("cookie: sid=1", Side::Origin)), ["sid=1"]);
        assert_eq!(telling(&field("if-none-match: \"x\"", Side::Visitor)), ["\"x\""]);
    }
}
