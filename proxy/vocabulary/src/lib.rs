//! The closed vocabulary: which signals there are, which values each can have on a site,
//! how values generalize, and the arithmetic that turns a combination of values into a cell.
//!
//! Everything here is known when a site is loaded. No request data ever enters this room:
//! it is the language in which the rooms behind the boundary speak about visitors.

mod click_identifier;
mod coding;
mod consent;
mod country;
mod domain;
mod entropy;
mod everywhere;
mod hierarchy;
mod place;
mod sensitive;
mod shares;
mod site;

pub use click_identifier::is_click_identifier;
pub use coding::Coding;
pub use consent::{Consent, ConsentFacts, Jurisdiction};
pub use country::{Continent, CountryCode, CountryFacts, country_facts};
pub use domain::{CellId, Domain, DomainError, MAX_CELLS, MAX_ROUTE_SIGNALS};
pub use entropy::{BUCKETS, Entropy, bucket_bits};
pub use everywhere::is_value;
pub use hierarchy::{Grain, Hierarchy, ValueId};
pub use place::{Places, PlacesError, Subdivision, SubdivisionCode, Told};
pub use sensitive::{Sensitive, sensitive};
pub use shares::{Row, Shares, SharesError, Stated, TOLERANCE};
pub use site::{MAX_TOPICS, SiteValues, SiteVocabulary, VocabularyError};

/// A fact about a visit that a plugin may see, coarse by construction.
///
/// The discriminants index arrays of length [`Signal::COUNT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// Country of the network address, of those the site lists.
    Country,
    /// Form factor of the device.
    Device,
    /// Preferred language, of those the site lists.
    Language,
    /// Kind of place that the visitor came from.
    Referrer,
    /// Campaign named in the address, of those the site lists.
    Campaign,
    /// Quarter of the day in the main time zone of the country.
    Daypart,
    /// Family of the operating system.
    Os,
    /// Workday or weekend in the country.
    Weekpart,
    /// The browser asks for less data.
    SaveData,
    /// The browser says, unasked, that it prefers dark or light pages.
    ColorScheme,
    /// Whether the visitor was here before, in one bit of a cookie of our own.
    Visit,
    /// A topic of the pages that were read last week, of those the site declares; now and then a
    /// random one.
    Interest,
}

impl Signal {
    /// How many signals there are.
    pub const COUNT: usize = 12;

    /// All signals, in the order of their discriminants.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Country,
        Self::Device,
        Self::Language,
        Self::Referrer,
        Self::Campaign,
        Self::Daypart,
        Self::Os,
        Self::Weekpart,
        Self::SaveData,
        Self::ColorScheme,
        Self::Visit,
        Self::Interest,
    ];

    /// The name used in configuration, manifests, policies and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Device => "device",
            Self::Language => "language",
            Self::Referrer => "referrer",
            Self::Campaign => "campaign",
            Self::Daypart => "daypart",
            Self::Os => "os",
            Self::Weekpart => "weekpart",
            Self::SaveData => "save_data",
            Self::ColorScheme => "color_scheme",
            Self::Visit => "visit",
            Self::Interest => "interest",
        }
    }

    /// The article before its name: an `os` value, a `device` value.
    #[must_use]
    pub const fn article(self) -> &'static str {
        if matches!(self, Self::Os | Self::Interest) { "an" } else { "a" }
    }

    /// The signal of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }

    /// Whether its values are the same on every site; of the others, a site lists which it has.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        !matches!(self, Self::Country | Self::Language | Self::Campaign | Self::Interest)
    }

    /// Position in arrays of length [`Signal::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
