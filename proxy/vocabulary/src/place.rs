//! Places, and the law that each stands under: countries, and the subdivisions of those countries
//! whose parts differ.
//!
//! Which place stands under which law is data of the room that knows the law; this room knows how to
//! look it up. A subdivision serves this one question and is kept nowhere.

use crate::{CountryCode, Jurisdiction, country_facts};

/// The most countries that may be divided.
const MAX_DIVIDED: usize = 64;
/// The most subdivisions of one country.
const MAX_SUBDIVISIONS: usize = 256;

/// The part of an ISO 3166-2 code behind the hyphen, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubdivisionCode([u8; 3]);

impl SubdivisionCode {
    /// Reads one to three ASCII letters or digits in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| {
            let mut code = [0; 3];
            code.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte.to_ascii_uppercase());
            Self(code)
        })
    }
}

/// A subdivision as a country database tells it.
#[derive(Clone, Copy, Debug)]
pub enum Told<'t> {
    /// By the part of its ISO 3166-2 code behind the hyphen.
    Code(&'t str),
    /// By its name.
    Name(&'t str),
}

/// A part of a country with a law of its own.
#[derive(Clone, Debug)]
pub struct Subdivision {
    /// Its code.
    pub code: SubdivisionCode,
    /// Its name in every spelling that databases use.
    pub names: Vec<String>,
    /// The law that it stands under.
    pub jurisdiction: Jurisdiction,
}

/// A list of places that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacesError {
    /// A code that is no country of the vocabulary.
    #[error("`{0}` is not an ISO 3166-1 country")]
    Country(String),
    /// A place twice.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// A list that is empty or too long.
    #[error("`{0}` has no subdivisions or too many")]
    Subdivisions(String),
    /// A place that is listed, but under no known law.
    #[error("`{0}` is listed as unknown")]
    Unknown(String),
}

#[derive(Clone, Copy, Debug)]
enum Law {
    Unknown,
    Whole(Jurisdiction),
    /// Position in [`Places::divided`].
    Divided(u8),
}

#[derive(Clone, Debug)]
struct Divided {
    /// What holds where the subdivision is not told, or told in a way that is not known.
    strictest: Jurisdiction,
    /// Sorted.
    codes: Vec<(SubdivisionCode, Jurisdiction)>,
    /// Sorted.
    names: Vec<(Box<str>, Jurisdiction)>,
}

/// The law of every place.
///
/// INVARIANT: `countries` has [`CountryCode::SPACE`] entries; no country of the vocabulary is
/// unknown, unless all are.
#[derive(Clone, Debug)]
pub struct Places {
    countries: Box<[Law]>,
    divided: Vec<Divided>,
}

impl Default for Places {
    /// No law is known: every place is [`Jurisdiction::Unknown`].
    fn default() -> Self {
        Self { countries: vec![Law::Unknown; CountryCode::SPACE].into(), divided: Vec::new() }
    }
}

impl Places {
    /// The law of the countries in `whole`, of the subdivisions in `divided`, and
    /// [`Jurisdiction::Rest`] in every other country.
    ///
    /// # Errors
    /// [`PlacesError`] for a place that is none, stands there twice, or has no law.
    pub fn new(
        whole: &[(CountryCode, Jurisdiction)],
        divided: &[(CountryCode, Vec<Subdivision>)],
    ) -> Result<Self, PlacesError> {
        let mut places = Self::default();
        for (country, jurisdiction) in whole {
            let named = || country.as_str().to_owned();
            if *jurisdiction == Jurisdiction::Unknown {
                return Err(PlacesError::Unknown(named()));
            }
            places.put(*country, Law::Whole(*jurisdiction))?;
        }
        for (at, (country, parts)) in (0_u8..).zip(divided).take(MAX_DIVIDED) {
            places.put(*country, Law::Divided(at))?;
            places.divided.push(Divided::new(country.as_str(), parts)?);
        }
        if let Some((country, _)) = divided.get(MAX_DIVIDED) {
            return Err(PlacesError::Subdivisions(country.as_str().to_owned()));
        }
        for first in b'A'..=b'Z' {
            for second in b'A'..=b'Z' {
                let code = std::str::from_utf8(&[first, second]).ok().and_then(CountryCode::parse);
                let Some(code) = code.filter(|code| country_facts(*code).is_some()) else { continue };
                if let Some(law @ Law::Unknown) = places.countries.get_mut(code.index()) {
                    *law = Law::Whole(Jurisdiction::Rest);
                }
            }
        }
        Ok(places)
    }

    fn put(&mut self, country: CountryCode, law: Law) -> Result<(), PlacesError> {
        let named = || country.as_str().to_owned();
        if country_facts(country).is_none() {
            return Err(PlacesError::Country(named()));
        }
        match self.countries.get_mut(country.index()) {
            Some(place @ Law::Unknown) => *place = law,
            _ => return Err(PlacesError::Twice(named())),
        }
        Ok(())
    }

    /// The law of a place. `subdivision` is asked only for countries whose parts differ. Where it
    /// does not know, or tells one that is not listed, the strictest law of the country holds.
    #[must_use]
    pub fn jurisdiction<'t>(
        &self,
        country: CountryCode,
        subdivision: impl FnOnce() -> Option<Told<'t>>,
    ) -> Jurisdiction {
        let at = match self.countries.get(country.index()) {
            Some(Law::Whole(jurisdiction)) => return *jurisdiction,
            Some(Law::Divided(at)) => *at,
            Some(Law::Unknown) | None => return Jurisdiction::Unknown,
        };
        let Some(divided) = self.divided.get(usize::from(at)) else { return Jurisdiction::Unknown };
        subdivision().and_then(|told| divided.find(told)).unwrap_or(divided.strictest)
    }

    /// The countries whose parts differ, each with the law that holds where a database does not tell
    /// the part.
    pub fn divided(&self) -> impl Iterator<Item = (CountryCode, Jurisdiction)> + '_ {
        let codes = (b'A'..=b'Z').flat_map(|first| (b'A'..=b'Z').map(move |second| [first, second]));
        codes.filter_map(|code| {
            let country = CountryCode::parse(std::str::from_utf8(&code).ok()?)?;
            let Some(Law::Divided(at)) = self.countries.get(country.index()) else { return None };
            Some((country, self.divided.get(usize::from(*at))?.strictest))
        })
    }
}

impl Divided {
    fn new(country: &str, parts: &[Subdivision]) -> Result<Self, PlacesError> {
        let strictest = parts.iter().map(|part| part.jurisdiction).min_by_key(|j| *j as u8);
        let strictest = strictest
            .filter(|_| parts.len() <= MAX_SUBDIVISIONS)
            .ok_or_else(|| PlacesError::Subdivisions(country.to_owned()))?;
        if parts.iter().any(|part| part.jurisdiction == Jurisdiction::Unknown) {
            return Err(PlacesError::Unknown(country.to_owned()));
        }
        let mut codes: Vec<_> = parts.iter().map(|part| (part.code, part.jurisdiction)).collect();
        let mut names: Vec<(Box<str>, _)> = parts
            .iter()
            .flat_map(|part| part.names.iter().map(|name| (name.as_str().into(), part.jurisdiction)))
            .collect();
        codes.sort_by_key(|(code, _)| *code);
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        let repeats = codes.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other))
            || names.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other));
        if repeats {
            Err(PlacesError::Twice(country.to_owned()))
        } else {
            Ok(Self { strictest, codes, names })
        }
    }

    fn find(&self, told: Told<'_>) -> Option<Jurisdiction> {
        match told {
            Told::Code(code) => {
                let code = SubdivisionCode::parse(code)?;
                let at = self.codes.binary_search_by_key(&code, |(known, _)| *known).ok()?;
                self.codes.get(at).map(|(_, jurisdiction)| *jurisdiction)
            }
            Told::Name(name) => {
                let at = self.names.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
                self.names.get(at).map(|(_, jurisdiction)| *jurisdiction)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> CountryCode {
        CountryCode::parse(code).unwrap()
    }

    fn part(code: &str, name: &str, jurisdiction: Jurisdiction) -> Subdivision {
        let code = SubdivisionCode::parse(code).unwrap();
        Subdivision { code, names: vec![name.to_owned()], jurisdiction }
    }

    fn canada() -> Vec<Subdivision> {
        vec![part("QC", "Quebec", Jurisdiction::Quebec), part("ON", "Ontario", Jurisdiction::Rest)]
    }

    fn places() -> Places {
        let whole = [(country("FR"), Jurisdiction::OptIn)];
        Places::new(&whole, &[(country("CA"), canada())]).unwrap()
    }

    #[test]
    fn countries_stand_under_their_law_and_the_others_under_none() {
        let law = |code| places().jurisdiction(country(code), || unreachable!("no parts"));
        assert_eq!(law("FR"), Jurisdiction::OptIn);
        assert_eq!(law("JP"), Jurisdiction::Rest);
        assert_eq!(law("ZZ"), Jurisdiction::Unknown);
        assert_eq!(Places::default().jurisdiction(country("FR"), || None), Jurisdiction::Unknown);
    }

    #[test]
    fn parts_are_told_by_code_or_name_and_the_strictest_holds_for_all_others() {
        let law = |told| places().jurisdiction(country("CA"), || told);
        assert_eq!(law(Some(Told::Code("on"))), Jurisdiction::Rest);
        assert_eq!(law(Some(Told::Name("Ontario"))), Jurisdiction::Rest);
        for told in [None, Some(Told::Code("QC")), Some(Told::Code("XX")), Some(Told::Code("ONTARIO"))] {
            assert_eq!(law(told), Jurisdiction::Quebec);
        }
        for told in ["Quebec", "ontario", "", "Ontario "] {
            assert_eq!(law(Some(Told::Name(told))), Jurisdiction::Quebec);
        }
        assert_eq!(places().divided().collect::<Vec<_>>(), [(country("CA"), Jurisdiction::Quebec)]);
    }

    #[test]
    fn contradictions_are_named() {
        let error = |whole: &[_], divided: &[_]| Places::new(whole, divided).unwrap_err().to_string();
        let fr = (country("FR"), Jurisdiction::OptIn);
        assert_eq!(error(&[fr, fr], &[]), "`FR` is listed twice");
        assert_eq!(error(&[(country("ZZ"), Jurisdiction::Rest)], &[]), "`ZZ` is not an ISO 3166-1 country");
        assert_eq!(error(&[(country("FR"), Jurisdiction::Unknown)], &[]), "`FR` is listed as unknown");
        assert_eq!(error(&[fr], &[(country("FR"), canada())]), "`FR` is listed twice");
        assert_eq!(error(&[], &[(country("CA"), vec![])]), "`CA` has no subdivisions or too many");
        let twice = [canada(), vec![part("ON", "Quebec", Jurisdiction::Rest)]].concat();
        assert_eq!(error(&[], &[(country("CA"), twice)]), "`CA` is listed twice");
        let unknown = vec![part("ON", "Ontario", Jurisdiction::Unknown)];
        assert_eq!(error(&[], &[(country("CA"), unknown)]), "`CA` is listed as unknown");
    }
}
