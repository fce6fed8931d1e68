//! What happens in a world, one after the other: drawn from a seed, and the same for the same seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::page::PATHS;
use crate::policy::POLICIES;
use crate::shop::Mood;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many milliseconds pass.
    Wait(u64),
    /// Visitors ask at once; mostly it is one.
    Visits(Vec<Visit>),
    /// The origin has a new version of a path.
    Change { path: usize, policy: usize },
    /// The origin says something else of the version that it has.
    Rephrase { path: usize, policy: usize },
    /// The origin will be like this for the next few requests.
    Mood { path: usize, mood: Mood, times: u32 },
    /// The operator purges a path.
    Purge { path: usize, soft: bool },
}

/// A visitor asks.
#[derive(Clone, Debug)]
pub struct Visit {
    pub path: usize,
    pub who: Who,
    pub wish: Wish,
    /// What stands in `Accept-Encoding`, if anything.
    pub coding: Option<&'static str>,
    /// The request goes the longer way through the edge.
    pub longer_way: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Of whom nothing may be known.
    Nobody,
    /// From France, speaking French.
    French,
    /// The same, by the spring campaign.
    InSpring,
    /// From Germany, speaking English.
    German,
    /// French, and opted out.
    OptedOut,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Wish {
    Whole,
    Head,
    /// The page, unless it is one of those that were seen under its path before, counted back from the last.
    Unlike(Vec<usize>),
    /// `*`
    UnlessAny,
    Range(String),
    /// The range of one that was seen before.
    RangeOf(String, usize),
    OnlyIfCached,
}

/// What the operator can do in this build.
pub const CAN_PURGE: bool = false;

const EVERYBODY: [Who; 5] = [Who::Nobody, Who::French, Who::InSpring, Who::German, Who::OptedOut];
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "gzip, br;q=0.9, zstd;q=0.8"];
const RANGES: [&str; 9] = [
    "bytes=0-99",
    "bytes=37-37",
    "bytes=100-",
    "bytes=-80",
    "bytes=30-60",
    "bytes=0-20, 200-240",
    "bytes=5-9,7-20,-9",
    "bytes=1000000-",
    "bytes=0-0",
];
const MOODS: [Mood; 5] = [Mood::Slow, Mood::Error, Mood::Down, Mood::Silent, Mood::Breaks];

/// The first `count` steps of a seed.
pub fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut draw = Draw { rng: StdRng::seed_from_u64(seed), path: 0 };
    (0..count).map(|_| draw.step()).collect()
}

struct Draw {
    rng: StdRng,
    /// Where things happen at the moment: a page of which nothing is asked for shows nothing.
    path: usize,
}

impl Draw {
    fn step(&mut self) -> Step {
        if self.rng.random_ratio(1, 12) {
            self.path = self.rng.random_range(0..PATHS.len());
        }
        match self.rng.random_range(0..1_000) {
            0..120 => Step::Wait(self.rng.random_range(20..450)),
            120..165 => Step::Change { path: self.place(), policy: self.policy() },
            165..185 => Step::Rephrase { path: self.place(), policy: self.policy() },
            185..200 => Step::Mood {
                path: self.place(),
                mood: *MOODS.choose(&mut self.rng).unwrap(),
                times: self.rng.random_range(1..3),
            },
            200..215 if CAN_PURGE => Step::Purge { path: self.place(), soft: self.rng.random() },
            200..250 => {
                let path = self.place();
                let count = self.rng.random_range(2..9);
                Step::Visits((0..count).map(|_| self.visit(path)).collect())
            }
            _ => {
                let path = self.place();
                Step::Visits(vec![self.visit(path)])
            }
        }
    }

    fn place(&mut self) -> usize {
        if self.rng.random_ratio(4, 5) { self.path } else { self.rng.random_range(0..PATHS.len()) }
    }

    fn policy(&mut self) -> usize {
        self.rng.random_range(0..POLICIES.len())
    }

    fn visit(&mut self, path: usize) -> Visit {
        let who = *EVERYBODY.choose(&mut self.rng).unwrap();
        let coding = self.rng.random_ratio(1, 3).then(|| *CODINGS.choose(&mut self.rng).unwrap());
        let longer_way = self.rng.random_ratio(1, 8);
        let wish = self.wish();
        // The bytes of a part are those of a coded form: which one it was cannot be told from them.
        let coding = coding.filter(|_| !matches!(wish, Wish::Range(_) | Wish::RangeOf(..)));
        Visit { path, who, wish, coding, longer_way }
    }

    fn wish(&mut self) -> Wish {
        match self.rng.random_range(0..100) {
            0..8 => Wish::Head,
            8..28 => {
                let count = self.rng.random_range(1..3);
                Wish::Unlike((0..count).map(|_| self.rng.random_range(0..4)).collect())
            }
            28..30 => Wish::UnlessAny,
            30..40 => Wish::Range(self.range()),
            40..46 => Wish::RangeOf(self.range(), self.rng.random_range(0..3)),
            46..52 => Wish::OnlyIfCached,
            _ => Wish::Whole,
        }
    }

    fn range(&mut self) -> String {
        (*RANGES.choose(&mut self.rng).unwrap()).to_owned()
    }
}
