//! The country database: the only thing that an address is looked up in.
//!
//! A lookup yields a country code or nothing. Addresses enter and stay; nothing about them is kept.

use std::net::IpAddr;
use std::path::Path;

use cloakroom_vocabulary::{CountryCode, country_facts};
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

/// A country database, held in memory.
pub struct Geo {
    reader: Reader<Vec<u8>>,
    shape: Shape,
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
        let shape = probe(&reader).map_err(wrong)?.ok_or(GeoError::NoCountries)?;
        Ok(Self { reader, shape })
    }

    /// The country of an address.
    pub(crate) fn country(&self, address: IpAddr) -> Option<CountryCode> {
        self.shape.read(&self.reader.lookup(address).ok()?)
    }
}

/// The first shape that the first telling record has.
fn probe(reader: &Reader<Vec<u8>>) -> Result<Option<Shape>, maxminddb::MaxMindDbError> {
    for record in reader.networks(WithinOptions::default())?.take(MAX_PROBED_NETWORKS) {
        let record = record?;
        if let Some(shape) = Shape::ALL.into_iter().find(|shape| shape.read(&record).is_some()) {
            return Ok(Some(shape));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mmdb::{Field, database};

    fn country(geo: &Geo, address: &str) -> Option<String> {
        geo.country(address.parse().unwrap()).map(|code| code.as_str().to_owned())
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
