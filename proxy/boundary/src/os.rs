//! The family of an operating system, told from `Sec-CH-UA-Platform` or else `User-Agent`.
//!
//! Of version and architecture nothing is kept.

use http::header::{HeaderName, USER_AGENT};

use crate::RawRequest;

static SEC_CH_UA_PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");

/// The most bytes of a user agent that are read.
const MAX_AGENT_BYTES: usize = 512;

/// A family; the discriminants index [`Os::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Os {
    Android,
    Ios,
    Windows,
    Macos,
    Linux,
    Other,
}

impl Os {
    /// Names in the vocabulary.
    pub(crate) const NAMES: [&str; 6] = ["android", "ios", "windows", "macos", "linux", "other"];
}

/// The family of the system that sent a request. The hint wins: it is sent for this, unasked, while
/// agents pretend.
pub(crate) fn os(raw: &RawRequest<'_>) -> Os {
    match raw.field(&SEC_CH_UA_PLATFORM) {
        Some(platform) => hinted(platform.trim_ascii()),
        None => raw.field(&USER_AGENT).map_or(Os::Other, classify),
    }
}

/// The values that UA Client Hints (WICG) names.
fn hinted(platform: &[u8]) -> Os {
    match platform {
        b"\"Android\"" => Os::Android,
        b"\"iOS\"" => Os::Ios,
        b"\"Windows\"" => Os::Windows,
        b"\"macOS\"" => Os::Macos,
        b"\"Linux\"" => Os::Linux,
        _ => Os::Other,
    }
}

/// What the words of a user agent name. Most name two, since each new family pretended to be an
/// older one: the newer wins.
#[derive(Default)]
struct Named {
    android: bool,
    ios: bool,
    windows: bool,
    macos: bool,
    linux: bool,
    /// A family of its own that also says Android or Windows.
    other: bool,
    /// A family of its own that also says Linux.
    embedded: bool,
    /// Apple's network library, which all of its systems have.
    cfnetwork: bool,
    intel: bool,
}

fn classify(agent: &[u8]) -> Os {
    let read = agent.get(..MAX_AGENT_BYTES).unwrap_or(agent);
    let mut named = Named::default();
    let mut before: &[u8] = b"";
    for word in read.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        named.read(before, word);
        before = word;
    }
    match named {
        Named { other: true, .. } => Os::Other,
        Named { ios: true, .. } => Os::Ios,
        Named { cfnetwork: true, intel: false, .. } => Os::Ios,
        Named { cfnetwork: true, .. } => Os::Macos,
        Named { android: true, .. } => Os::Android,
        Named { embedded: true, .. } => Os::Other,
        Named { windows: true, .. } => Os::Windows,
        Named { macos: true, .. } => Os::Macos,
        Named { linux: true, .. } => Os::Linux,
        _ => Os::Other,
    }
}

impl Named {
    fn read(&mut self, before: &[u8], word: &[u8]) {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let begins = |name: &str| {
            word.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name.as_bytes()))
        };
        let after = |name: &str| before.eq_ignore_ascii_case(name.as_bytes());
        // Browsers on iOS name themselves so: `CriOS`, `FxiOS`, `EdgiOS`.
        self.ios |= word.ends_with(b"iOS");
        match word.first().map(u8::to_ascii_lowercase) {
            Some(b'a') => self.android |= begins("android") || is("adr"),
            Some(b'b') => {
                self.other |= begins("blackberry") || is("bb10") || is("bada");
                self.embedded |= is("bsd");
            }
            Some(b'c') => {
                self.cfnetwork |= is("cfnetwork");
                self.other |= is("cros") || is("crkey");
            }
            Some(b'd') => self.macos |= is("darwin"),
            Some(b'f') => self.other |= is("freebsd"),
            Some(b'g') => self.other |= is("googletv"),
            Some(b'h') => {
                self.other |= is("hbbtv");
                self.embedded |= is("hpwos");
            }
            Some(b'i') => {
                self.ios |= is("iphone") || is("ipad") || is("ipod");
                self.intel |= is("i386");
            }
            Some(b'j') => self.android |= is("juc"),
            Some(b'k') => {
                self.other |= is("kaios");
                self.embedded |= is("kindle");
            }
            Some(b'l') => self.linux |= is("linux"),
            Some(b'm') => {
                self.macos |= is("macintosh") || is("macos");
                self.embedded |= is("maemo");
            }
            Some(b'n') => self.other |= is("netbsd") || is("nintendo"),
            Some(b'o') => {
                self.other |= is("openbsd");
                self.macos |= is("os") && after("mac");
                self.android |= is("oculusbrowser");
            }
            Some(b'p') => self.other |= is("playstation") || (is("phone") && after("windows")),
            Some(b's') => {
                self.other |= begins("symbian") || is("sunos");
                self.android |= is("silk");
                self.embedded |= is("sailfish");
            }
            Some(b't') => self.other |= is("tizen") || (is("tv") && after("apple")),
            Some(b'u') => self.linux |= is("ubuntu"),
            Some(b'w') => {
                self.windows |= begins("windows") || is("win32") || is("win64") || is("winnt");
                self.other |= is("webos") || is("web0s") || is("wds");
                self.embedded |= is("wetab");
            }
            Some(b'x') => {
                self.linux |= is("x11");
                self.intel |= is("x86");
                self.other |= is("xbox");
            }
            Some(b'z') => self.other |= begins("zunewp"),
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
            ("Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0 Mobile Safari/537.36", Os::Android),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
                Os::Ios,
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36", Os::Windows),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", Os::Macos),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", Os::Linux),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0.0.0 Safari/537.36", Os::Other),
            ("Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/94.0 Safari/537.36", Os::Other),
            ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1) Mobile Safari/537.36 Edge/15.15254", Os::Other),
            ("", Os::Other),
        ] {
            assert_eq!(classify(agent.as_bytes()), expected, "{agent}");
        }
        assert_eq!(classify(&[0xff; 9_000]), Os::Other);
        assert_eq!(classify(format!("{}Android", "x ".repeat(600)).as_bytes()), Os::Other);
    }

    #[test]
    fn hints_are_the_quoted_names_alone() {
        assert_eq!(hinted(b"\"macOS\""), Os::Macos);
        for other in [&b"macOS"[..], b"\"Chrome OS\"", b"\"\"", b"\"windows\"", b"\xff"] {
            assert_eq!(hinted(other), Os::Other);
        }
    }
}
