//! Countries: the ISO 3166-1 codes, their continents and their main time zones.
//!
//! Codes and zones are facts of the IANA time zone database (`iso3166.tab`, `zone.tab`, public
//! domain); where a country has several zones, the one in which most people live is listed.

use Continent::{Africa, Antarctica, Asia, Europe, NorthAmerica, Oceania, SouthAmerica};

/// An ISO 3166-1 alpha-2 code, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// How many two-letter codes can be written.
    pub const SPACE: usize = 26 * 26;

    /// Reads a code of two ASCII letters in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [first, second] = text.as_bytes() else { return None };
        (first.is_ascii_alphabetic() && second.is_ascii_alphabetic())
            .then(|| Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// A number below [`CountryCode::SPACE`], different for each code.
    #[must_use]
    pub fn index(self) -> usize {
        let [first, second] = self.0;
        usize::from(first.wrapping_sub(b'A')) * 26 + usize::from(second.wrapping_sub(b'A'))
    }
}

/// A part of the world, the grain above country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Continent {
    Africa,
    Antarctica,
    Asia,
    Europe,
    NorthAmerica,
    Oceania,
    SouthAmerica,
}

impl Continent {
    /// All of them.
    pub const ALL: [Self; 7] = [Africa, Antarctica, Asia, Europe, NorthAmerica, Oceania, SouthAmerica];

    /// The name used as a value of the signal `country` at the grain `continent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Africa => "africa",
            Antarctica => "antarctica",
            Asia => "asia",
            Europe => "europe",
            NorthAmerica => "north-america",
            Oceania => "oceania",
            SouthAmerica => "south-america",
        }
    }
}

/// What is known of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryFacts {
    /// Its code.
    pub code: CountryCode,
    /// Its continent.
    pub continent: Continent,
    /// IANA name of its main time zone.
    pub zone: &'static str,
}

/// The facts of a country; `None` for a code that ISO 3166-1 does not assign.
#[must_use]
pub fn country_facts(code: CountryCode) -> Option<CountryFacts> {
    let at = COUNTRIES.binary_search_by(|(listed, _, _)| listed.cmp(&code.0)).ok()?;
    COUNTRIES.get(at).map(|(_, continent, zone)| CountryFacts { code, continent: *continent, zone })
}

/// Sorted by code.
#[rustfmt::skip]
const COUNTRIES: [([u8; 2], Continent, &str); 249] = [
    (*b"AD", Europe, "Europe/Andorra"),
    (*b"AE", Asia, "Asia/Dubai"),
    (*b"AF", Asia, "Asia/Kabul"),
    (*b"AG", NorthAmerica, "America/Antigua"),
    (*b"AI", NorthAmerica, "America/Anguilla"),
    (*b"AL", Europe, "Europe/Tirane"),
    (*b"AM", Asia, "Asia/Yerevan"),
    (*b"AO", Africa, "Africa/Luanda"),
    (*b"AQ", Antarctica, "Antarctica/McMurdo"),
    (*b"AR", SouthAmerica, "America/Argentina/Buenos_Aires"),
    (*b"AS", Oceania, "Pacific/Pago_Pago"),
    (*b"AT", Europe, "Europe/Vienna"),
    (*b"AU", Oceania, "Australia/Sydney"),
    (*b"AW", NorthAmerica, "America/Aruba"),
    (*b"AX", Europe, "Europe/Mariehamn"),
    (*b"AZ", Asia, "Asia/Baku"),
    (*b"BA", Europe, "Europe/Sarajevo"),
    (*b"BB", NorthAmerica, "America/Barbados"),
    (*b"BD", Asia, "Asia/Dhaka"),
    (*b"BE", Europe, "Europe/Brussels"),
    (*b"BF", Africa, "Africa/Ouagadougou"),
    (*b"BG", Europe, "Europe/Sofia"),
    (*b"BH", Asia, "Asia/Bahrain"),
    (*b"BI", Africa, "Africa/Bujumbura"),
    (*b"BJ", Africa, "Africa/Porto-Novo"),
    (*b"BL", NorthAmerica, "America/St_Barthelemy"),
    (*b"BM", NorthAmerica, "Atlantic/Bermuda"),
    (*b"BN", Asia, "Asia/Brunei"),
    (*b"BO", SouthAmerica, "America/La_Paz"),
    (*b"BQ", NorthAmerica, "America/Kralendijk"),
    (*b"BR", SouthAmerica, "America/Sao_Paulo"),
    (*b"BS", NorthAmerica, "America/Nassau"),
    (*b"BT", Asia, "Asia/Thimphu"),
    (*b"BV", Antarctica, "Europe/Oslo"),
    (*b"BW", Africa, "Africa/Gaborone"),
    (*b"BY", Europe, "Europe/Minsk"),
    (*b"BZ", NorthAmerica, "America/Belize"),
    (*b"CA", NorthAmerica, "America/Toronto"),
    (*b"CC", Asia, "Indian/Cocos"),
    (*b"CD", Africa, "Africa/Kinshasa"),
    (*b"CF", Africa, "Africa/Bangui"),
    (*b"CG", Africa, "Africa/Brazzaville"),
    (*b"CH", Europe, "Europe/Zurich"),
    (*b"CI", Africa, "Africa/Abidjan"),
    (*b"CK", Oceania, "Pacific/Rarotonga"),
    (*b"CL", SouthAmerica, "America/Santiago"),
    (*b"CM", Africa, "Africa/Douala"),
    (*b"CN", Asia, "Asia/Shanghai"),
    (*b"CO", SouthAmerica, "America/Bogota"),
    (*b"CR", NorthAmerica, "America/Costa_Rica"),
    (*b"CU", NorthAmerica, "America/Havana"),
    (*b"CV", Africa, "Atlantic/Cape_Verde"),
    (*b"CW", NorthAmerica, "America/Curacao"),
    (*b"CX", Asia, "Indian/Christmas"),
    (*b"CY", Asia, "Asia/Nicosia"),
    (*b"CZ", Europe, "Europe/Prague"),
    (*b"DE", Europe, "Europe/Berlin"),
    (*b"DJ", Africa, "Africa/Djibouti"),
    (*b"DK", Europe, "Europe/Copenhagen"),
    (*b"DM", NorthAmerica, "America/Dominica"),
    (*b"DO", NorthAmerica, "America/Santo_Domingo"),
    (*b"DZ", Africa, "Africa/Algiers"),
    (*b"EC", SouthAmerica, "America/Guayaquil"),
    (*b"EE", Europe, "Europe/Tallinn"),
    (*b"EG", Africa, "Africa/Cairo"),
    (*b"EH", Africa, "Africa/El_Aaiun"),
    (*b"ER", Africa, "Africa/Asmara"),
    (*b"ES", Europe, "Europe/Madrid"),
    (*b"ET", Africa, "Africa/Addis_Ababa"),
    (*b"FI", Europe, "Europe/Helsinki"),
    (*b"FJ", Oceania, "Pacific/Fiji"),
    (*b"FK", SouthAmerica, "Atlantic/Stanley"),
    (*b"FM", Oceania, "Pacific/Pohnpei"),
    (*b"FO", Europe, "Atlantic/Faroe"),
    (*b"FR", Europe, "Europe/Paris"),
    (*b"GA", Africa, "Africa/Libreville"),
    (*b"GB", Europe, "Europe/London"),
    (*b"GD", NorthAmerica, "America/Grenada"),
    (*b"GE", Asia, "Asia/Tbilisi"),
    (*b"GF", SouthAmerica, "America/Cayenne"),
    (*b"GG", Europe, "Europe/Guernsey"),
    (*b"GH", Africa, "Africa/Accra"),
    (*b"GI", Europe, "Europe/Gibraltar"),
    (*b"GL", NorthAmerica, "America/Nuuk"),
    (*b"GM", Africa, "Africa/Banjul"),
    (*b"GN", Africa, "Africa/Conakry"),
    (*b"GP", NorthAmerica, "America/Guadeloupe"),
    (*b"GQ", Africa, "Africa/Malabo"),
    (*b"GR", Europe, "Europe/Athens"),
    (*b"GS", Antarctica, "Atlantic/South_Georgia"),
    (*b"GT", NorthAmerica, "America/Guatemala"),
    (*b"GU", Oceania, "Pacific/Guam"),
    (*b"GW", Africa, "Africa/Bissau"),
    (*b"GY", SouthAmerica, "America/Guyana"),
    (*b"HK", Asia, "Asia/Hong_Kong"),
    (*b"HM", Antarctica, "Indian/Kerguelen"),
    (*b"HN", NorthAmerica, "America/Tegucigalpa"),
    (*b"HR", Europe, "Europe/Zagreb"),
    (*b"HT", NorthAmerica, "America/Port-au-Prince"),
    (*b"HU", Europe, "Europe/Budapest"),
    (*b"ID", Asia, "Asia/Jakarta"),
    (*b"IE", Europe, "Europe/Dublin"),
    (*b"IL", Asia, "Asia/Jerusalem"),
    (*b"IM", Europe, "Europe/Isle_of_Man"),
    (*b"IN", Asia, "Asia/Kolkata"),
    (*b"IO", Asia, "Indian/Chagos"),
    (*b"IQ", Asia, "Asia/Baghdad"),
    (*b"IR", Asia, "Asia/Tehran"),
    (*b"IS", Europe, "Atlantic/Reykjavik"),
    (*b"IT", Europe, "Europe/Rome"),
    (*b"JE", Europe, "Europe/Jersey"),
    (*b"JM", NorthAmerica, "America/Jamaica"),
    (*b"JO", Asia, "Asia/Amman"),
    (*b"JP", Asia, "Asia/Tokyo"),
    (*b"KE", Africa, "Africa/Nairobi"),
    (*b"KG", Asia, "Asia/Bishkek"),
    (*b"KH", Asia, "Asia/Phnom_Penh"),
    (*b"KI", Oceania, "Pacific/Tarawa"),
    (*b"KM", Africa, "Indian/Comoro"),
    (*b"KN", NorthAmerica, "America/St_Kitts"),
    (*b"KP", Asia, "Asia/Pyongyang"),
    (*b"KR", Asia, "Asia/Seoul"),
    (*b"KW", Asia, "Asia/Kuwait"),
    (*b"KY", NorthAmerica, "America/Cayman"),
    (*b"KZ", Asia, "Asia/Almaty"),
    (*b"LA", Asia, "Asia/Vientiane"),
    (*b"LB", Asia, "Asia/Beirut"),
    (*b"LC", NorthAmerica, "America/St_Lucia"),
    (*b"LI", Europe, "Europe/Vaduz"),
    (*b"LK", Asia, "Asia/Colombo"),
    (*b"LR", Africa, "Africa/Monrovia"),
    (*b"LS", Africa, "Africa/Maseru"),
    (*b"LT", Europe, "Europe/Vilnius"),
    (*b"LU", Europe, "Europe/Luxembourg"),
    (*b"LV", Europe, "Europe/Riga"),
    (*b"LY", Africa, "Africa/Tripoli"),
    (*b"MA", Africa, "Africa/Casablanca"),
    (*b"MC", Europe, "Europe/Monaco"),
    (*b"MD", Europe, "Europe/Chisinau"),
    (*b"ME", Europe, "Europe/Podgorica"),
    (*b"MF", NorthAmerica, "America/Marigot"),
    (*b"MG", Africa, "Indian/Antananarivo"),
    (*b"MH", Oceania, "Pacific/Majuro"),
    (*b"MK", Europe, "Europe/Skopje"),
    (*b"ML", Africa, "Africa/Bamako"),
    (*b"MM", Asia, "Asia/Yangon"),
    (*b"MN", Asia, "Asia/Ulaanbaatar"),
    (*b"MO", Asia, "Asia/Macau"),
    (*b"MP", Oceania, "Pacific/Saipan"),
    (*b"MQ", NorthAmerica, "America/Martinique"),
    (*b"MR", Africa, "Africa/Nouakchott"),
    (*b"MS", NorthAmerica, "America/Montserrat"),
    (*b"MT", Europe, "Europe/Malta"),
    (*b"MU", Africa, "Indian/Mauritius"),
    (*b"MV", Asia, "Indian/Maldives"),
    (*b"MW", Africa, "Africa/Blantyre"),
    (*b"MX", NorthAmerica, "America/Mexico_City"),
    (*b"MY", Asia, "Asia/Kuala_Lumpur"),
    (*b"MZ", Africa, "Africa/Maputo"),
    (*b"NA", Africa, "Africa/Windhoek"),
    (*b"NC", Oceania, "Pacific/Noumea"),
    (*b"NE", Africa, "Africa/Niamey"),
    (*b"NF", Oceania, "Pacific/Norfolk"),
    (*b"NG", Africa, "Africa/Lagos"),
    (*b"NI", NorthAmerica, "America/Managua"),
    (*b"NL", Europe, "Europe/Amsterdam"),
    (*b"NO", Europe, "Europe/Oslo"),
    (*b"NP", Asia, "Asia/Kathmandu"),
    (*b"NR", Oceania, "Pacific/Nauru"),
    (*b"NU", Oceania, "Pacific/Niue"),
    (*b"NZ", Oceania, "Pacific/Auckland"),
    (*b"OM", Asia, "Asia/Muscat"),
    (*b"PA", NorthAmerica, "America/Panama"),
    (*b"PE", SouthAmerica, "America/Lima"),
    (*b"PF", Oceania, "Pacific/Tahiti"),
    (*b"PG", Oceania, "Pacific/Port_Moresby"),
    (*b"PH", Asia, "Asia/Manila"),
    (*b"PK", Asia, "Asia/Karachi"),
    (*b"PL", Europe, "Europe/Warsaw"),
    (*b"PM", NorthAmerica, "America/Miquelon"),
    (*b"PN", Oceania, "Pacific/Pitcairn"),
    (*b"PR", NorthAmerica, "America/Puerto_Rico"),
    (*b"PS", Asia, "Asia/Gaza"),
    (*b"PT", Europe, "Europe/Lisbon"),
    (*b"PW", Oceania, "Pacific/Palau"),
    (*b"PY", SouthAmerica, "America/Asuncion"),
    (*b"QA", Asia, "Asia/Qatar"),
    (*b"RE", Africa, "Indian/Reunion"),
    (*b"RO", Europe, "Europe/Bucharest"),
    (*b"RS", Europe, "Europe/Belgrade"),
    (*b"RU", Europe, "Europe/Moscow"),
    (*b"RW", Africa, "Africa/Kigali"),
    (*b"SA", Asia, "Asia/Riyadh"),
    (*b"SB", Oceania, "Pacific/Guadalcanal"),
    (*b"SC", Africa, "Indian/Mahe"),
    (*b"SD", Africa, "Africa/Khartoum"),
    (*b"SE", Europe, "Europe/Stockholm"),
    (*b"SG", Asia, "Asia/Singapore"),
    (*b"SH", Africa, "Atlantic/St_Helena"),
    (*b"SI", Europe, "Europe/Ljubljana"),
    (*b"SJ", Europe, "Arctic/Longyearbyen"),
    (*b"SK", Europe, "Europe/Bratislava"),
    (*b"SL", Africa, "Africa/Freetown"),
    (*b"SM", Europe, "Europe/San_Marino"),
    (*b"SN", Africa, "Africa/Dakar"),
    (*b"SO", Africa, "Africa/Mogadishu"),
    (*b"SR", SouthAmerica, "America/Paramaribo"),
    (*b"SS", Africa, "Africa/Juba"),
    (*b"ST", Africa, "Africa/Sao_Tome"),
    (*b"SV", NorthAmerica, "America/El_Salvador"),
    (*b"SX", NorthAmerica, "America/Lower_Princes"),
    (*b"SY", Asia, "Asia/Damascus"),
    (*b"SZ", Africa, "Africa/Mbabane"),
    (*b"TC", NorthAmerica, "America/Grand_Turk"),
    (*b"TD", Africa, "Africa/Ndjamena"),
    (*b"TF", Antarctica, "Indian/Kerguelen"),
    (*b"TG", Africa, "Africa/Lome"),
    (*b"TH", Asia, "Asia/Bangkok"),
    (*b"TJ", Asia, "Asia/Dushanbe"),
    (*b"TK", Oceania, "Pacific/Fakaofo"),
    (*b"TL", Asia, "Asia/Dili"),
    (*b"TM", Asia, "Asia/Ashgabat"),
    (*b"TN", Africa, "Africa/Tunis"),
    (*b"TO", Oceania, "Pacific/Tongatapu"),
    (*b"TR", Asia, "Europe/Istanbul"),
    (*b"TT", NorthAmerica, "America/Port_of_Spain"),
    (*b"TV", Oceania, "Pacific/Funafuti"),
    (*b"TW", Asia, "Asia/Taipei"),
    (*b"TZ", Africa, "Africa/Dar_es_Salaam"),
    (*b"UA", Europe, "Europe/Kyiv"),
    (*b"UG", Africa, "Africa/Kampala"),
    (*b"UM", Oceania, "Pacific/Wake"),
    (*b"US", NorthAmerica, "America/New_York"),
    (*b"UY", SouthAmerica, "America/Montevideo"),
    (*b"UZ", Asia, "Asia/Tashkent"),
    (*b"VA", Europe, "Europe/Vatican"),
    (*b"VC", NorthAmerica, "America/St_Vincent"),
    (*b"VE", SouthAmerica, "America/Caracas"),
    (*b"VG", NorthAmerica, "America/Tortola"),
    (*b"VI", NorthAmerica, "America/St_Thomas"),
    (*b"VN", Asia, "Asia/Ho_Chi_Minh"),
    (*b"VU", Oceania, "Pacific/Efate"),
    (*b"WF", Oceania, "Pacific/Wallis"),
    (*b"WS", Oceania, "Pacific/Apia"),
    (*b"YE", Asia, "Asia/Aden"),
    (*b"YT", Africa, "Indian/Mayotte"),
    (*b"ZA", Africa, "Africa/Johannesburg"),
    (*b"ZM", Africa, "Africa/Lusaka"),
    (*b"ZW", Africa, "Africa/Harare"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        let fr = country_facts(CountryCode::parse("fr").unwrap()).unwrap();
        assert_eq!((fr.code.as_str(), fr.continent, fr.zone), ("FR", Europe, "Europe/Paris"));
        assert_eq!(country_facts(CountryCode::parse("ZZ").unwrap()), None);
    }

    #[test]
    fn codes_are_two_letters() {
        assert_eq!(CountryCode::parse("f1"), None);
        assert_eq!(CountryCode::parse("FRA"), None);
        assert_eq!(CountryCode::parse("AA").unwrap().index(), 0);
        assert_eq!(CountryCode::parse("ZZ").unwrap().index(), CountryCode::SPACE - 1);
    }
}
