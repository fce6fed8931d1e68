//! One site, lowered to the arrays that a request indexes.

use std::collections::{HashMap, HashSet};

use cloakroom_vocabulary::{CountryCode, Hierarchy, Signal, SiteVocabulary, ValueId};

use crate::daypart::{Dayparts, QUARTERS};
use crate::device::Device;
use crate::host::{self, MAX_HOST_BYTES};
use crate::interest::Interest;
use crate::language::Tag;
use crate::os::Os;
use crate::pending::Kept;
use crate::preference::{self, COLOR_SCHEMES, SAVE_DATA_NAMES};
use crate::referrer::Referrer;
use crate::remembered::{self, Remembered};
use crate::routes::Routes;
use crate::signals::Wanted;
use crate::{BoundaryError, ConsentSource, RawRequest, Signals, SiteConfig, query};

/// The longest campaign name, in bytes; the vocabulary has none that is longer.
const MAX_CAMPAIGN_BYTES: usize = 64;
/// Names of the quarters of the day in the vocabulary.
const QUARTER_NAMES: [&str; QUARTERS] = ["night", "morning", "afternoon", "evening"];
/// By whether it is the weekend.
const WEEKPART_NAMES: [&str; 2] = ["workday", "weekend"];
/// By whether the visitor was here before.
const VISIT_NAMES: [&str; 2] = ["new", "returning"];

pub(crate) struct Site {
    pub(crate) routes: Routes,
    pub(crate) vocabulary: std::sync::Arc<SiteVocabulary>,
    pub(crate) consent: Vec<ConsentSource>,
    campaign_parameter: Option<String>,
    hosts: HashSet<Box<str>>,
    /// By [`CountryCode::index`].
    countries: Box<[ValueId]>,
    other_country: ValueId,
    devices: [ValueId; Device::NAMES.len()],
    /// Sorted by tag.
    languages: Vec<(Tag, ValueId)>,
    other_language: ValueId,
    referrers: [ValueId; Referrer::NAMES.len()],
    campaigns: HashMap<Box<str>, ValueId>,
    no_campaign: ValueId,
    quarters: [ValueId; QUARTERS],
    systems: [ValueId; Os::NAMES.len()],
    weekparts: [ValueId; 2],
    save_data: [ValueId; 2],
    color_schemes: [ValueId; COLOR_SCHEMES.len()],
    pub(crate) visits: [ValueId; VISIT_NAMES.len()],
    pub(crate) interest: Interest,
    /// What of its cookies anything on the site asks for.
    pub(crate) asked: Kept,
}

impl Site {
    /// Lowers the site at `position` of the configuration.
    pub(crate) fn new(config: SiteConfig, position: usize) -> Result<Self, BoundaryError> {
        for source in &config.consent {
            if let ConsentSource::Cookie { name: cookie } = source {
                name(cookie, "a cookie name")?;
            }
        }
        let vocabulary = config.vocabulary;
        let of = |signal: Signal| vocabulary.hierarchy(signal);
        let (country, language) = (of(Signal::Country), of(Signal::Language));
        let (campaign, daypart) = (of(Signal::Campaign), of(Signal::Daypart));
        let other_country = named(country, "other");
        let mut countries = vec![other_country; CountryCode::SPACE];
        for value in country.leaves() {
            let code = CountryCode::parse(country.name(value));
            if let Some(place) = code.and_then(|code| countries.get_mut(code.index())) {
                *place = value;
            }
        }
        let other_language = named(language, "other");
        let mut languages: Vec<_> = language
            .leaves()
            .filter(|value| *value != other_language)
            .filter_map(|value| Some((Tag::parse(language.name(value).as_bytes())?, value)))
            .collect();
        languages.sort_by_key(|(tag, _)| *tag);
        let routes = Routes::new(config.routes)?;
        let host = config.hosts.first().map_or("", String::as_str);
        let interest = Interest::new(host, &config.topics, of(Signal::Interest));
        Ok(Self {
            asked: remembered::asked(&routes, &interest),
            hosts: hosts(&config.hosts, position)?,
            consent: config.consent,
            campaign_parameter: config
                .campaign_parameter
                .map(|parameter| name(&parameter, "the name of a query parameter").map(str::to_owned))
                .transpose()?,
            routes,
            countries: countries.into(),
            other_country,
            devices: Device::NAMES.map(|name| named(of(Signal::Device), name)),
            languages,
            other_language,
            referrers: Referrer::NAMES.map(|name| named(of(Signal::Referrer), name)),
            campaigns: campaign.leaves().map(|value| (campaign.name(value).into(), value)).collect(),
            no_campaign: named(campaign, "none"),
            quarters: QUARTER_NAMES.map(|name| named(daypart, name)),
            systems: Os::NAMES.map(|name| named(of(Signal::Os), name)),
            weekparts: WEEKPART_NAMES.map(|name| named(of(Signal::Weekpart), name)),
            save_data: SAVE_DATA_NAMES.map(|name| named(of(Signal::SaveData), name)),
            color_schemes: COLOR_SCHEMES.map(|name| named(of(Signal::ColorScheme), name)),
            visits: VISIT_NAMES.map(|name| named(of(Signal::Visit), name)),
            interest,
            vocabulary,
        })
    }

    /// The hosts, in their normal spelling.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|host| &**host)
    }

    /// Whether a host in its normal spelling is the site's.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        self.hosts.contains(host)
    }

    /// Derives the signals that are wanted; the others are `any`.
    pub(crate) fn signals(
        &self,
        wanted: Wanted,
        raw: &RawRequest<'_>,
        country: Option<CountryCode>,
        dayparts: &Dayparts,
        remembered: &Remembered,
    ) -> Signals {
        let values = Signal::ALL.map(|signal| {
            let any = self.vocabulary.hierarchy(signal).any();
            if !wanted.has(signal) {
                return any;
            }
            let pick = |values: &[ValueId], at: usize| values.get(at).copied().unwrap_or(any);
            match signal {
                Signal::Country => {
                    let listed = country.and_then(|code| self.countries.get(code.index()).copied());
                    listed.unwrap_or(self.other_country)
                }
                Signal::Device => pick(&self.devices, crate::device::device(raw) as usize),
                Signal::Language => self.language(raw).unwrap_or(self.other_language),
                Signal::Referrer => {
                    let kind = crate::referrer::referrer(raw, |host| self.is_own(host));
                    pick(&self.referrers, kind as usize)
                }
                Signal::Campaign => self.campaign(raw).unwrap_or(self.no_campaign),
                Signal::Daypart => {
                    country.map_or(any, |country| pick(&self.quarters, dayparts.quarter(country)))
                }
                Signal::Os => pick(&self.systems, crate::os::os(raw) as usize),
                Signal::Weekpart => {
                    country.map_or(any, |country| pick(&self.weekparts, dayparts.is_weekend(country).into()))
                }
                Signal::SaveData => pick(&self.save_data, preference::saves_data(raw).into()),
                Signal::ColorScheme => pick(&self.color_schemes, preference::color_scheme(raw)),
                Signal::Visit => remembered.visit.unwrap_or(any),
                Signal::Interest => remembered.interest.unwrap_or(any),
            }
        });
        Signals::new(values, remembered.bucket.filter(|_| wanted.bucket()))
    }

    /// The best-liked language that the site lists.
    fn language(&self, raw: &RawRequest<'_>) -> Option<ValueId> {
        crate::language::preferred(raw, |tag| {
            let at = self.languages.binary_search_by_key(&tag, |(listed, _)| *listed).ok()?;
            self.languages.get(at).map(|(_, value)| *value)
        })
    }

    /// The listed campaign that the query names, in any case.
    fn campaign(&self, raw: &RawRequest<'_>) -> Option<ValueId> {
        let parameter = self.campaign_parameter.as_deref().filter(|_| !raw.query().is_empty())?;
        let mut buffer = [0; MAX_CAMPAIGN_BYTES];
        let value = query::first_value(raw.query(), parameter)?;
        let length = crate::escape::decode_form(value, &mut buffer)?.len();
        let value = buffer.get_mut(..length)?;
        value.make_ascii_lowercase();
        self.campaigns.get(std::str::from_utf8(value).ok()?).copied()
    }
}

/// The value of that name; `any` if the vocabulary should lack it.
fn named(hierarchy: &Hierarchy, name: &str) -> ValueId {
    hierarchy.find(name).unwrap_or(hierarchy.any())
}

fn hosts(listed: &[String], position: usize) -> Result<HashSet<Box<str>>, BoundaryError> {
    let mut hosts = HashSet::new();
    for host in listed {
        let mut buffer = [0; MAX_HOST_BYTES];
        let normal = host::normalize(host, &mut buffer);
        let normal = normal
            .filter(|normal| normal.len() == host.len())
            .ok_or_else(|| BoundaryError::Host { host: host.clone() })?;
        if !hosts.insert(normal.into()) {
            return Err(BoundaryError::RepeatedHost { host: host.clone() });
        }
    }
    if hosts.is_empty() { Err(BoundaryError::NoHost { site: position }) } else { Ok(hosts) }
}

/// Checks that a name is a token (RFC 9110) of at most 64 bytes.
fn name<'n>(text: &'n str, expected: &'static str) -> Result<&'n str, BoundaryError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(is_token) {
        Ok(text)
    } else {
        Err(BoundaryError::Name { name: text.to_owned(), expected })
    }
}
