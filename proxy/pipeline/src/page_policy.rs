//! The Content-Security-Policy that a site asks for: what its list of hosts allows, as browsers read it.
//! Made once, when a site is built; nothing of a request enters.

use std::fmt::Write as _;

use http::HeaderValue;

/// The policy of a site's pages: what may load by itself, and from where. Edits bring no scripts, so how
/// the page's own scripts come and what they ask for is left as it is, and so are styles in the page.
///
/// `hosts` are the site's own, `listed` those that it lists. Addresses of IPv6 are not known to these
/// policies and are left out.
pub(crate) fn page_policy(hosts: &[String], listed: &[String]) -> Option<HeaderValue> {
    let mut places = String::new();
    for host in hosts.iter().chain(listed).filter(|host| !host.starts_with('[')) {
        write!(places, " https://{host}").ok()?;
    }
    HeaderValue::try_from(format!(
        "default-src 'self' data: blob: 'unsafe-inline'{places}; \
         script-src * data: blob: 'unsafe-inline' 'unsafe-eval'; \
         connect-src * data: blob:; \
         form-action 'self'{places}; \
         base-uri 'self'; \
         object-src 'none'"
    ))
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_sites_hosts_and_reports_to_nobody() {
        let named = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        let policy = page_policy(&named(&["shop.example", "[::1]"]), &named(&["cdn.example"])).unwrap();
        let policy = policy.to_str().unwrap();
        let places = "https://shop.example https://cdn.example;";
        assert!(
            policy.contains(&format!("default-src 'self' data: blob: 'unsafe-inline' {places}")),
            "{policy}"
        );
        assert!(policy.contains(&format!("form-action 'self' {places}")), "{policy}");
        assert!(
            policy.ends_with("object-src 'none'") && !policy.contains("::1") && !policy.contains("report")
        );
    }
}
