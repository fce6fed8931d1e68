//! The country database: the only thing that an address is looked up in.
//!
//! A lookup yields a country code and the law that the place stands under, or nothing. Of a country
//! whose parts stand under different laws the part is read too, for this alone, and dropped here.
//! Addresses enter and stay; nothing about them is kept.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use cloakroom_vocabulary::{CountryCode, Jurisdiction, Places, Told, country_facts};
use maxminddb::{LookupResult, PathElement, Reader, WithinOptions};

/// The largest database, in bytes.
const MAX_DATABASE_BYTES: u64 = 1 << 30;
/// The most networks that are looked at to find out how records are written.
const MAX_PROBED_NETWORKS: usize = 10_000;

/// A database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// The file cannot be read.
    #[error("`{path}` cannot be read")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too large to be held.
    #[error("the database has {bytes} bytes, at most {MAX_DATABASE_BYTES} are allowed")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Not in the MaxMind DB format.
    #[error("the file is not a country database in the mmdb format: {why}")]
    Format {
        /// What is wrong with it.
        why: String,
    },
    /// No record names a country in a known way.
    #[error("no record has `country.iso_code`, `country_code` or a two-letter `country`")]
    NoCountries,
}

/// How the records of a database name the country.
#[derive(Clone, Copy)]
enum Shape {
    /// `country.iso_code` (MaxMind, DB-IP).
    IsoCode,
    /// `country_code` (IPinfo).
    CountryCode,
    /// `country`, a string (IPinfo, older).
    Country,
}

impl Shape {
    const ALL: [Self; 3] = [Self::IsoCode, Self::CountryCode, Self::Country];

    fn read(self, record: &LookupResult<'_, Vec<u8>>) -> Option<CountryCode> {
        let path: &[PathElement<'_>] = match self {
            Self::IsoCode => &[PathElement::Key("country"), PathElement::Key("iso_code")],
            Self::CountryCode => &[PathElement::Key("country_code")],
            Self::Country => &[PathElement::Key("country")],
        };
        let text: &str = record.decode_path(path).ok().flatten()?;
        // Codes that the vocabulary does not know say as little as none.
        CountryCode::parse(text).filter(|code| country_facts(*code).is_some())
    }
}

/// How the records of a database name the part of the country.
#[derive(Clone, Copy)]
enum PartShape {
    /// `subdivisions`, a list that begins with the largest part (MaxMind, DB-IP).
    Subdivisions,
    /// `region_code` or `region` (IPinfo).
    Region,
}

impl PartShape {
    const ALL: [Self; 2] = [Self::Subdivisions, Self::Region];

    /// The code, or else the name: the smaller databases of some have no codes.
    fn read<'r>(self, record: &LookupResult<'r, Vec<u8>>) -> Option<Told<'r>> {
        use PathElement::{Index, Key};
        let (code, name): (&[PathElement<'_>], &[PathElement<'_>]) = match self {
            Self::Subdivisions => (
                &[Key("subdivisions"), Index(0), Key("iso_code")],
                &[Key("subdivisions"), Index(0), Key("names"), Key("en")],
            ),
            Self::Region => (&[Key("region_code")], &[Key("region")]),
        };
        let text = |path| record.decode_path::<&'r str>(path).ok().flatten().filter(|text| !text.is_empty());
        text(code).map(Told::Code).or_else(|| text(name).map(Told::Name))
    }
}

/// A country database, held in memory. A clone is the same database.
#[derive(Clone)]
pub struct Geo {
    reader: Arc<Reader<Vec<u8>>>,
    shape: Shape,
    parts: Option<PartShape>,
}

impl Geo {
    /// Reads a database file.
    ///
    /// # Errors
    /// [`GeoError`] if the file cannot be read, is too large, or holds no countries.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, GeoError> {
        let path = path.as_ref();
        let unread = |source| GeoError::Read { path: path.display().to_string(), source };
        let bytes = std::fs::metadata(path).map_err(unread)?.len();
        if bytes > MAX_DATABASE_BYTES {
            return Err(GeoError::TooLarge { bytes });
        }
        Self::from_bytes(std::fs::read(path).map_err(unread)?)
    }

    /// Takes a database that is in memory already.
    ///
    /// # Errors
    /// [`GeoError`] if it holds no countries.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GeoError> {
        let wrong = |error: maxminddb::MaxMindDbError| GeoError::Format { why: error.to_string() };
        let reader = Reader::from_source(bytes).map_err(wrong)?;
        let (shape, parts) = probe(&reader).map_err(wrong)?;
        Ok(Self { reader: Arc::new(reader), shape: shape.ok_or(GeoError::NoCountries)?, parts })
    }

    /// Whether it tells parts of countries (ISO 3166-2). Where it does not, the strictest law of a
    /// country whose parts differ holds in all of it.
    #[must_use]
    pub fn tells_parts(&self) -> bool {
        self.parts.is_some()
    }

    /// The country of an address, and the law that it stands under.
    pub(crate) fn locate(&self, address: IpAddr, places: &Places) -> Option<(CountryCode, Jurisdiction)> {
        let record = self.reader.lookup(address).ok()?;
        let country = self.shape.read(&record)?;
        Some((country, places.jurisdiction(country, || self.parts?.read(&record))))
    }
}

/// The first shapes that telling records have.
fn probe(reader: &Reader<Vec<u8>>) -> Result<(Option<Shape>, Option<PartShape>), maxminddb::MaxMindDbError> {
    let (mut shape, mut parts) = (None, None);
    for record in reader.networks(WithinOptions::default())?.take(MAX_PROBED_NETWORKS) {
        let record = record?;
        shape = shape.or_else(|| Shape::ALL.into_iter().find(|shape| shape.read(&record).is_some()));
        parts = parts.or_else(|| PartShape::ALL.into_iter().find(|parts| parts.read(&record).is_some()));
        if shape.is_some() && parts.is_some() {
            break;
        }
    }
    Ok((shape, parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mmdb::{Field, database};
    use cloakroom_vocabulary::{Subdivision, SubdivisionCode};

    fn country(geo: &Geo, address: &str) -> Option<String> {
        let (country, _) = geo.locate(address.parse().unwrap(), &Places::default())?;
        Some(country.as_str().to_owned())
    }

    fn places() -> Places {
        let canada = [("QC", "Quebec", Jurisdiction::Quebec), ("ON", "Ontario", Jurisdiction::Rest)];
        let canada = canada.map(|(code, name, jurisdiction)| Subdivision {
            code: SubdivisionCode::parse(code).unwrap(),
            names: vec![name.to_owned()],
            jurisdiction,
        });
        Places::new(&[], &[(CountryCode::parse("CA").unwrap(), canada.to_vec())]).unwrap()
    }

    fn law(geo: &Geo, address: &str) -> Jurisdiction {
        geo.locate(address.parse().unwrap(), &places()).unwrap().1
    }

    fn in_canada(part: (&'static str, Field)) -> Field {
        Field::Map(vec![("country", Field::map("iso_code", "CA")), part])
    }

    #[test]
    fn the_part_of_a_country_is_read_in_each_way_that_databases_tell_it() {
        let listed = |field| ("subdivisions", Field::List(vec![field, Field::map("iso_code", "XX")]));
        let named = |name| Field::from(("names", Field::map("en", name)));
        let shapes: [[(&str, Field); 2]; 4] = [
            [listed(Field::map("iso_code", "QC")), listed(Field::map("iso_code", "ON"))],
            [listed(named("Quebec")), listed(named("Ontario"))],
            [("region_code", Field::text("QC")), ("region_code", Field::text("ON"))],
            [("region", Field::text("Quebec")), ("region", Field::text("Ontario"))],
        ];
        for [quebec, ontario] in shapes {
            let bytes = database(&[
                ("198.18.0.0/24", in_canada(quebec)),
                ("198.18.1.0/24", in_canada(ontario)),
                ("198.18.2.0/24", ("country", Field::map("iso_code", "CA")).into()),
            ]);
            let geo = Geo::from_bytes(bytes).unwrap();
            assert!(geo.tells_parts());
            assert_eq!(law(&geo, "198.18.0.1"), Jurisdiction::Quebec);
            assert_eq!(law(&geo, "198.18.1.1"), Jurisdiction::Rest);
            assert_eq!(law(&geo, "198.18.2.1"), Jurisdiction::Quebec, "not told");
        }
    }

    #[test]
    fn without_parts_the_strictest_law_of_the_country_holds() {
        let countries = database(&[("198.18.0.0/24", ("country", Field::map("iso_code", "CA")).into())]);
        let geo = Geo::from_bytes(countries).unwrap();
        assert!(!geo.tells_parts());
        assert_eq!(law(&geo, "198.18.0.1"), Jurisdiction::Quebec);
    }

    #[test]
    fn all_three_ways_to_name_a_country_are_understood() {
        let iso: fn(&'static str) -> Field = |code| ("country", Field::map("iso_code", code)).into();
        let code: fn(&'static str) -> Field = |code| ("country_code", Field::text(code)).into();
        let plain: fn(&'static str) -> Field = |code| ("country", Field::text(code)).into();
        for record in [iso, code, plain] {
            let bytes = database(&[
                ("198.18.0.0/24", record("FR")),
                ("198.18.1.0/24", record("XX")),
                ("2001:db8:1::/48", record("US")),
            ]);
            let geo = Geo::from_bytes(bytes).unwrap();
            assert_eq!(country(&geo, "198.18.0.77").as_deref(), Some("FR"));
            assert_eq!(country(&geo, "2001:db8:1::5").as_deref(), Some("US"));
            assert_eq!(country(&geo, "198.18.1.1"), None);
            assert_eq!(country(&geo, "198.19.0.1"), None);
            assert_eq!(country(&geo, "2001:db8:2::5"), None);
        }
    }

    #[test]
    fn databases_without_countries_are_refused() {
        let error = |bytes| Geo::from_bytes(bytes).err().unwrap();
        let names = database(&[("198.18.0.0/24", ("country", Field::text("France")).into())]);
        assert!(matches!(error(names), GeoError::NoCountries));
        assert!(matches!(error(b"not a database".to_vec()), GeoError::Format { .. }));
        assert!(matches!(error(Vec::new()), GeoError::Format { .. }));
        assert!(matches!(Geo::open("/no/such/file").err().unwrap(), GeoError::Read { .. }));
    }

    #[test]
    fn damaged_databases_never_panic() {
        let whole = database(&[("198.18.0.0/24", ("country_code", Field::text("FR")).into())]);
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 0xff;
            if let Ok(geo) = Geo::from_bytes(damaged) {
                let _ = country(&geo, "198.18.0.1");
                let _ = country(&geo, "2001:db8::1");
            }
        }
    }
}
