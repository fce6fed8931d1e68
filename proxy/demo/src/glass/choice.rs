//! What a person may choose, and the visitor that it makes. Words of closed lists only.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::geo::DemoGeo;
use crate::visitor::{Consent, Device, LANGUAGES, LONE_NUMBER, Referrer, Visitor};

/// The longest path that is looked at.
const MAX_PATH: usize = 256;

/// A visitor in words, as the page sends it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub country: String,
    pub device: String,
    pub language: String,
    pub referrer: String,
    /// Empty: none.
    pub campaign: String,
    pub consent: String,
    pub gpc: bool,
    pub path: String,
}

impl Choice {
    /// The visitor; `None` if a word is on no list or the path is not one of a shop's.
    pub(super) fn visitor(&self, campaigns: &[String]) -> Option<Visitor> {
        let path = self.path.as_bytes();
        let fits = path.len() <= MAX_PATH
            && path.first() == Some(&b'/')
            && path.get(1) != Some(&b'/')
            && path.iter().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(b));
        let campaign = match self.campaign.as_str() {
            "" => None,
            named => Some(campaigns.iter().find(|listed| *listed == named)?.clone()),
        };
        fits.then_some(())?;
        Some(Visitor {
            country: DemoGeo::countries().find(|code| *code == self.country)?,
            language: LANGUAGES.into_iter().find(|tag| *tag == self.language)?,
            device: named(&Device::ALL, &self.device)?,
            referrer: named(&Referrer::ALL, &self.referrer)?,
            campaign,
            consent: named(&Consent::ALL, &self.consent)?,
            gpc: self.gpc,
            number: self.number(),
        })
    }

    /// The same words give the same visitor, whatever page is looked at.
    fn number(&self) -> u32 {
        if self.country == "BR" && self.device == "tv" {
            return LONE_NUMBER;
        }
        let mut hasher = DefaultHasher::new();
        (&self.device, &self.language, &self.referrer, &self.campaign, &self.consent, self.gpc)
            .hash(&mut hasher);
        // Beside the simulated visitors' numbers; odd, so that the address is the longer kind.
        6_001 + 2 * u32::try_from(hasher.finish() % 500).unwrap_or(0)
    }
}

fn named<T: Copy>(all: &[(T, &'static str)], name: &str) -> Option<T> {
    all.iter().find(|(_, listed)| *listed == name).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> Choice {
        Choice {
            country: "FR".into(),
            device: "phone".into(),
            language: "fr".into(),
            referrer: "email".into(),
            campaign: "spring".into(),
            consent: "all".into(),
            gpc: false,
            path: "/".into(),
        }
    }

    #[test]
    fn only_listed_words_and_plain_paths_make_a_visitor() {
        let listed = ["spring".to_owned()];
        assert!(choice().visitor(&listed).is_some());
        let wrong: [fn(&mut Choice); 8] = [
            |c| c.country = "XX".into(),
            |c| c.device = "toaster".into(),
            |c| c.language = "tlh".into(),
            |c| c.campaign = "autumn".into(),
            |c| c.path = "//elsewhere.test/".into(),
            |c| c.path = "/a b".into(),
            |c| c.path = "/\r\nX: y".into(),
            |c| c.path = format!("/{}", "a".repeat(300)),
        ];
        for (at, spoil) in wrong.iter().enumerate() {
            let mut choice = choice();
            spoil(&mut choice);
            assert!(choice.visitor(&listed).is_none(), "case {at}");
        }
    }

    #[test]
    fn looking_at_another_page_does_not_make_another_visitor() {
        let mut elsewhere = choice();
        elsewhere.path = "/cart".into();
        assert_eq!(choice().number(), elsewhere.number());
    }
}
