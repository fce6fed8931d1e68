//! Which values there are before any site is known: what a plugin may name, whatever site it runs on.

use crate::{Continent, CountryCode, Signal, SiteValues, SiteVocabulary, country_facts};

/// Whether some site can have `value` as a value of `signal`, at some grain.
///
/// `other` and `any` are not among them: each plugin has ids of its own for these.
#[must_use]
pub fn is_value(signal: Signal, value: &str) -> bool {
    if matches!(value, "other" | "any") {
        return false;
    }
    let listed = |listed: SiteValues| SiteVocabulary::new(&listed).is_ok();
    let one = || vec![value.to_owned()];
    match signal {
        Signal::Country => {
            CountryCode::parse(value)
                .is_some_and(|code| code.as_str() == value && country_facts(code).is_some())
                || Continent::ALL.iter().any(|continent| continent.name() == value)
        }
        Signal::Language => listed(SiteValues { languages: one(), ..SiteValues::default() }),
        Signal::Campaign => {
            value == "none" || listed(SiteValues { campaigns: one(), ..SiteValues::default() })
        }
        Signal::Interest => value == "none" || listed(SiteValues { topics: one(), ..SiteValues::default() }),
        _ => SiteVocabulary::new(&SiteValues::default())
            .is_ok_and(|site| site.hierarchy(signal).find(value).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_grain_are_known_and_reserved_words_are_not() {
        for (signal, values) in [
            (Signal::Country, ["FR", "europe"]),
            (Signal::Device, ["phone", "handheld"]),
            (Signal::Language, ["fr", "de"]),
            (Signal::Campaign, ["spring", "none"]),
            (Signal::Interest, ["garden", "none"]),
            (Signal::Daypart, ["night", "evening"]),
        ] {
            assert!(values.iter().all(|value| is_value(signal, value)), "{signal}");
            assert!(["other", "any", "", "Ünknown"].iter().all(|value| !is_value(signal, value)), "{signal}");
        }
        assert!(!is_value(Signal::Country, "fr") && !is_value(Signal::Country, "UK"));
        assert!(!is_value(Signal::Language, "none") && !is_value(Signal::Device, "none"));
    }
}
