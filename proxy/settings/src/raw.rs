//! The two files as they are written, before anything in them is understood.

mod main;

use serde::Deserialize;
use toml::Spanned;

pub(crate) use main::*;

pub(crate) use crate::entry::{OneOrMany, Query};

/// A text and its place.
pub(crate) type Text = Spanned<String>;
/// A list of texts and its place.
pub(crate) type Texts = Spanned<Vec<Text>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteFile {
    pub hosts: Texts,
    pub origin: Spanned<OneOrMany>,
    pub origin_ca: Option<Text>,
    #[serde(default)]
    pub forward_client_ip: bool,
    #[serde(default)]
    pub consent: Consent,
    #[serde(default)]
    pub notice: Notice,
    #[serde(default)]
    pub signals: Signals,
    #[serde(default)]
    pub crowd: Crowd,
    #[serde(default)]
    pub output: Output,
    #[serde(default)]
    pub audit: Audit,
    #[serde(default)]
    pub canary: Canary,
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub plugin: Vec<Plugin>,
    #[serde(default)]
    pub route: Vec<Route>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consent {
    pub sources: Option<Texts>,
    pub vendor: Option<Spanned<u64>>,
    pub canadian_vendor: Option<Spanned<u64>>,
    pub unprofiled: Option<Spanned<bool>>,
    pub gpp_cookie: Option<Text>,
    #[serde(default)]
    pub didomi: Didomi,
    pub cookie: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Didomi {
    pub personalization: Option<Texts>,
    pub measurement: Option<Texts>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    pub banner: Option<Spanned<bool>>,
    pub languages: Option<Texts>,
    pub privacy_policy: Option<Text>,
    pub lifetime: Option<Text>,
    pub gpc: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signals {
    pub country: Option<Texts>,
    pub language: Option<Texts>,
    pub budget: Option<Spanned<u64>>,
    pub campaign: Option<Campaign>,
    pub interest: Option<Interest>,
    pub sensitive: Option<Sensitive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Campaign {
    pub parameter: Text,
    pub values: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interest {
    pub topics: Vec<Topic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    pub name: Text,
    pub paths: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sensitive {
    pub allow: Texts,
    pub reason: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crowd {
    pub k: Option<Spanned<u64>>,
    pub noise: Option<Spanned<u64>>,
    pub generalize: Option<Texts>,
    pub epoch: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    pub hosts: Option<Texts>,
    #[serde(default)]
    pub content_security_policy: bool,
    pub headers: Option<Texts>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    pub traffic: Option<Text>,
    pub price_like: Option<Texts>,
    pub override_by: Option<Texts>,
    #[serde(default)]
    pub limits: AuditLimits,
}

/// A number, with or without a fraction, and its place.
pub(crate) type Fraction = Spanned<f64>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditLimits {
    pub protected: Option<Texts>,
    pub demographic_parity_difference: Option<Fraction>,
    pub demographic_parity_ratio: Option<Fraction>,
    pub exposure_difference: Option<Fraction>,
    pub exposure_ratio: Option<Fraction>,
    pub flip_rate: Option<Fraction>,
    pub total_variation: Option<Fraction>,
    pub shannon_bits: Option<Fraction>,
    pub worst_case_bits: Option<Fraction>,
    pub pushed_to_default: Option<Fraction>,
    pub unused_signals: Option<Spanned<u64>>,
    pub dead_variants: Option<Spanned<u64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Canary {
    pub after: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub files: Option<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plugin {
    pub name: Text,
    pub file: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub path: Text,
    pub methods: Option<Texts>,
    pub mode: Option<Text>,
    pub query: Option<Spanned<Vec<Spanned<Query>>>>,
    pub segment: Option<Text>,
    pub plugins: Option<Texts>,
    pub origin_sees: Option<Texts>,
    pub freshness: Option<Text>,
    pub volatile: Option<Texts>,
    pub unstorable: Option<Text>,
    pub downstream: Option<Text>,
    pub labels: Option<Texts>,
    pub fragment: Option<Spanned<bool>>,
    pub distinct_paths: Option<Spanned<u64>>,
    pub compress: Option<Spanned<bool>>,
}

/// An entry of `route.query` that is a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryTable {
    pub name: Text,
    pub pattern: Option<Text>,
    pub values: Option<Texts>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::Visitor;
    use serde::de::value::Error;
    use serde::{Deserializer, forward_to_deserialize_any};

    use super::*;
    use crate::keys::{Key, Kind, MAIN, SITE, within};

    /// Pretends to hold a structure, to learn which fields it asks for.
    struct Asked<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("not a structure"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            Err(serde::de::Error::custom("the fields are all that is wanted"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn fields<T: for<'de> Deserialize<'de>>() -> BTreeSet<&'static str> {
        let mut asked: &'static [&'static str] = &[];
        assert!(T::deserialize(Asked(&mut asked)).is_err());
        asked.iter().copied().collect()
    }

    fn check(keys: &'static [Key], structures: &[(&str, BTreeSet<&'static str>)]) {
        for (section, fields) in structures {
            let listed: BTreeSet<_> = within(keys, section).map(Key::name).collect();
            assert_eq!(&listed, fields, "keys and fields of `{section}`");
        }
        let known: BTreeSet<_> = structures.iter().map(|(section, _)| *section).collect();
        let holds = |key: &&Key| matches!(key.kind, Kind::Section | Kind::Sections | Kind::TextsOrTables);
        let sections = keys.iter().filter(holds).map(|key| key.path).chain([""]).collect();
        assert_eq!(known, sections, "sections of the table and structures");
    }

    #[test]
    fn fields_of_the_main_file_are_the_keys_of_the_table() {
        check(
            MAIN,
            &[
                ("", fields::<MainFile>()),
                ("listen", fields::<Listen>()),
                ("listen.certificate", fields::<Certificate>()),
                ("client_ip", fields::<ClientIp>()),
                ("geo", fields::<Geo>()),
                ("sites", fields::<Sites>()),
                ("store", fields::<Store>()),
                ("cache", fields::<Cache>()),
                ("metrics", fields::<Metrics>()),
                ("log", fields::<Log>()),
                ("limits", fields::<Limits>()),
            ],
        );
    }

    #[test]
    fn fields_of_a_site_file_are_the_keys_of_the_table() {
        check(
            SITE,
            &[
                ("", fields::<SiteFile>()),
                ("consent", fields::<Consent>()),
                ("consent.didomi", fields::<Didomi>()),
                ("notice", fields::<Notice>()),
                ("signals", fields::<Signals>()),
                ("signals.campaign", fields::<Campaign>()),
                ("signals.interest", fields::<Interest>()),
                ("signals.interest.topics", fields::<Topic>()),
                ("signals.sensitive", fields::<Sensitive>()),
                ("crowd", fields::<Crowd>()),
                ("output", fields::<Output>()),
                ("audit", fields::<Audit>()),
                ("audit.limits", fields::<AuditLimits>()),
                ("canary", fields::<Canary>()),
                ("policy", fields::<Policy>()),
                ("plugin", fields::<Plugin>()),
                ("route", fields::<Route>()),
                ("route.query", fields::<QueryTable>()),
            ],
        );
    }
}
