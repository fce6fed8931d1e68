//! Says good morning and good evening, in three languages.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cloakroom_sdk::prelude::*;

cloakroom_sdk::plugin! {
    plugin Greeter = "greeting", version "1.0.0";

    signal language: Language, because "To be understood." {
        German = "de",
        French = "fr",
    }

    signal daypart: Daypart, because "Nobody says good morning at night." {
        Evening = "evening",
        Morning = "morning",
    }

    slot banner: Banner {
        #[default]
        Plain = "plain",
        MorningEn = "morning-en",
        MorningFr = "morning-fr",
        MorningDe = "morning-de",
        EveningEn = "evening-en",
        EveningFr = "evening-fr",
        EveningDe = "evening-de",
    }
}

impl Plugin for Greeter {
    fn decide(seen: Seen) -> Choice {
        let banner = match (seen.daypart, seen.language) {
            (Daypart::Morning, Language::French) => Banner::MorningFr,
            (Daypart::Morning, Language::German) => Banner::MorningDe,
            (Daypart::Morning, Language::Other | Language::Any) => Banner::MorningEn,
            (Daypart::Evening, Language::French) => Banner::EveningFr,
            (Daypart::Evening, Language::German) => Banner::EveningDe,
            (Daypart::Evening, Language::Other | Language::Any) => Banner::EveningEn,
            (Daypart::Other | Daypart::Any, _) => Banner::Plain,
        };
        Choice { banner }
    }

    fn render(shown: Shown) -> Vec<Edit> {
        let Shown::Banner(banner) = shown;
        let words = match banner {
            Banner::Plain => return vec![],
            Banner::MorningEn => "Good morning",
            Banner::MorningFr => "Bonjour",
            Banner::MorningDe => "Guten Morgen",
            Banner::EveningEn => "Good evening",
            Banner::EveningFr => "Bonsoir",
            Banner::EveningDe => "Guten Abend",
        };
        vec![text("#banner", words)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_left_alone_but_in_the_morning_and_in_the_evening() {
        for seen in Seen::all() {
            let greets = matches!(seen.daypart, Daypart::Morning | Daypart::Evening);
            assert_eq!(Greeter::decide(seen).banner != Banner::Plain, greets, "{seen:?}");
        }
    }

    #[test]
    fn a_french_evening_is_wished_in_french() {
        let seen = Seen { language: Language::French, daypart: Daypart::Evening };
        let Choice { banner } = Greeter::decide(seen);
        assert_eq!(Greeter::render(Shown::Banner(banner)), [text("#banner", "Bonsoir")]);
    }
}
