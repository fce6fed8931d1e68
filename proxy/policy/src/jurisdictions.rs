//! Which law each place stands under, read from the list that ships with the program. No request, and
//! nothing that a site configures, enters here.

use std::collections::BTreeMap;

use cloakroom_vocabulary::{CountryCode, Jurisdiction, Places, Subdivision, SubdivisionCode};
use serde::Deserialize;

use crate::PolicyError;

/// The name under which mistakes of the list are reported.
const FILE: &str = "jurisdictions.toml";
/// The list, for people and for the program.
const TEXT: &str = include_str!("../../../policies/jurisdictions.toml");

/// The law of every place, with what it rests on.
#[derive(Clone, Debug)]
pub struct Jurisdictions {
    entries: Vec<LawOfPlace>,
    places: Places,
}

/// An entry of the list: some places under one regime, and why.
#[derive(Clone, Debug)]
pub struct LawOfPlace {
    /// What the places are called together.
    pub name: String,
    /// The regime.
    pub jurisdiction: Jurisdiction,
    /// ISO 3166-1 and 3166-2 codes: `FR`, `US-CA`.
    pub codes: Vec<String>,
    /// Whether a signal of the browser has to count as an opt-out, and since when; `None` where there
    /// is no right to opt out by law.
    pub opt_out_signal: Option<OptOutSignal>,
    /// What else should be known.
    pub note: Option<String>,
    /// The laws.
    pub laws: Vec<Law>,
}

/// What a law says of signals such as Global Privacy Control.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOutSignal {
    /// It has to count.
    pub required: bool,
    /// Since that day, `2024-07-01`.
    #[serde(default, deserialize_with = "day")]
    pub since: Option<String>,
    /// Where the law says so.
    pub section: Option<String>,
}

/// A law as it is cited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Its name.
    pub name: String,
    /// Article or section.
    pub section: String,
    /// In force since that day, `2018-05-25`.
    #[serde(deserialize_with = "day")]
    pub since: Option<String>,
    /// Where it can be read.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    place: Vec<RawPlace>,
    /// Names by code, by country.
    subdivisions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    name: String,
    jurisdiction: toml::Spanned<String>,
    codes: Vec<toml::Spanned<String>>,
    opt_out_signal: Option<OptOutSignal>,
    note: Option<String>,
    law: Vec<Law>,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let date = toml::value::Datetime::deserialize(deserializer)?;
    Ok(date.date.map(|date| date.to_string()))
}

impl Jurisdictions {
    /// The list as shipped.
    ///
    /// # Errors
    /// None for the list as shipped, which a test reads.
    pub fn shipped() -> Result<Self, PolicyError> {
        Self::read(TEXT)
    }

    fn read(text: &str) -> Result<Self, PolicyError> {
        let raw: Raw = toml::from_str(text)
            .map_err(|error| PolicyError::new(error.message()).in_file(FILE).at(error.span()))?;
        let mut whole = Vec::new();
        let mut parts = Parts::new(&raw.subdivisions)?;
        let mut entries = Vec::new();
        for place in raw.place {
            let jurisdiction = Jurisdiction::from_name(place.jurisdiction.get_ref()).ok_or_else(|| {
                wrong(&place.jurisdiction, "is no jurisdiction").with_help(format!(
                    "it is one of {}",
                    Jurisdiction::ALL.map(Jurisdiction::name).join(", ")
                ))
            })?;
            for code in &place.codes {
                match code.get_ref().split_once('-') {
                    Some((country, part)) => parts.put(country, part, jurisdiction),
                    None => country(code.get_ref()).map(|country| whole.push((country, jurisdiction))),
                }
                .ok_or_else(|| wrong(code, "is no such place, or is listed twice"))?;
            }
            entries.push(LawOfPlace {
                name: place.name,
                jurisdiction,
                codes: place.codes.into_iter().map(toml::Spanned::into_inner).collect(),
                opt_out_signal: place.opt_out_signal,
                note: place.note,
                laws: place.law,
            });
        }
        let places = Places::new(&whole, &parts.into_subdivisions())
            .map_err(|error| PolicyError::new(error.to_string()).in_file(FILE))?;
        Ok(Self { entries, places })
    }

    /// The entries, in the order of the list. A country that is in none is [`Jurisdiction::Rest`].
    #[must_use]
    pub fn entries(&self) -> &[LawOfPlace] {
        &self.entries
    }

    /// What a request looks up.
    #[must_use]
    pub fn into_places(self) -> Places {
        self.places
    }
}

fn wrong(word: &toml::Spanned<String>, what: &str) -> PolicyError {
    PolicyError::new(format!("`{}` {what}", word.get_ref())).in_file(FILE).at(Some(word.span()))
}

/// A country that is written as the list writes it.
fn country(code: &str) -> Option<CountryCode> {
    CountryCode::parse(code).filter(|country| country.as_str() == code)
}

/// The parts of divided countries while the list is read.
struct Parts<'r> {
    listed: &'r BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// By country and code; what no entry names is missing.
    laws: BTreeMap<(&'r str, &'r str), Jurisdiction>,
}

impl<'r> Parts<'r> {
    fn new(listed: &'r BTreeMap<String, BTreeMap<String, Vec<String>>>) -> Result<Self, PolicyError> {
        for (code, parts) in listed {
            let malformed = |part: &&String| SubdivisionCode::parse(part).is_none();
            if country(code).is_none() || parts.keys().any(|part| malformed(&part)) {
                return Err(PolicyError::new(format!("`{code}` or a part of it is no place")).in_file(FILE));
            }
        }
        Ok(Self { listed, laws: BTreeMap::new() })
    }

    fn put(&mut self, country: &str, part: &str, jurisdiction: Jurisdiction) -> Option<()> {
        let (country, parts) = self.listed.get_key_value(country)?;
        let (part, _) = parts.get_key_value(part)?;
        self.laws.insert((country, part), jurisdiction).is_none().then_some(())
    }

    fn into_subdivisions(self) -> Vec<(CountryCode, Vec<Subdivision>)> {
        let parts_of = |name: &'r String, parts: &'r BTreeMap<String, Vec<String>>| {
            let parts = parts.iter().filter_map(|(part, names)| {
                let law = self.laws.get(&(name.as_str(), part.as_str())).copied();
                Some(Subdivision {
                    code: SubdivisionCode::parse(part)?,
                    names: names.clone(),
                    jurisdiction: law.unwrap_or(Jurisdiction::Rest),
                })
            });
            parts.collect()
        };
        let listed = self.listed.iter();
        listed.filter_map(|(name, parts)| Some((country(name)?, parts_of(name, parts)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloakroom_vocabulary::Told;

    fn law(code: &str, part: Option<Told<'_>>) -> Jurisdiction {
        let places = Jurisdictions::shipped().unwrap().into_places();
        places.jurisdiction(country(code).unwrap(), || part)
    }

    #[test]
    fn places_stand_under_their_law() {
        for code in ["FR", "YT", "AX", "NO", "IS", "LI", "GB", "GI", "JE", "CH"] {
            assert_eq!(law(code, None), Jurisdiction::OptIn, "{code}");
        }
        for code in ["JP", "BR", "PR", "AU"] {
            assert_eq!(law(code, None), Jurisdiction::Rest, "{code}");
        }
        for (part, expected) in [
            ("CA", Jurisdiction::OptOut),
            ("TX", Jurisdiction::OptOut),
            ("NY", Jurisdiction::Rest),
            ("DC", Jurisdiction::Rest),
            ("PR", Jurisdiction::OptOut),
        ] {
            assert_eq!(law("US", Some(Told::Code(part))), expected, "{part}");
        }
        assert_eq!(law("CA", Some(Told::Code("QC"))), Jurisdiction::Quebec);
        assert_eq!(law("CA", Some(Told::Name("Québec"))), Jurisdiction::Quebec);
        assert_eq!(law("CA", Some(Told::Name("Ontario"))), Jurisdiction::Rest);
    }

    #[test]
    fn a_database_without_parts_leads_to_the_strictest_law() {
        assert_eq!(law("US", None), Jurisdiction::OptOut);
        assert_eq!(law("CA", None), Jurisdiction::Quebec);
    }

    #[test]
    fn every_entry_cites_a_law_that_can_be_read() {
        let list = Jurisdictions::shipped().unwrap();
        for entry in list.entries() {
            let name = &entry.name;
            assert!(!name.is_empty() && !entry.codes.is_empty(), "{entry:?}");
            assert!(!entry.laws.is_empty(), "{name} cites no law");
            assert!(!matches!(entry.jurisdiction, Jurisdiction::Rest | Jurisdiction::Unknown), "{name}");
            for law in &entry.laws {
                assert!(!law.name.is_empty() && !law.section.is_empty(), "{name}: {law:?}");
                assert!(law.source.starts_with("https://"), "{name}: {law:?}");
                let since = law.since.as_deref().unwrap();
                // A day that is still to come needs a note.
                assert!(since < "2026-11-01" || entry.note.is_some(), "{name}: {since}");
                assert!(since > "1995-01-01", "{name}: {since}");
            }
        }
    }

    #[test]
    fn a_place_with_an_opt_out_says_whether_a_signal_counts() {
        let list = Jurisdictions::shipped().unwrap();
        let mut required = Vec::new();
        for entry in list.entries() {
            let opt_out = entry.jurisdiction == Jurisdiction::OptOut;
            assert_eq!(entry.opt_out_signal.is_some(), opt_out, "{}", entry.name);
            let Some(signal) = &entry.opt_out_signal else { continue };
            assert_eq!(signal.since.is_some(), signal.required, "{}", entry.name);
            assert_eq!(signal.section.is_some(), signal.required, "{}", entry.name);
            required.extend(signal.required.then(|| entry.codes.join(" ")));
        }
        required.sort();
        let expected = ["CA", "CO", "CT", "DE", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "TX"];
        assert_eq!(required, expected.map(|code| format!("US-{code}")));
    }

    #[test]
    fn parts_are_those_of_iso_3166_2() {
        let raw: Raw = toml::from_str(TEXT).unwrap();
        let codes = |country: &str| raw.subdivisions[country].keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(codes("CA"), "AB BC MB NB NL NS NT NU ON PE QC SK YT");
        assert_eq!(
            codes("US"),
            "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH \
             NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"
        );
    }

    #[test]
    fn a_mistake_in_the_list_has_a_place() {
        let law =
            "[[place.law]]\nname = \"a\"\nsection = \"1\"\nsince = 2020-01-01\nsource = \"https://a\"\n";
        let list = |jurisdiction: &str, codes: &str| {
            format!(
                "[[place]]\nname = \"somewhere\"\njurisdiction = \"{jurisdiction}\"\ncodes = [{codes}]\n{law}\
                 [subdivisions.CA]\nQC = [\"Quebec\"]\n"
            )
        };
        assert!(Jurisdictions::read(&list("quebec", "\"CA-QC\"")).is_ok());
        for (jurisdiction, codes, marked) in [
            ("optin", "\"FR\"", "optin"),
            ("opt-in", "\"fr\"", "fr"),
            ("opt-in", "\"CA-XX\"", "CA-XX"),
            ("opt-in", "\"US-CA\"", "US-CA"),
            ("opt-in", "\"CA-QC\", \"CA-QC\"", "CA-QC"),
        ] {
            let text = list(jurisdiction, codes);
            let error = Jurisdictions::read(&text).unwrap_err();
            assert_eq!(text[error.span().unwrap()].trim_matches('"'), marked, "{error}");
            assert!(error.message().contains(marked), "{error}");
        }
        for codes in ["\"FR\", \"FR\"", "\"CA\"", "\"ZZ\""] {
            let error = Jurisdictions::read(&list("opt-in", codes)).unwrap_err();
            assert_eq!(error.file(), Some(FILE), "{error}");
        }
    }
}
