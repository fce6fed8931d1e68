//! Cloakroom's own cookies on their way to the browser: `Set-Cookie` lines, built here alone.
//!
//! A line holds a name of a closed list, one value of the vocabulary's kind, and nothing that
//! another visitor with the same value would not get. Byte for byte, `Max-Age` being the same for all:
//!
//! ```text
//! cloakroom_visit=0; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax       0 or 1
//! cloakroom_interest=5f.1.3.0005; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax
//! cloakroom_bucket=57; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax     0 to 99
//! cloakroom_visit=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax               deletes
//! ```
//!
//! A line is sent only where the value changes, never to renew it, so that no `Max-Age` tells when somebody
//! was here.

use std::time::Duration;

use http::HeaderValue;

/// A cookie that Cloakroom keeps in the visitor's browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCookie {
    /// The visitor's word: `all`, `none`, or purposes.
    Consent,
    /// One bit: `0` during the first visit, `1` from the second on.
    Visit,
    /// Topics, never pages: eleven bytes, described in `interest.rs`.
    Interest,
    /// A random number from `0` to `99`, in decimal without leading zeros. Drawn once.
    Bucket,
}

impl OwnCookie {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Consent, Self::Visit, Self::Interest, Self::Bucket];

    /// The name in the browser. All begin with `cloakroom_`, which the origin never sees.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consent => "cloakroom_consent",
            Self::Visit => "cloakroom_visit",
            Self::Interest => "cloakroom_interest",
            Self::Bucket => "cloakroom_bucket",
        }
    }
}

/// The `Set-Cookie` lines of one answer. They are for one visitor: no `Debug`, no `Clone`.
#[derive(Default)]
pub struct OwnCookies(Vec<HeaderValue>);

impl OwnCookies {
    /// The lines, each the value of a `Set-Cookie` field.
    pub fn lines(&self) -> impl Iterator<Item = &HeaderValue> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a cookie for `lasting`. A value that a cookie cannot hold sets nothing.
    pub(crate) fn set(&mut self, cookie: OwnCookie, value: &str, lasting: Duration) {
        let (name, seconds) = (cookie.name(), lasting.as_secs());
        let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax");
        self.0.extend(HeaderValue::try_from(line).ok());
    }

    /// Deletes a cookie.
    pub(crate) fn delete(&mut self, cookie: OwnCookie) {
        self.set(cookie, "", Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_value_and_how_browsers_have_to_keep_it() {
        let mut cookies = OwnCookies::default();
        cookies.set(OwnCookie::Visit, "1", Duration::from_secs(60));
        cookies.delete(OwnCookie::Bucket);
        cookies.set(OwnCookie::Interest, "a\nb", Duration::from_secs(60));
        let lines: Vec<_> = cookies.lines().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "cloakroom_visit=1; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
                "cloakroom_bucket=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
            ]
        );
    }
}
