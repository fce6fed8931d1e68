//! What happens in a world, one after the other: drawn from a seed, and the same for the same seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::page::{PATHS, tags_of};
use crate::policy::{Means, POLICIES};
use crate::shop::Mood;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many milliseconds pass.
    Wait(u64),
    /// Visitors ask, mostly one, or several at once.
    Visits(Vec<Visit>),
    /// Visitors come while the origin takes its time, and meanwhile the operator purges what they come for.
    Storm { visits: Vec<Visit>, after: u64, purge: Purge },
    /// The origin has a new version of a path.
    Change { path: usize, policy: usize },
    /// The origin says something else of the version that it has.
    Rephrase { path: usize, policy: usize },
    /// The origin will be like this for the next few requests.
    Mood { path: usize, mood: Mood, times: u32 },
    /// The operator purges something.
    Purge(Purge),
}

/// What is purged, and how.
#[derive(Clone, Debug)]
pub struct Purge {
    pub scope: Scope,
    /// A path that it reaches.
    pub path: usize,
    pub soft: bool,
}

/// What is purged besides a path.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// Nothing.
    Url,
    /// All that begins as it does.
    Prefix,
    /// All with the same tag.
    Tag,
    /// All.
    Site,
}

impl Purge {
    /// The body of the order, as `proxy/docs/CONTROL.md` has it.
    pub fn order(&self) -> String {
        let path = PATHS[self.path];
        let what = match self.scope {
            Scope::Url => format!("\"url\": \"http://shop.test{path}\""),
            Scope::Prefix => format!("\"prefix\": \"shop.test{}\"", &path[..3]),
            Scope::Tag => format!("\"tag\": [\"unheard-of\", \"{}\"]", tags_of(path)[1]),
            Scope::Site => "\"site\": \"shop.test\"".to_owned(),
        };
        format!("{{{what}, \"soft\": {}}}", self.soft)
    }

    /// The paths that it reaches.
    pub fn paths(&self) -> Vec<&'static str> {
        let path = PATHS[self.path];
        let is_meant = |other: &&str| match self.scope {
            Scope::Url => *other == path,
            Scope::Prefix => other.starts_with(&path[..3]),
            Scope::Tag => tags_of(other)[1] == tags_of(path)[1],
            Scope::Site => true,
        };
        PATHS.into_iter().filter(is_meant).collect()
    }
}

/// A visitor asks.
#[derive(Clone, Debug)]
pub struct Visit {
    pub path: usize,
    /// So many milliseconds after the step began.
    pub after: u64,
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
            200..225 => Step::Purge(self.purge()),
            225..245 => {
                let purge = self.purge();
                let count = self.rng.random_range(2..7);
                let later = |draw: &mut Self| Visit {
                    after: draw.rng.random_range(0..600),
                    ..draw.visit(purge.path)
                };
                let visits = (0..count).map(|_| later(self)).collect();
                Step::Storm { visits, after: self.rng.random_range(20..500), purge }
            }
            245..290 => {
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

    fn purge(&mut self) -> Purge {
        let scope = match self.rng.random_range(0..20) {
            0..9 => Scope::Url,
            9..13 => Scope::Prefix,
            13..17 => Scope::Tag,
            _ => Scope::Site,
        };
        Purge { scope, path: self.place(), soft: self.rng.random_ratio(2, 5) }
    }

    fn place(&mut self) -> usize {
        if self.rng.random_ratio(4, 5) { self.path } else { self.rng.random_range(0..PATHS.len()) }
    }

    /// Seldom one that may not be stored: it is remembered for seconds, in which nothing else happens to the page.
    fn policy(&mut self) -> usize {
        let mut draw = || self.rng.random_range(0..POLICIES.len());
        let (first, second) = (draw(), draw());
        if matches!(POLICIES[first].means, Means::Refused) { second } else { first }
    }

    fn visit(&mut self, path: usize) -> Visit {
        let who = *EVERYBODY.choose(&mut self.rng).unwrap();
        let coding = self.rng.random_ratio(1, 3).then(|| *CODINGS.choose(&mut self.rng).unwrap());
        let longer_way = self.rng.random_ratio(1, 8);
        let wish = self.wish();
        // The bytes of a part are those of a coded form: which one it was cannot be told from them.
        let coding = coding.filter(|_| !matches!(wish, Wish::Range(_) | Wish::RangeOf(..)));
        Visit { path, after: 0, who, wish, coding, longer_way }
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
