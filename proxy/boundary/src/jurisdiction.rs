//! Which law a country's visitors stand under. Facts alone, no client data.

use cloakroom_vocabulary::{CountryCode, Jurisdiction};

/// EU, with those of its territories that have a code of their own, the rest of the EEA, the
/// United Kingdom with its dependencies in Europe, and Switzerland.
const OPT_IN: [&str; 43] = [
    "AT", "AX", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GF", "GG", "GI",
    "GP", "GR", "HR", "HU", "IE", "IM", "IS", "IT", "JE", "LI", "LT", "LU", "LV", "MF", "MQ", "MT", "NL",
    "NO", "PL", "PT", "RE", "RO", "SE", "SI", "SK", "YT",
];
/// Countries with a right to opt out, in part or whole.
const OPT_OUT: [&str; 1] = ["US"];

/// The regime of a country; [`Jurisdiction::Unknown`] if there is none.
#[must_use]
pub fn jurisdiction(country: Option<CountryCode>) -> Jurisdiction {
    let Some(country) = country else { return Jurisdiction::Unknown };
    let code = country.as_str();
    if OPT_IN.contains(&code) {
        Jurisdiction::OptIn
    } else if OPT_OUT.contains(&code) {
        Jurisdiction::OptOut
    } else {
        Jurisdiction::Rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloakroom_vocabulary::country_facts;

    #[test]
    fn every_listed_code_is_a_country() {
        for code in OPT_IN.iter().chain(&OPT_OUT) {
            assert!(CountryCode::parse(code).and_then(country_facts).is_some(), "{code}");
        }
    }

    #[test]
    fn countries_stand_under_their_law() {
        let law = |code| jurisdiction(CountryCode::parse(code));
        assert_eq!(law("FR"), Jurisdiction::OptIn);
        assert_eq!(law("YT"), Jurisdiction::OptIn);
        assert_eq!(law("GB"), Jurisdiction::OptIn);
        assert_eq!(law("CH"), Jurisdiction::OptIn);
        assert_eq!(law("NO"), Jurisdiction::OptIn);
        assert_eq!(law("US"), Jurisdiction::OptOut);
        assert_eq!(law("JP"), Jurisdiction::Rest);
        assert_eq!(jurisdiction(None), Jurisdiction::Unknown);
    }
}
