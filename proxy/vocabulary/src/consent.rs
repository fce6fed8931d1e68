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

/// The legal regime of the visitor's country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Jurisdiction {
    /// EEA, United Kingdom and Switzerland: consent first.
    OptIn,
    /// Places with a right to opt out (US states with such a law).
    OptOut,
    /// Known country with neither rule.
    Rest,
    /// No country could be told.
    Unknown,
}

impl Jurisdiction {
    /// All jurisdictions.
    pub const ALL: [Self; 4] = [Self::OptIn, Self::OptOut, Self::Rest, Self::Unknown];

    /// The name used in policies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::OptOut => "opt-out",
            Self::Rest => "rest",
            Self::Unknown => "unknown",
        }
    }

    /// Whether visitors must be shown that their opt-out signal is honoured (California:
    /// 11 CCR § 7025 (c)(6)).
    #[must_use]
    pub const fn shows_opt_out_status(self) -> bool {
        matches!(self, Self::OptOut)
    }
}

/// Everything that a policy may ask about a request besides its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentFacts {
    /// Regime of the visitor's country.
    pub jurisdiction: Jurisdiction,
    /// The visitor's word.
    pub consent: Consent,
    /// `Sec-GPC: 1` was sent (Global Privacy Control).
    pub gpc: bool,
}

impl ConsentFacts {
    /// How many different facts there are.
    pub const COUNT: usize = Jurisdiction::ALL.len() * 8;

    /// Position in arrays of length [`ConsentFacts::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        (self.jurisdiction as usize) * 8
            + (self.consent.personalization as usize) * 4
            + (self.consent.measurement as usize) * 2
            + self.gpc as usize
    }

    /// Every combination, in the order of [`ConsentFacts::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        Jurisdiction::ALL.into_iter().flat_map(|jurisdiction| {
            (0..8_u8).map(move |bits| Self {
                jurisdiction,
                consent: Consent { personalization: bits & 4 != 0, measurement: bits & 2 != 0 },
                gpc: bits & 1 != 0,
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
}
