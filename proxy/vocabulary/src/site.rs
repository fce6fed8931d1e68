//! The vocabulary of one site: the closed signals with the values that the site lists.

use crate::hierarchy::Branch;
use crate::{CountryCode, Hierarchy, Signal, country_facts};

/// The most values that a site may list for one signal.
const MAX_LISTED: usize = 200;

/// The most topics that a site may declare.
pub const MAX_TOPICS: usize = 16;

/// The values that a site lists, for the signals that leave it a choice.
#[derive(Clone, Debug, Default)]
pub struct SiteValues {
    /// ISO 3166-1 alpha-2 codes, upper case.
    pub countries: Vec<String>,
    /// Primary language subtags (RFC 5646), lower case.
    pub languages: Vec<String>,
    /// Campaign names: lower-case letters, digits, `-`, `_` and `.`, at most 64.
    pub campaigns: Vec<String>,
    /// Topics of `interest`, at most [`MAX_TOPICS`], written as campaigns are.
    pub topics: Vec<String>,
}

/// A listed value that the vocabulary does not know or cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {} {signal} value: {why}", signal.article())]
pub struct VocabularyError {
    /// The signal it was listed for.
    pub signal: Signal,
    /// The value as listed.
    pub value: String,
    /// What is expected.
    pub why: &'static str,
}

/// The hierarchies of all signals on one site.
#[derive(Clone, Debug)]
pub struct SiteVocabulary {
    hierarchies: [Hierarchy; Signal::COUNT],
}

impl SiteVocabulary {
    /// Builds the hierarchies.
    ///
    /// # Errors
    /// [`VocabularyError`] for an unknown country, a malformed or repeated value, or too many.
    pub fn new(listed: &SiteValues) -> Result<Self, VocabularyError> {
        check(Signal::Country, &listed.countries, "an upper-case ISO 3166-1 alpha-2 code", |v| {
            CountryCode::parse(v).is_some_and(|code| code.as_str() == v && country_facts(code).is_some())
        })?;
        check(Signal::Language, &listed.languages, "a lower-case primary language tag such as `fr`", |v| {
            (2..=8).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_lowercase())
        })?;
        check(Signal::Campaign, &listed.campaigns, NAME, is_name)?;
        check(Signal::Interest, &listed.topics, NAME, is_name)?;
        let with = |values: &[String], last: &str| {
            values.iter().cloned().chain([last.to_owned()]).collect::<Vec<_>>()
        };
        Ok(Self {
            hierarchies: [
                country(&listed.countries),
                Hierarchy::deep(
                    ["form", "posture"],
                    vec![branch("handheld", &["phone", "tablet"]), branch("stationary", &["desktop", "tv"])],
                    owned(&["bot", "other"]),
                ),
                Hierarchy::flat("language", with(&listed.languages, "other")),
                Hierarchy::deep(
                    ["kind", "side"],
                    vec![branch("external", &["direct", "search", "social", "email", "other"])],
                    owned(&["internal"]),
                ),
                Hierarchy::flat("campaign", with(&listed.campaigns, "none")),
                Hierarchy::flat("daypart", owned(&["night", "morning", "afternoon", "evening"])),
                Hierarchy::flat("os", owned(&["android", "ios", "windows", "macos", "linux", "other"])),
                Hierarchy::flat("weekpart", owned(&["workday", "weekend"])),
                Hierarchy::flat("save_data", owned(&["on", "off"])),
                Hierarchy::flat("color_scheme", owned(&["dark", "light", "other"])),
                Hierarchy::flat("visit", owned(&["new", "returning"])),
                Hierarchy::flat("interest", with(&listed.topics, "none")),
            ],
        })
    }

    /// The hierarchy of a signal.
    #[must_use]
    pub fn hierarchy(&self, signal: Signal) -> &Hierarchy {
        // INVARIANT: `Signal::index` is below `Signal::COUNT`, the length of the array.
        #[expect(clippy::indexing_slicing, reason = "indexed by discriminant, see the invariant")]
        &self.hierarchies[signal.index()]
    }
}

fn country(codes: &[String]) -> Hierarchy {
    let mut branches: Vec<Branch> = Vec::new();
    for code in codes {
        let Some(facts) = CountryCode::parse(code).and_then(country_facts) else { continue };
        let continent = facts.continent.name();
        match branches.iter_mut().find(|b| b.name == continent) {
            Some(branch) => branch.leaves.push(code.clone()),
            None => branches.push(branch(continent, &[code])),
        }
    }
    Hierarchy::deep(["country", "continent"], branches, owned(&["other"]))
}

fn branch(name: &str, leaves: &[&str]) -> Branch {
    Branch { name: name.to_owned(), leaves: owned(leaves) }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|v| (*v).to_owned()).collect()
}

/// What the names of campaigns and topics are made of.
const NAME: &str = "1 to 64 of a-z, 0-9, `-`, `_`, `.`";

fn is_name(value: &str) -> bool {
    (1..=64).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

fn check(
    signal: Signal,
    values: &[String],
    expected: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), VocabularyError> {
    let wrong = |value: &String, why| Err(VocabularyError { signal, value: value.clone(), why });
    for (position, value) in values.iter().enumerate() {
        if signal == Signal::Interest && position >= MAX_TOPICS {
            return wrong(value, "a site declares at most 16 topics");
        }
        if position >= MAX_LISTED {
            return wrong(value, "a site lists at most 200 values a signal");
        }
        if matches!(value.as_str(), "other" | "none" | "any") {
            return wrong(value, "the word is reserved");
        }
        if !fits(value) {
            return wrong(value, expected);
        }
        if values.iter().take(position).any(|earlier| earlier == value) {
            return wrong(value, "it is listed twice");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ValueId;

    fn listed(countries: &[&str], languages: &[&str]) -> SiteValues {
        SiteValues {
            countries: owned(countries),
            languages: owned(languages),
            campaigns: owned(&["spring"]),
            topics: owned(&["garden"]),
        }
    }

    #[test]
    fn a_site_declares_at_most_sixteen_topics() {
        let topics = |count| SiteValues {
            topics: (0..count).map(|number| format!("topic-{number}")).collect(),
            ..SiteValues::default()
        };
        let site = SiteVocabulary::new(&topics(16)).unwrap();
        let interest = site.hierarchy(Signal::Interest);
        assert_eq!((interest.len(), interest.name(ValueId(16))), (18, "none"));
        let error = SiteVocabulary::new(&topics(17)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`topic-16` is not an interest value: a site declares at most 16 topics"
        );
    }

    #[test]
    fn countries_generalize_to_their_continent() {
        let site = SiteVocabulary::new(&listed(&["FR", "US", "DE"], &["fr"])).unwrap();
        let country = site.hierarchy(Signal::Country);
        let parent = |name| country.name(country.parent(country.find(name).unwrap()));
        assert_eq!(parent("FR"), "europe");
        assert_eq!(parent("DE"), "europe");
        assert_eq!(parent("US"), "north-america");
        assert_eq!(parent("other"), "any");
        assert_eq!(country.len(), 7);
    }

    #[test]
    fn wrong_values_are_named() {
        let error = |c: &[&str], l: &[&str]| SiteVocabulary::new(&listed(c, l)).unwrap_err().to_string();
        assert!(error(&["XX"], &[]).starts_with("`XX` is not a country value"));
        assert!(error(&["fr"], &[]).contains("upper-case"));
        assert!(error(&["FR", "FR"], &[]).contains("listed twice"));
        assert!(error(&[], &["fr-CA"]).contains("primary language tag"));
        assert!(error(&["other"], &[]).contains("reserved"));
    }
}
