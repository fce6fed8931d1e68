//! The visitors: kinds of browsers from some countries, several networks of each kind. Each sends
//! what such a browser sends.

use cloakroom_demo::DemoGeo;

/// The host that is asked for.
pub const HOST: &str = "shop.test";
/// The countries that are told apart; the visitors come from one more.
pub const COUNTRIES: [&str; 4] = ["FR", "DE", "GB", "US"];
/// The languages that are told apart; some visitors prefer another.
pub const LANGUAGES: [&str; 3] = ["fr", "de", "en"];

/// Country, preferred language, and `Accept-Language`.
const HOMES: [(&str, &str, &str); 6] = [
    ("FR", "fr", "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7"),
    ("DE", "de", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"),
    ("GB", "en", "en-GB,en;q=0.9"),
    ("US", "en", "en-US,en;q=0.9"),
    ("FR", "en", "en-US,en;q=0.9,fr;q=0.4"),
    ("JP", "other", "ja-JP,ja;q=0.9"),
];

/// Device, `User-Agent`, and the fields that only this browser sends.
const BROWSERS: [(&str, &str, &str); 6] = [
    (
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
        "sec-ch-ua: \"Chromium\";v=\"136\", \"Google Chrome\";v=\"136\", \"Not.A/Brand\";v=\"99\"\r\n\
         sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Windows\"\r\n",
    ),
    (
        "phone",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
        "",
    ),
    (
        "phone",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36",
        "sec-ch-ua: \"Chromium\";v=\"136\", \"Google Chrome\";v=\"136\", \"Not.A/Brand\";v=\"99\"\r\n\
         sec-ch-ua-mobile: ?1\r\nsec-ch-ua-platform: \"Android\"\r\n",
    ),
    ("desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0", ""),
    (
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
        "",
    ),
    (
        "tablet",
        "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
        "",
    ),
];

/// `Referer` and query of a visit: the second and fourth follow the campaign.
const WAYS: [(&str, &str, bool); 4] = [
    ("", "/", false),
    (
        "https://mail.google.com/",
        "/?utm_source=newsletter&utm_medium=email&utm_campaign=spring&mc_eid=",
        true,
    ),
    ("https://www.google.com/", "/?gclid=Cj0KCQjw", false),
    ("https://www.instagram.com/", "/?utm_source=social&utm_campaign=spring&fbclid=IwAR", true),
];

/// Visitors of each kind, each from a network of its own.
const EACH: u32 = 8;

/// What of a visitor the page depends on.
pub struct Traits {
    /// Of [`COUNTRIES`], or another.
    pub country: &'static str,
    /// Of [`LANGUAGES`], or `other`.
    pub language: &'static str,
    /// `desktop`, `phone` or `tablet`.
    pub device: &'static str,
    /// Follows a link of the campaign `spring`.
    pub spring: bool,
    /// Said yes to personalization.
    pub consents: bool,
}

/// A made-up visitor.
pub struct Visitor {
    /// What the page depends on.
    pub traits: Traits,
    /// The network address.
    pub address: std::net::IpAddr,
    /// The request target.
    pub target: String,
    /// All header fields, each line with its end, for a request that came through a proxy.
    pub fields: String,
}

/// All visitors: every kind of browser from everywhere, by every way, with and without consent.
#[must_use]
pub fn visitors() -> Vec<Visitor> {
    let kinds = HOMES.len() * BROWSERS.len() * WAYS.len();
    let mut visitors = Vec::new();
    for (number, kind) in (0..EACH).flat_map(|_| 0..kinds).enumerate().map(|(at, kind)| (at as u32, kind)) {
        let home = HOMES.get(kind % HOMES.len());
        let browser = BROWSERS.get(kind / HOMES.len() % BROWSERS.len());
        let way = WAYS.get(kind / HOMES.len() / BROWSERS.len());
        if let (Some(home), Some(browser), Some(way)) = (home, browser, way) {
            visitors.extend(visitor(number, *home, *browser, *way));
        }
    }
    visitors
}

fn visitor(
    number: u32,
    (country, language, accept_language): (&'static str, &'static str, &str),
    (device, agent, more): (&'static str, &str, &str),
    (referer, target, spring): (&str, &str, bool),
) -> Option<Visitor> {
    // One in five has said no, or has not been asked.
    let consents = !number.is_multiple_of(5);
    let said = if consents { "; cloakroom_consent=all" } else { "" };
    let address = DemoGeo::address_for(country, number)?;
    let identifier = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let target = if target == "/" { target.to_owned() } else { format!("{target}{identifier:016x}") };
    let referer = if referer.is_empty() { String::new() } else { format!("referer: {referer}\r\n") };
    let fields = format!(
        "host: {HOST}\r\nx-forwarded-for: {address}\r\nuser-agent: {agent}\r\n{more}\
         accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
         accept-language: {accept_language}\r\naccept-encoding: gzip, deflate, br\r\n{referer}\
         upgrade-insecure-requests: 1\r\nsec-fetch-dest: document\r\nsec-fetch-mode: navigate\r\n\
         sec-fetch-site: cross-site\r\n\
         cookie: _ga=GA1.1.{}.1746000000; sid={identifier:016x}{said}\r\n",
        identifier % 2_000_000_000
    );
    let traits = Traits { country, language, device, spring, consents };
    Some(Visitor { traits, address, target, fields })
}
