//! Takes out of a page's `<meta>` what would let it do what the proxy's response headers forbid:
//! set cookies, ask for client hints, report to somebody, loosen the referrer. No client data
//! enters.

use crate::entity::decode;
use crate::work::Element;

/// Headers that a page may not send to itself; directives of a content security policy are looked
/// at one by one.
const FORBIDDEN: [&str; 9] = [
    "set-cookie",
    "accept-ch",
    "critical-ch",
    "delegate-ch",
    "report-to",
    "reporting-endpoints",
    "nel",
    "content-security-policy-report-only",
    "attribution-reporting-register-source",
];

/// Referrer policies that tell no more than the one the proxy sends.
const STRICT_REFERRER: [&str; 3] = ["no-referrer", "strict-origin", "never"];

/// Removes or trims one `<meta>`.
pub(crate) fn cleanse(element: &mut Element<'_, '_>) {
    if let Some(name) = keyword(element, "http-equiv") {
        if FORBIDDEN.contains(&name.as_str()) {
            element.remove();
        } else if name == "content-security-policy" {
            trim_policy(element);
        }
    }
    let Some(name) = keyword(element, "name") else { return };
    let loose_referrer =
        || name == "referrer" && keyword(element, "content").is_some_and(|policy| !is_strict(&policy));
    if FORBIDDEN.contains(&name.as_str()) || loose_referrer() {
        element.remove();
    }
}

/// Whether a page in this encoding can be rewritten: what is ASCII in UTF-8 is ASCII in it too, and no
/// character that stands in an edit leads into another alphabet.
#[must_use]
pub fn is_read_encoding(name: &str) -> bool {
    const NAMES: [&str; 5] = ["utf-8", "utf8", "us-ascii", "ascii", "latin1"];
    const FAMILIES: [&str; 3] = ["iso-8859-", "windows-125", "cp125"];
    let name =
        name.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'')).to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether one `<meta>` names an encoding that is not read. Browsers heed it where no header names one.
pub(crate) fn names_other_encoding(element: &Element<'_, '_>) -> bool {
    let is_other = |name: Option<String>| name.is_some_and(|name| !is_read_encoding(&name));
    is_other(keyword(element, "charset")) || is_other(pragma_encoding(element))
}

/// Whether one `<meta>` says that the page is UTF-8. Browsers heed the shorter form if both are there.
pub(crate) fn names_utf8(element: &Element<'_, '_>) -> bool {
    let named = keyword(element, "charset").or_else(|| pragma_encoding(element)).unwrap_or_default();
    matches!(named.trim_matches(['"', '\'']), "utf-8" | "utf8")
}

/// The encoding that one `<meta http-equiv="content-type">` names: empty if that cannot be told.
fn pragma_encoding(element: &Element<'_, '_>) -> Option<String> {
    keyword(element, "http-equiv").filter(|name| name == "content-type")?;
    let content = keyword(element, "content")?;
    let (_, named) = content.split_once("charset")?;
    let named = named.trim_start();
    let named = named.strip_prefix('=').unwrap_or(named).trim_start();
    let end = |c: char| c.is_ascii_whitespace() || c == ';';
    Some(named.split(end).next().unwrap_or_default().to_owned())
}

/// Whether so much of a page is enough for [`declares_other_encoding`] to answer as for all of it.
pub(crate) fn is_declared(start: &[u8]) -> bool {
    let xml = b"<?xml";
    if start.len() < xml.len() {
        !xml.starts_with(start)
    } else {
        !start.starts_with(xml) || start.contains(&b'>')
    }
}

/// Whether a page begins as XML does and names an encoding there that is not read.
pub(crate) fn declares_other_encoding(page: &[u8]) -> bool {
    let Some(end) = page.starts_with(b"<?xml").then(|| page.iter().position(|byte| *byte == b'>')).flatten()
    else {
        return false;
    };
    let declaration = String::from_utf8_lossy(page.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let Some((_, named)) = declaration.split_once("encoding") else { return false };
    let named = named.trim_start_matches(['=', ' ', '\t', '\n', '\r', '"', '\'']);
    !is_read_encoding(named.split(['"', '\'', '?']).next().unwrap_or_default())
}

/// Takes the reporting directives out of a content security policy and keeps the rest.
fn trim_policy(element: &mut Element<'_, '_>) {
    let Some(raw) = element.get_attribute("content") else { return };
    let policy = decode(&raw);
    let is_reporting = |directive: &str| {
        let name = directive.split_ascii_whitespace().next().unwrap_or_default();
        name.eq_ignore_ascii_case("report-uri") || name.eq_ignore_ascii_case("report-to")
    };
    if !policy.split(';').any(is_reporting) {
        return;
    }
    let kept: Vec<_> = policy.split(';').filter(|directive| !is_reporting(directive)).collect();
    // Quotation marks are escaped on writing, ampersands are not.
    let kept = kept.join(";").trim().replace('&', "&amp;");
    if kept.is_empty() || element.set_attribute("content", &kept).is_err() {
        element.remove();
    }
}

fn is_strict(policy: &str) -> bool {
    STRICT_REFERRER.contains(&policy)
}

/// The value of an attribute that holds one word, without case.
fn keyword(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| decode(&value).trim().to_ascii_lowercase())
}
