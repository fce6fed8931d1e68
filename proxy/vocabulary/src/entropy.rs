//! How much the signals tell of a visitor: what studies have measured, beside the bound that holds
//! on every site. No request data, and no figure of a site's own visitors.

use crate::Signal;

/// Into how many equal parts visitors are split at random by the cookie `cloakroom_bucket`.
pub const BUCKETS: u8 = 100;

/// What is published of a signal's entropy.
///
/// The budget of a site does not count these figures but log2 of the values
/// ([`Hierarchy::bits`](crate::Hierarchy::bits)): they are of other people's visitors, and a site whose
/// visitors are spread more evenly would tell more than they say. No distribution over *n* values has more
/// entropy than log2 *n*, so that bound holds for every site. They are shown beside it: a bound far
/// below the figure of a whole field shows how much of that was left behind at the door.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entropy {
    /// Measured bits of the signal over the world, or of the whole field that it is derived from; `None`
    /// where nothing was published, so that the bound is all that can be said.
    pub measured: Option<f64>,
    /// Who says so, and of what.
    pub source: &'static str,
}

impl Entropy {
    /// What there is to say of the bucket.
    pub const DRAWN_EVENLY: Self =
        Self { measured: None, source: "log2 of the ranges, since it is drawn evenly (Shannon 1948, §6)" };
}

/// Shannon's bound, for signals that nobody has measured.
const BOUND: Entropy =
    Entropy { measured: None, source: "log2 of the values, no distribution has more (Shannon 1948, §6)" };

/// A figure of the AmIUnique study: 118,934 browsers, so that no field can have more than 16.86 bits.
const fn am_i_unique(bits: f64, source: &'static str) -> Entropy {
    Entropy { measured: Some(bits), source }
}

impl Signal {
    /// What is published of its entropy. The figure of a whole field is one for whatever is derived from it
    /// too: a function of a value has at most the value's entropy.
    #[must_use]
    pub const fn entropy(self) -> Entropy {
        match self {
            Self::Country => Entropy {
                measured: Some(5.317),
                source: "the world's people by territory (computed from Unicode CLDR 48.2, territoryInfo)",
            },
            Self::Device => Entropy {
                measured: Some(1.156),
                source: "page views: mobile 50.13 %, desktop 47.06 %, tablet 2.81 % (StatCounter, world, 2020)",
            },
            Self::Os => {
                am_i_unique(2.310, "navigator.platform in AmIUnique (Laperdrix et al., IEEE S&P 2016)")
            }
            Self::Language => {
                am_i_unique(5.918, "the whole Accept-Language in AmIUnique (Laperdrix et al., IEEE S&P 2016)")
            }
            Self::Weekpart => Entropy {
                measured: Some(0.863),
                source: "five days of seven against two (arithmetic, visits spread evenly over the week)",
            },
            Self::Referrer
            | Self::Campaign
            | Self::Daypart
            | Self::SaveData
            | Self::ColorScheme
            | Self::Visit
            | Self::Interest => BOUND,
        }
    }
}

/// The bits of a random bucket of which plugins tell `ranges` ranges apart: log2 of them, at most of
/// [`BUCKETS`]. It is drawn evenly, so that for as many ranges of one size this is its entropy.
#[must_use]
pub fn bucket_bits(ranges: u32) -> f64 {
    f64::from(ranges.clamp(1, u32::from(BUCKETS))).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_names_a_source_and_no_figure_is_absurd() {
        for signal in Signal::ALL {
            let entropy = signal.entropy();
            assert!(entropy.source.contains('('), "{signal}");
            assert!(entropy.measured.is_none_or(|bits| (0.0..16.86).contains(&bits)), "{signal}");
        }
        let computed = |shares: &[f64]| -> f64 { shares.iter().map(|share| -share * share.log2()).sum() };
        for (signal, shares) in
            [(Signal::Weekpart, &[5.0 / 7.0, 2.0 / 7.0][..]), (Signal::Device, &[0.5013, 0.4706, 0.0281])]
        {
            let bits = computed(shares);
            assert!((bits - signal.entropy().measured.unwrap()).abs() < 0.001, "{signal} {bits}");
        }
    }

    #[test]
    fn a_bucket_tells_log2_of_its_ranges() {
        assert!((bucket_bits(100) - 6.644).abs() < 0.001);
        assert!((bucket_bits(2) - 1.0).abs() < f64::EPSILON);
        assert_eq!((bucket_bits(0), bucket_bits(1)), (0.0, 0.0));
        assert!((bucket_bits(1_000) - bucket_bits(100)).abs() < f64::EPSILON);
    }
}
