//! The words and markup of Cloakroom's own banner, opt-out status and preference page.
//!
//! Pure functions from a language, a site's choices and a state of a closed set to text. This room
//! knows no request: what enters of a visitor is what the page says to him, and it is never kept.
//! [`Placard`] is markup that nobody else can make, so that the rewriter may trust it.

mod escape;
mod language;
mod page;
mod placard;
mod texts;

use std::time::Duration;

pub use language::Language;
pub use page::{Choice, Done, Preferences};
pub use placard::{Placard, Place, Shown};

use texts::Texts;

/// Where the preference page is, on every site that has the banner.
pub const PREFERENCES: &str = "/_cloakroom/preferences";
/// Where the style of banner and page is.
pub const STYLESHEET: &str = "/_cloakroom/notice.css";

/// The style of banner and page, for everybody alike.
pub const STYLE: &str = include_str!("notice.css");

/// What a site chooses.
#[derive(Clone, Debug)]
pub struct Config {
    /// Languages that the site's visitors read; the first is for all others.
    pub languages: Vec<Language>,
    /// A path of the site or an `https` address that explains more.
    pub privacy_policy: Option<String>,
    /// How long a choice is kept.
    pub lifetime: Duration,
}

/// The words of one site, ready to be put into pages.
pub struct Notice {
    texts: Vec<(Language, Texts)>,
    privacy_policy: Option<String>,
    days: u64,
}

/// A site that cannot have a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A banner in no language.
    #[error("a notice needs at least one language")]
    NoLanguage,
}

impl Notice {
    /// Reads the texts of the languages.
    ///
    /// # Errors
    /// [`NoticeError`] without a language.
    pub fn new(config: Config) -> Result<Self, NoticeError> {
        let texts: Vec<_> =
            config.languages.iter().map(|language| (*language, Texts::of(*language))).collect();
        if texts.is_empty() {
            return Err(NoticeError::NoLanguage);
        }
        let days = config.lifetime.as_secs() / (24 * 60 * 60);
        Ok(Self { texts, privacy_policy: config.privacy_policy, days })
    }

    /// The languages, in the site's order.
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        self.texts.iter().map(|(language, _)| *language)
    }

    /// The texts for a language tag such as `fr-CA`; those of the first language if the site has not
    /// that one, or if none is told.
    fn texts(&self, tag: Option<&str>) -> Option<&(Language, Texts)> {
        let language = tag.and_then(Language::of_tag);
        let found = language.and_then(|language| self.texts.iter().find(|(known, _)| *known == language));
        found.or(self.texts.first())
    }
}

/// The body of `/.well-known/gpc.json` (Global Privacy Control, W3C, §4): the operator asserts that the
/// site honours the signal. `since` is a date such as `2026-01-01`.
#[must_use]
pub fn gpc_statement(since: &str) -> String {
    let since: String = since.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
    format!("{{\"gpc\":true,\"lastUpdate\":\"{since}\"}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_is_what_the_specification_wants() {
        assert_eq!(gpc_statement("2026-01-01"), "{\"gpc\":true,\"lastUpdate\":\"2026-01-01\"}\n");
    }

    #[test]
    fn a_site_without_a_language_has_no_notice() {
        let config = Config { languages: Vec::new(), privacy_policy: None, lifetime: Duration::ZERO };
        assert_eq!(Notice::new(config).err(), Some(NoticeError::NoLanguage));
    }
}
