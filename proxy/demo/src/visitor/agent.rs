//! One visitor as a browser: the header fields that it sends, in full and without shame.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, COOKIE, HOST, REFERER, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::Empty;

use super::{CAMPAIGN_PARAMETER, CONSENT_COOKIE};
use crate::geo::DemoGeo;

/// What the visitor holds in hand, or sits before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Phone,
    Tablet,
    Desktop,
    Tv,
}

/// Where the link was that the visitor followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Referrer {
    Direct,
    Search,
    Social,
    Email,
    Internal,
}

/// What the visitor said to the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    All,
    None,
    Unasked,
}

impl Device {
    pub(crate) const ALL: [(Self, &'static str); 4] =
        [(Self::Phone, "phone"), (Self::Desktop, "desktop"), (Self::Tablet, "tablet"), (Self::Tv, "tv")];
}

impl Referrer {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Direct, "direct"),
        (Self::Search, "search"),
        (Self::Social, "social"),
        (Self::Email, "email"),
        (Self::Internal, "internal"),
    ];
}

impl Consent {
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::All, "all"), (Self::None, "none"), (Self::Unasked, "unasked")];
}

/// An invented visitor.
pub(crate) struct Visitor {
    pub country: &'static str,
    pub language: &'static str,
    pub device: Device,
    pub referrer: Referrer,
    pub campaign: Option<String>,
    pub consent: Consent,
    pub gpc: bool,
    /// Which of the country's visitors this is: it decides the address and all identifiers.
    pub number: u32,
}

impl Visitor {
    /// The request for `path` as this visitor's browser sends it; `None` if `host` or `path`
    /// cannot stand in a request.
    pub(crate) fn request(&self, host: &str, path: &str) -> Option<Request<Empty<Bytes>>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::try_from(self.target(path)).ok()?;
        let text = |value: String| HeaderValue::try_from(value).ok();
        let address = DemoGeo::address_for(self.country, self.number)?;
        let fields = [
            (HOST, Some(host.to_owned())),
            (HeaderName::from_static("x-forwarded-for"), Some(address.to_string())),
            (USER_AGENT, Some(self.user_agent().to_owned())),
            (HeaderName::from_static("sec-ch-ua-mobile"), self.mobile().map(str::to_owned)),
            (ACCEPT, Some("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8".to_owned())),
            (ACCEPT_LANGUAGE, Some(self.accept_language())),
            (ACCEPT_ENCODING, Some("identity".to_owned())),
            (REFERER, self.referer(host)),
            (HeaderName::from_static("sec-gpc"), self.gpc.then(|| "1".to_owned())),
            (COOKIE, Some(self.cookies())),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                request.headers_mut().insert(name, text(value)?);
            }
        }
        Some(request)
    }

    /// Digits that tell this visitor from all others.
    fn identifier(&self, salt: u64) -> u64 {
        let place = self.country.bytes().fold(salt, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        // The finalizer of SplitMix64: neighbours share no digits.
        let mut mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(self.number));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn target(&self, path: &str) -> String {
        let mut pairs = Vec::new();
        if let Some(campaign) = &self.campaign {
            let (source, medium) = match self.referrer {
                Referrer::Social => ("social", "social"),
                Referrer::Search => ("search", "cpc"),
                _ => ("newsletter", "email"),
            };
            pairs.push(format!("utm_source={source}&utm_medium={medium}"));
            pairs.push(format!("{CAMPAIGN_PARAMETER}={campaign}"));
        }
        let click = self.identifier(3);
        match self.referrer {
            Referrer::Email => pairs.push(format!("mc_eid={:010x}", click >> 24)),
            Referrer::Social => pairs.push(format!("fbclid=IwAR{click:016x}")),
            Referrer::Search if self.campaign.is_some() => pairs.push(format!("gclid=Cj0K{click:016x}")),
            _ => {}
        }
        let joint = if path.contains('?') { '&' } else { '?' };
        if pairs.is_empty() { path.to_owned() } else { format!("{path}{joint}{}", pairs.join("&")) }
    }

    fn user_agent(&self) -> &'static str {
        match (self.device, self.number.is_multiple_of(2)) {
            (Device::Phone, true) => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1"
            }
            (Device::Phone, false) => {
                "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.7103.60 Mobile Safari/537.36"
            }
            (Device::Tablet, _) => {
                "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1"
            }
            (Device::Desktop, true) => {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.7103.93 Safari/537.36"
            }
            (Device::Desktop, false) => {
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:138.0) Gecko/20100101 Firefox/138.0"
            }
            (Device::Tv, _) => {
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36"
            }
        }
    }

    /// Chromium alone sends it.
    fn mobile(&self) -> Option<&'static str> {
        match (self.device, self.number.is_multiple_of(2)) {
            (Device::Phone, false) => Some("?1"),
            (Device::Desktop, true) => Some("?0"),
            _ => None,
        }
    }

    fn accept_language(&self) -> String {
        let (tag, country) = (self.language, self.country);
        if tag == "en" {
            format!("en-{country},en;q=0.9")
        } else {
            format!("{tag}-{country},{tag};q=0.9,en;q=0.6")
        }
    }

    fn referer(&self, host: &str) -> Option<String> {
        match self.referrer {
            Referrer::Direct => None,
            Referrer::Search => Some("https://www.google.com/".to_owned()),
            Referrer::Social => Some("https://www.instagram.com/".to_owned()),
            Referrer::Email => Some("https://mail.google.com/".to_owned()),
            Referrer::Internal => Some(format!("http://{host}/c/tents")),
        }
    }

    fn cookies(&self) -> String {
        let analytics = self.identifier(1);
        let mut cookies = format!(
            "visitor_id={:016x}; _ga=GA1.1.{}.{}; sid={:016x}{:016x}",
            self.identifier(2),
            analytics % 2_000_000_000,
            1_700_000_000 + analytics % 60_000_000,
            self.identifier(4),
            self.identifier(5),
        );
        match self.consent {
            Consent::All => cookies.push_str(&format!("; {CONSENT_COOKIE}=all")),
            Consent::None => cookies.push_str(&format!("; {CONSENT_COOKIE}=none")),
            Consent::Unasked => {}
        }
        cookies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marie(number: u32) -> Visitor {
        Visitor {
            country: "FR",
            language: "fr",
            device: Device::Phone,
            referrer: Referrer::Email,
            campaign: Some("spring".into()),
            consent: Consent::All,
            gpc: true,
            number,
        }
    }

    #[test]
    fn a_request_carries_all_that_a_browser_gives_away() {
        let request = marie(2).request("shop.test", "/").unwrap();
        let field = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert!(
            request
                .uri()
                .to_string()
                .starts_with("/?utm_source=newsletter&utm_medium=email&utm_campaign=spring&mc_eid=")
        );
        assert!(field("user-agent").contains("iPhone"));
        assert!(field("cookie").contains("cloakroom_consent=all"));
        assert!(field("x-forwarded-for").starts_with("2001:db8:"));
        assert_eq!(field("sec-gpc"), "1");
        assert_eq!(field("accept-language"), "fr-FR,fr;q=0.9,en;q=0.6");
    }

    #[test]
    fn two_visitors_share_no_identifier_and_one_visitor_keeps_them() {
        let cookies = |number| marie(number).cookies();
        assert_eq!(cookies(2), cookies(2));
        let (two, four) = (cookies(2), cookies(4));
        let differs = two.split("; ").zip(four.split("; ")).take(3);
        assert_eq!(differs.filter(|(a, b)| a != b).count(), 3);
    }

    #[test]
    fn a_host_that_cannot_stand_in_a_header_makes_no_request() {
        assert!(marie(2).request("bad\nhost", "/").is_none());
    }
}
