//! What the vocabulary knows of the values that conditions name, whatever site a plugin runs on:
//! which there are, and which stand above which.

use cloakroom_vocabulary::{
    Continent, CountryCode, Signal, SiteValues, SiteVocabulary, country_facts, is_value,
};

use crate::error::did_you_mean_or_list;
use crate::keys::quoted;

/// A value that the rules name nowhere else.
pub(crate) const OTHER: &str = "other";
/// Nothing may be known.
pub(crate) const ANY: &str = "any";

/// The values of all signals.
pub(crate) struct Values {
    /// A site that lists nothing: the signals that leave a site no choice are complete in it.
    closed: SiteVocabulary,
}

/// Why a word is not a value of a signal, and what to write instead.
pub(crate) type NotAValue = (String, Option<String>);

impl Values {
    /// The values that every site shares.
    pub(crate) fn new() -> Result<Self, String> {
        SiteVocabulary::new(&SiteValues::default())
            .map(|closed| Self { closed })
            .map_err(|error| error.to_string())
    }

    /// Whether a condition on `signal` may name `word`.
    pub(crate) fn check(&self, signal: Signal, word: &str) -> Result<(), NotAValue> {
        if matches!(word, OTHER | ANY) || is_value(signal, word) {
            return Ok(());
        }
        Err(self.why_not(signal, word))
    }

    fn why_not(&self, signal: Signal, word: &str) -> NotAValue {
        let one = || vec![word.to_owned()];
        match signal {
            _ if word == "none" => {
                (format!("`{signal}` has no value `none`"), Some("did you mean `other`?".to_owned()))
            }
            Signal::Country => not_a_country(word),
            Signal::Language => not_listed(&SiteValues { languages: one(), ..SiteValues::default() }),
            Signal::Campaign => not_listed(&SiteValues { campaigns: one(), ..SiteValues::default() }),
            Signal::Interest => not_listed(&SiteValues { topics: one(), ..SiteValues::default() }),
            _ => {
                let hierarchy = self.closed.hierarchy(signal);
                let known: Vec<_> = hierarchy.values().map(|value| hierarchy.name(value)).collect();
                let help = did_you_mean_or_list(word, known);
                (format!("`{}` is not {} {signal} value", quoted(word), signal.article()), help)
            }
        }
    }

    /// The value above `word`, unless that is `any`.
    pub(crate) fn parent(&self, signal: Signal, word: &str) -> Option<&str> {
        match signal {
            Signal::Country => {
                CountryCode::parse(word).and_then(country_facts).map(|facts| facts.continent.name())
            }
            Signal::Language | Signal::Campaign | Signal::Interest => None,
            _ => {
                let hierarchy = self.closed.hierarchy(signal);
                let parent = hierarchy.parent(hierarchy.find(word)?);
                (parent != hierarchy.any()).then(|| hierarchy.name(parent))
            }
        }
    }

    /// All values below `word` on every site; `None` where a site decides which there are.
    pub(crate) fn all_below(&self, signal: Signal, word: &str) -> Option<Vec<&str>> {
        if signal != Signal::Device {
            return None;
        }
        let hierarchy = self.closed.hierarchy(signal);
        let above = hierarchy.find(word)?;
        let below = |value| value != above && hierarchy.parent(value) == above;
        Some(hierarchy.values().filter(|value| below(*value)).map(|value| hierarchy.name(value)).collect())
    }
}

fn not_a_country(word: &str) -> NotAValue {
    let message = format!("`{}` is neither a country code nor a continent", quoted(word));
    let help = match CountryCode::parse(word).filter(|code| country_facts(*code).is_some()) {
        Some(code) => Some(format!("did you mean `{}`?", code.as_str())),
        None if word.eq_ignore_ascii_case("UK") => Some("did you mean `GB`?".to_owned()),
        None => did_you_mean_or_list(word, Continent::ALL.iter().map(|continent| continent.name()))
            .map(|help| format!("a code of ISO 3166-1 such as `FR`, or a continent: {help}")),
    };
    (message, help)
}

fn not_listed(listed: &SiteValues) -> NotAValue {
    match SiteVocabulary::new(listed) {
        // The vocabulary took it a moment ago for no value at all; it cannot take it now.
        Ok(_) => ("this is not a value".to_owned(), None),
        Err(error) => {
            let (value, signal) = (quoted(&error.value), error.signal);
            (format!("`{value}` is not {} {signal} value", signal.article()), Some(error.why.to_owned()))
        }
    }
}
