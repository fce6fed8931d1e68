//! Takes out of a page's `<meta>` what would let it do what the proxy's response headers forbid:
//! set cookies, ask for client hints, report to somebody, loosen the referrer. No client data
//! enters.

use lol_html::html_content::Element;

use crate::entity::decode;

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
