//! The form factor of a device, told from `User-Agent` and `Sec-CH-UA-Mobile`.
//!
//! One pass over the words of a bounded prefix; of brand, model and version nothing is kept.

use http::header::{HeaderName, USER_AGENT};

use crate::RawRequest;

static SEC_CH_UA_MOBILE: HeaderName = HeaderName::from_static("sec-ch-ua-mobile");

/// The most bytes of a user agent that are read.
const MAX_AGENT_BYTES: usize = 512;

/// A form factor; the discriminants index [`Device::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Phone,
    Tablet,
    Desktop,
    Tv,
    Bot,
    Other,
}

impl Device {
    /// Names in the vocabulary.
    pub(crate) const NAMES: [&str; 6] = ["phone", "tablet", "desktop", "tv", "bot", "other"];
}

/// The form factor of the device that sent a request.
pub(crate) fn device(raw: &RawRequest<'_>) -> Device {
    let mobile = raw.field(&SEC_CH_UA_MOBILE).is_some_and(|value| value.trim_ascii() == b"?1");
    raw.field(&USER_AGENT)
        .map_or(if mobile { Device::Phone } else { Device::Other }, |agent| classify(agent, mobile))
}

/// What the words of a user agent hint at.
#[derive(Default)]
struct Hints {
    bot: bool,
    tv: bool,
    tablet: bool,
    phone: bool,
    android: bool,
    mobile: bool,
    desktop: bool,
    /// An address of the web: programs that fetch name one, for those who wonder.
    address: bool,
}

fn classify(agent: &[u8], mobile: bool) -> Device {
    let mut hints = Hints { mobile, ..Hints::default() };
    let mut tablet_before = false;
    let read = agent.get(..MAX_AGENT_BYTES).unwrap_or(agent);
    for word in read.split(|byte| !byte.is_ascii_alphanumeric()) {
        if word.len() < 2 {
            continue;
        }
        // Old desktop Windows says `Tablet PC`.
        if tablet_before && word == b"PC" {
            hints.tablet = false;
        }
        tablet_before = word == b"Tablet";
        hints.read(word);
    }
    match hints {
        Hints { bot: true, .. } => Device::Bot,
        Hints { tv: true, .. } => Device::Tv,
        Hints { tablet: true, .. } => Device::Tablet,
        Hints { phone: true, .. } | Hints { mobile: true, .. } => Device::Phone,
        Hints { android: true, .. } => Device::Tablet,
        Hints { desktop: true, .. } => Device::Desktop,
        Hints { address: true, .. } => Device::Bot,
        _ => Device::Other,
    }
}

impl Hints {
    fn read(&mut self, word: &[u8]) {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let ends = |end: &str| {
            word.len()
                .checked_sub(end.len())
                .and_then(|at| word.get(at..))
                .is_some_and(|last| last.eq_ignore_ascii_case(end.as_bytes()))
        };
        let begins = |begin: &str| {
            word.get(..begin.len()).is_some_and(|first| first.eq_ignore_ascii_case(begin.as_bytes()))
        };
        // Families of words that are known by their end.
        match word.last() {
            Some(b't' | b'T') => self.bot |= ends("bot") && !is("cubot"),
            Some(b'w' | b'W') => self.bot |= ends("preview"),
            Some(b'v' | b'V') => self.tv |= ends("tv"),
            Some(b'r' | b'R') => self.bot |= ends("spider") || ends("crawler") || ends("fetcher"),
            _ => {}
        }
        match word.first().map(u8::to_ascii_lowercase) {
            Some(b'a') => {
                self.android |= begins("android");
                self.bot |= is("appengine");
                // Amazon's TV sticks go by model: `AFT` and letters.
                self.tv |= word.starts_with(b"AFT");
            }
            Some(b'b') => {
                self.phone |= begins("blackberry") || is("bb10");
                self.tv |= is("bravia");
            }
            Some(b'c') => {
                self.desktop |= is("cros");
                self.tv |= is("crkey");
                self.bot |= is("curl") || is("crawl");
                self.phone |= is("cfnetwork");
            }
            Some(b'd') => self.phone |= is("docomo") || is("ddipocket"),
            Some(b'e') => self.phone |= is("emobile"),
            Some(b'f') => {
                self.bot |= is("facebookexternalhit");
                self.phone |= is("foma");
            }
            Some(b'g') => self.bot |= is("googleother"),
            Some(b'h') => {
                self.bot |= is("headlesschrome") || is("hatena");
                self.address |= is("http") || is("https");
            }
            Some(b'i') => {
                self.phone |= is("iphone") || is("ipod");
                self.tablet |= is("ipad");
                self.phone |= is("iemobile");
                self.bot |= is("indy") || is("ichiro");
            }
            Some(b'j') => self.phone |= is("jig"),
            Some(b'k') => {
                self.tablet |= is("kindle");
                self.phone |= is("kaios") || is("kddi");
            }
            Some(b'l') => self.desktop |= is("linux"),
            Some(b'm') => {
                self.mobile |= is("mobile") || is("mobi") || is("midp") || is("mobilesafari");
                self.desktop |= is("macintosh");
                self.bot |= is("mediapartners");
            }
            Some(b'o') => self.phone |= is("openbrowser"),
            Some(b'p') => {
                self.tablet |= is("playbook");
                self.tv |= is("playstation");
                self.bot |= is("python") || is("pubsub") || is("pipes") || is("postrank");
                self.desktop |= is("powerpc");
            }
            Some(b'r') => {
                self.tv |= is("roku");
                self.bot |= is("rainmeter");
            }
            Some(b's') => {
                self.bot |= is("slurp");
                self.phone |= begins("symbian") || is("softbank");
            }
            Some(b't') => self.tablet |= is("tablet"),
            Some(b'w') => {
                self.desktop |= is("windows") || is("win98");
                self.phone |= is("willcom") || is("wireless");
                self.tv |= is("webos") || is("web0s");
                self.bot |= is("wget") || is("watchdog");
            }
            Some(b'x') => {
                self.desktop |= is("x11");
                self.tv |= is("xbox");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_agents_are_told_apart() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
                Device::Phone,
            ),
            ("Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0 Mobile Safari/537.36", Device::Phone),
            ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", Device::Phone),
            ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", Device::Phone),
            ("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE) Chrome/126.0 Mobile Safari/537.36", Device::Phone),
            ("Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0 Safari/537.36", Device::Tablet),
            (
                "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) Version/12.1.2 Mobile/15E148 Safari/604.1",
                Device::Tablet,
            ),
            ("Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0", Device::Tablet),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36", Device::Desktop),
            (
                "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; Tablet PC 2.0)",
                Device::Desktop,
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", Device::Desktop),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", Device::Desktop),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0.0.0 Safari/537.36", Device::Desktop),
            ("Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) Version/7.0 TV Safari/537.36", Device::Tv),
            ("Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/94.0 Safari/537.36", Device::Tv),
            ("Mozilla/5.0 (Linux; Android 9; AFTMM) Chrome/120.0 Mobile Safari/537.36", Device::Tv),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device::Bot),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/126 Mobile Safari/537.36 (compatible; Googlebot/2.1)",
                Device::Bot,
            ),
            ("Baiduspider/2.0", Device::Bot),
            ("curl/8.5.0", Device::Bot),
            ("", Device::Other),
            ("something else", Device::Other),
        ] {
            assert_eq!(classify(agent.as_bytes(), false), expected, "{agent}");
        }
    }

    #[test]
    fn the_mobile_hint_counts_and_lengths_are_bounded() {
        assert_eq!(classify(b"Mozilla/5.0 (Linux; Android 10; K) Chrome/126", true), Device::Phone);
        let late = format!("{}Googlebot", "x ".repeat(600));
        assert_eq!(classify(late.as_bytes(), false), Device::Other);
        assert_eq!(classify(&[0xff; 9_000], false), Device::Other);
    }
}
