//! What the law of the place and the visitor's word allow, as a finite set of facts.
//!
//! No consent string and no identifier inside one reaches this type.

/// What the visitor agreed to. Absence, error and contradiction are all "no".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Consent {
    /// Content may be chosen by signals.
    pub personalization: bool,
    /// The visit may be counted.
    pub measurement: bool,
}

/// The legal regime of the place that a visitor's address belongs to.
///
/// Which places stand under which is data, with the law cited: `policies/jurisdictions.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Jurisdiction {
    /// Consent first: EEA, United Kingdom, Switzerland.
    OptIn,
    /// Quebec: what identifies, locates or profiles is off until the person turns it on.
    Quebec,
    /// A right to opt out, by a signal of the browser too: US states with such a law.
    OptOut,
    /// A known place with no such rule.
    Rest,
    /// No place could be told.
    Unknown,
}

impl Jurisdiction {
    /// All jurisdictions, in the order of their discriminants: the strictest law first.
    pub const ALL: [Self; 5] = [Self::OptIn, Self::Quebec, Self::OptOut, Self::Rest, Self::Unknown];

    /// The name used in policies and in the list of places.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::Quebec => "quebec",
            Self::OptOut => "opt-out",
            Self::Rest => "rest",
            Self::Unknown => "unknown",
        }
    }

    /// The jurisdiction of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|jurisdiction| jurisdiction.name() == name)
    }

    /// Whether a visitor whose browser sends an opt-out signal has to be shown that it is honoured.
    ///
    /// California demands it (11 CCR § 7025(c)(6), since 1 January 2026). It is shown in every place
    /// with an opt-out, which is simpler to explain and never wrong, and where the place is unknown,
    /// since it may be California.
    #[must_use]
    pub const fn shows_opt_out_status(self) -> bool {
        matches!(self, Self::OptOut | Self::Unknown)
    }
}

/// Everything that a policy may ask about a request besides its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentFacts {
    /// Regime of the visitor's place.
    pub jurisdiction: Jurisdiction,
    /// The visitor's word.
    pub consent: Consent,
    /// There is no word: no source of consent is there, or those that are can only object and do not.
    /// Refusal, error and contradiction are words. Means nothing beside a consent that is given.
    pub silent: bool,
    /// `Sec-GPC: 1` was sent (Global Privacy Control).
    pub gpc: bool,
}

/// Consents, with whether the visitor is silent, in the order of their numbers.
const WORDS: [(bool, bool, bool); 5] = [
    (false, false, false),
    (false, true, false),
    (true, false, false),
    (true, true, false),
    (false, false, true),
];

impl ConsentFacts {
    /// How many different facts there are.
    pub const COUNT: usize = Jurisdiction::ALL.len() * WORDS.len() * 2;

    /// Position in arrays of length [`ConsentFacts::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        let Consent { personalization, measurement } = self.consent;
        let word = match (personalization as usize) * 2 + measurement as usize {
            0 if self.silent => WORDS.len() - 1,
            granted => granted,
        };
        ((self.jurisdiction as usize) * WORDS.len() + word) * 2 + self.gpc as usize
    }

    /// Every combination, in the order of [`ConsentFacts::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        Jurisdiction::ALL.into_iter().flat_map(|jurisdiction| {
            WORDS.into_iter().flat_map(move |(personalization, measurement, silent)| {
                let consent = Consent { personalization, measurement };
                [false, true].map(|gpc| Self { jurisdiction, consent, silent, gpc })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_own_index() {
        let indices: Vec<_> = ConsentFacts::all().map(ConsentFacts::index).collect();
        assert_eq!(indices, (0..ConsentFacts::COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn names_and_jurisdictions_are_inverse() {
        for jurisdiction in Jurisdiction::ALL {
            assert_eq!(Jurisdiction::from_name(jurisdiction.name()), Some(jurisdiction));
        }
        assert_eq!(Jurisdiction::from_name("optin"), None);
    }

    #[test]
    fn whoever_may_be_in_california_is_shown_that_the_signal_is_honoured() {
        let shown: Vec<_> = Jurisdiction::ALL.into_iter().filter(|j| j.shows_opt_out_status()).collect();
        assert_eq!(shown, [Jurisdiction::OptOut, Jurisdiction::Unknown]);
    }
}
