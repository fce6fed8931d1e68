//! What the operator chooses about crowds, and what routes bring along. No visitor enters here.

use std::time::Duration;

use cloakroom_vocabulary::{Domain, Grain, Signal};

use crate::JointTable;

/// The smallest crowd that may be asked for.
pub const MIN_K: u32 = 2;

/// The largest crowd that may be asked for: about half of the 4,096 bits that can be told apart.
pub const MAX_K: u32 = 2_000;

/// The shortest epoch.
pub const MIN_EPOCH: Duration = Duration::from_secs(1);

/// The longest epoch.
pub const MAX_EPOCH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most bitmaps that may be held at once for a route: 128 MiB.
pub const MAX_COUNTED_CELLS: u32 = 262_144;

/// The most permit classes of a route, the one without permits included.
pub const MAX_ROUTE_CLASSES: usize = 64;

/// The widest noise: its scale, in prefixes.
pub const MAX_NOISE: u32 = 100;

/// How large a crowd has to be, and how long it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How many prefixes have to share a cell: [`MIN_K`] to [`MAX_K`].
    pub k: u32,
    /// How long one count lasts: [`MIN_EPOCH`] to [`MAX_EPOCH`]. Epochs begin at whole multiples
    /// of it since 1970, so that a restart does not move them.
    pub epoch: Duration,
    /// How many cells a route counts at most in an epoch, 512 bytes each; visitors in others are
    /// counted in coarser cells. On a route that splits traffic a cell takes one such place for each
    /// range of buckets, and one for visitors without a bucket.
    pub counted_cells: u32,
    /// Scale of the discrete Laplace noise on counts, in prefixes: 1 to [`MAX_NOISE`]. `None` is
    /// [a twenty-fifth of `k`](Self::noise_scale).
    pub noise: Option<u32>,
    /// The signals in the order in which cells are generalized: the first is coarsened to `any`, grain
    /// by grain, then the next. Those that are not named follow, the widest first.
    pub generalize: Vec<Signal>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            k: 50,
            epoch: Duration::from_secs(24 * 60 * 60),
            counted_cells: 16_384,
            noise: None,
            generalize: Vec::new(),
        }
    }
}

/// How many scales of noise above `k` a cell has to be that is released at once.
const MARGIN: u32 = 4;

impl Config {
    /// The scale of the noise that is used, in prefixes.
    ///
    /// A twenty-fifth of `k` where none is set, and at least 1. So 98 of 100 draws stay within a sixth
    /// of a `k` of 50 or more, and one visitor more or less changes the odds of a draw by a factor of
    /// at most e^(1/scale).
    #[must_use]
    pub fn noise_scale(&self) -> u32 {
        self.noise.unwrap_or(self.k / 25).clamp(1, MAX_NOISE)
    }

    /// What a noised count has to reach for a release without delay.
    pub(crate) fn at_once(&self) -> u32 {
        self.k.saturating_add(self.noise_scale().saturating_mul(MARGIN))
    }

    pub(crate) fn check(&self) -> Result<(), CrowdError> {
        if !(MIN_K..=MAX_K).contains(&self.k) {
            return Err(CrowdError::Size { k: self.k });
        }
        if !(MIN_EPOCH..=MAX_EPOCH).contains(&self.epoch) {
            return Err(CrowdError::Epoch);
        }
        if !(1..=MAX_COUNTED_CELLS).contains(&self.counted_cells) {
            return Err(CrowdError::CountedCells { cells: self.counted_cells });
        }
        match self.noise {
            Some(scale) if !(1..=MAX_NOISE).contains(&scale) => Err(CrowdError::Noise { scale }),
            _ => Ok(()),
        }
    }
}

/// What a route's visitors are counted by, and what they are given.
#[derive(Clone, Debug)]
pub struct RouteCrowd {
    /// All combinations of the signals that the route's plugins see, over the site's hierarchies.
    pub domain: Domain,
    /// For each permit class, and each signal of the domain, the finest grain that any plugin may
    /// see. Class 0 permits nothing: its visitors are never counted, whatever stands here.
    pub classes: Vec<Vec<Grain>>,
    /// The joint variant of each class, cell and range of buckets.
    pub joints: JointTable,
    /// What else decides who is counted where: nothing is taken over from before a restart or a change
    /// of plugins if this differs. Nothing of a visitor.
    pub identity: Vec<u8>,
    /// What the numbers of joint variants stand for: what is shown is not taken over from before a
    /// restart if this differs.
    pub meaning: Vec<u8>,
}

/// A configuration under which no crowd can be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrowdError {
    /// `k` is out of range.
    #[error("a crowd of `{k}` cannot be asked for: `k` is {MIN_K} to {MAX_K}")]
    Size {
        /// As configured.
        k: u32,
    },
    /// The epoch is out of range.
    #[error("an epoch lasts 1 second to 30 days")]
    Epoch,
    /// The noise is out of range.
    #[error("noise of `{scale}` cannot be asked for: its scale is 1 to {MAX_NOISE}")]
    Noise {
        /// As configured.
        scale: u32,
    },
    /// The bound on memory is out of range.
    #[error("`{cells}` cells cannot be counted: a route counts 1 to {MAX_COUNTED_CELLS}")]
    CountedCells {
        /// As configured.
        cells: u32,
    },
    /// A route has too many permit classes.
    #[error("route {route} has {classes} permit classes, at most {MAX_ROUTE_CLASSES} are allowed")]
    Classes {
        /// Position of the route.
        route: usize,
        /// How many it has.
        classes: usize,
    },
    /// A permit class does not name one grain for each signal.
    #[error("a permit class of route {route} has {grains} grains for {signals} signals")]
    Grains {
        /// Position of the route.
        route: usize,
        /// How many grains it names.
        grains: usize,
        /// How many signals the route has.
        signals: usize,
    },
    /// The domain is not one of this site.
    #[error("signal {signal} of route {route} is repeated, or has other values than on the site")]
    Domain {
        /// Position of the route.
        route: usize,
        /// The signal.
        signal: Signal,
    },
    /// The joint variants are not those of the route's classes, cells and ranges.
    #[error("the joint variants of route {route} are not one for each class, cell and range of buckets")]
    Joints {
        /// Position of the route.
        route: usize,
    },
}
