//! A site's crowds over time: the current epoch, and the step to the next.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, Guard};
use cloakroom_boundary::RouteId;
use cloakroom_vocabulary::SiteVocabulary;

use crate::epoch::RouteEpoch;
use crate::kept::{self, Kept, NotKept, Restored};
use crate::plan::Plan;
use crate::release::Releases;
use crate::{Config, CrowdError, Epoch, Released, RouteCrowd, noise};

/// The crowds of one site.
pub struct Crowd {
    config: Config,
    current: ArcSwap<Epoch>,
}

impl Crowd {
    /// Begins the first epoch, in which nothing is released unless it is [taken over](Self::restore).
    /// It is what is left of the epoch that holds `now`, so that fewer are counted in it than in a whole
    /// one. `routes` is in the order of [`RouteId::index`]; a route without plugins has no crowd.
    ///
    /// # Errors
    /// [`CrowdError`] for a configuration out of range, or a route that does not fit the vocabulary.
    pub fn new(
        config: Config,
        vocabulary: Arc<SiteVocabulary>,
        routes: Vec<Option<RouteCrowd>>,
        now: SystemTime,
    ) -> Result<Self, CrowdError> {
        config.check()?;
        let mut epochs = Vec::with_capacity(routes.len());
        for (position, route) in routes.into_iter().enumerate() {
            let plan = route.map(|crowd| Plan::new(&config, &vocabulary, position, crowd)).transpose()?;
            epochs.push(plan.map(|plan| RouteEpoch::first(plan, config.counted_cells)));
        }
        let number = number(now, config.epoch);
        let lasting = until_end(number, now, config.epoch);
        let current = ArcSwap::from_pointee(Epoch::new(number, lasting, epochs));
        Ok(Self { config, current })
    }

    /// As given to [`Crowd::new`].
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The current epoch. Hold it for one request: token and count have to meet in the same epoch.
    pub fn epoch(&self) -> Guard<Arc<Epoch>> {
        self.current.load()
    }

    /// How long the current epoch still lasts; zero when it is over.
    #[must_use]
    pub fn left(&self, now: SystemTime) -> Duration {
        let current = self.current.load();
        // A clock that was set back must not make an epoch longer than it is, and a timer stands still
        // while the machine sleeps: whichever says that it is over is believed.
        until_end(current.number(), now, self.config.epoch).min(current.left())
    }

    /// Ends the epoch: what was counted in it decides what the next one releases, and is dropped with
    /// its key as soon as the last request lets go. Whoever calls this keeps the time, and calls when
    /// nothing is [left](Self::left).
    ///
    /// If that is more than a whole epoch too late, as after a machine's sleep, nothing is released: what
    /// would be, has expired already. Ten seconds are never too late, so that epochs of a second can be
    /// tried out on a busy machine.
    pub fn rotate(&self, now: SystemTime) {
        let ended = self.current.load_full();
        let following = ended.number().saturating_add(1);
        let scale = self.config.noise_scale();
        let end = millis(self.config.epoch).saturating_mul(following);
        let late = Duration::from_millis(since_1970(now).saturating_sub(end));
        let today = number(now, self.config.epoch);
        let (number, expired) = match today {
            later if later > following => (later, late > NEVER_TOO_LATE),
            // A timer that comes a little early; or a clock that was set back.
            early if early.saturating_add(1) >= following => (following, false),
            set_back => (set_back, false),
        };
        let next = |route: &RouteEpoch| {
            if expired {
                route.with(&self.config, Releases::none(route.plan()))
            } else {
                route.next(&self.config, &mut |_| noise::system(scale))
            }
        };
        let routes = ended.routes().iter().map(|route| route.as_ref().map(next)).collect();
        let lasting = until_end(number, now, self.config.epoch);
        self.current.store(Arc::new(Epoch::new(number, lasting, routes)));
    }

    /// What is released on a route now, by class and cell; empty for a route without a crowd.
    #[must_use]
    pub fn released(&self, route: RouteId) -> Vec<Released> {
        let epoch = self.current.load();
        let route = epoch.routes().get(route.index()).and_then(Option::as_ref);
        route.map_or_else(Vec::new, RouteEpoch::released)
    }

    /// Takes the place of `before`, a crowd of the same site, in the middle of an epoch: what was counted
    /// and released stays, on every route whose visitors are still counted in the same cells. A route
    /// that now splits traffic in another way begins its count anew.
    ///
    /// Nothing is taken over if the epochs are not the same length. Nobody may end an epoch of either
    /// meanwhile.
    pub fn follow(&self, before: &Self) {
        if self.config.epoch != before.config.epoch {
            return;
        }
        let (mine, old) = (self.current.load_full(), before.current.load_full());
        let routes = mine.routes().iter().enumerate().map(|(position, route)| {
            let route = route.as_ref()?;
            let before = old.routes().get(position).and_then(Option::as_ref);
            Some(before.map_or_else(
                || route.with(&self.config, Releases::none(route.plan())),
                |before| route.after(before, &self.config),
            ))
        });
        self.current.store(Arc::new(old.over(routes.collect())));
    }

    /// The table of what is released now, to be kept across a restart: cells and numbers of variants,
    /// no token, key or count.
    #[must_use]
    pub fn keep(&self) -> Kept {
        kept::write(&self.current.load())
    }

    /// Takes over a table that was kept before a restart, for what is left of its epoch. To be called
    /// before the first visitor.
    ///
    /// # Errors
    /// [`NotKept`] if it is not a whole table, or not of this epoch. Nothing is released then.
    pub fn restore(&self, kept: &[u8], now: SystemTime) -> Result<Restored, NotKept> {
        let current = self.current.load_full();
        if number(now, self.config.epoch) != current.number() {
            return Err(NotKept::Expired);
        }
        let (releases, restored) = kept::read(kept, &current)?;
        let routes = current.routes().iter().zip(releases).map(|(route, releases)| {
            let route = route.as_ref()?;
            Some(route.with(&self.config, releases.unwrap_or_else(|| Releases::none(route.plan()))))
        });
        let routes = routes.collect();
        self.current.store(Arc::new(Epoch::new(current.number(), current.left(), routes)));
        Ok(restored)
    }
}

/// How late a timer may be whatever the length of the epoch.
const NEVER_TOO_LATE: Duration = Duration::from_secs(10);

/// The number of the epoch that holds a moment.
fn number(now: SystemTime, epoch: Duration) -> u64 {
    since_1970(now) / millis(epoch).max(1)
}

/// How long the epoch of that number lasts from now on: never longer than an epoch.
fn until_end(number: u64, now: SystemTime, epoch: Duration) -> Duration {
    let end = millis(epoch).saturating_mul(number.saturating_add(1));
    Duration::from_millis(end.saturating_sub(since_1970(now))).min(epoch)
}

fn since_1970(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use cloakroom_vocabulary::Grain;

    use super::*;
    use crate::reference::{Visitor, domain, unsplit, vocabulary};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// A moment in the tenth day.
    fn day(number: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * number + DAY / 3
    }

    fn crowd(config: Config) -> Result<Crowd, CrowdError> {
        let route = unsplit(domain(), vec![vec![Grain(0); 3]; 2]);
        Crowd::new(config, Arc::new(vocabulary()), vec![None, Some(route)], day(9))
    }

    fn visit(crowd: &Crowd, slot: u16) -> u32 {
        let visitor = Visitor::new(1, ["US", "social", "evening"], slot);
        let epoch = crowd.epoch();
        let route = epoch.routes()[1].as_ref().unwrap();
        route.place(visitor.class, |signal| visitor.value(signal), None, visitor.slot).0
    }

    fn visits(crowd: &Crowd, count: u16) -> u32 {
        (0..count).map(|slot| visit(crowd, slot)).last().unwrap()
    }

    #[test]
    fn a_release_lasts_for_the_epoch_after_the_count() {
        let crowd = crowd(Config { k: 2, ..Config::default() }).unwrap();
        let any = domain().any().0;
        assert_eq!(visits(&crowd, 60), any);
        crowd.rotate(day(10));
        assert_ne!(visit(&crowd, 99), any);
        crowd.rotate(day(11));
        assert_eq!(visit(&crowd, 99), any);
    }

    #[test]
    fn an_ended_epoch_is_gone_with_its_key_and_counts() {
        let crowd = crowd(Config::default()).unwrap();
        let ended = Arc::downgrade(&crowd.epoch());
        assert!(ended.upgrade().is_some());
        crowd.rotate(day(10));
        assert!(ended.upgrade().is_none());
    }

    #[test]
    fn epochs_end_at_whole_multiples_of_their_length() {
        let crowd = crowd(Config::default()).unwrap();
        let rest = DAY - DAY / 3;
        let about = rest - Duration::from_secs(60)..=rest;
        assert!(about.contains(&crowd.left(day(9))));
        assert_eq!(crowd.left(day(10)), Duration::ZERO);
        assert!(about.contains(&crowd.left(day(2))), "a clock that is set back makes no epoch longer");
        crowd.rotate(day(10));
        assert!(crowd.left(day(2)) <= DAY);
    }

    #[test]
    fn an_epoch_ends_by_a_clock_that_nobody_sets() {
        let crowd = crowd(Config { epoch: Duration::from_secs(1), ..Config::default() }).unwrap();
        std::thread::sleep(Duration::from_millis(1_010));
        assert_eq!(crowd.left(day(2)), Duration::ZERO, "whatever the time of day says");
    }

    #[test]
    fn what_was_counted_before_a_long_sleep_has_expired() {
        let crowd = crowd(Config { k: 2, ..Config::default() }).unwrap();
        visits(&crowd, 60);
        crowd.rotate(day(11));
        assert_eq!(visits(&crowd, 60), domain().any().0);
        crowd.rotate(day(12));
        assert_ne!(visit(&crowd, 1), domain().any().0);
    }

    #[test]
    fn a_timer_that_is_some_seconds_late_loses_no_epoch_however_short() {
        let config = Config { k: 2, epoch: Duration::from_secs(1), ..Config::default() };
        for (late, released) in [(9, true), (11, false)] {
            let crowd = crowd(config.clone()).unwrap();
            visits(&crowd, 60);
            crowd.rotate(day(9) + Duration::from_secs(1 + late));
            assert_eq!(visit(&crowd, 1) != domain().any().0, released, "{late} seconds");
        }
    }

    #[test]
    fn a_timer_that_comes_early_and_a_clock_that_is_set_back_lose_no_epoch() {
        let crowd = crowd(Config { k: 2, ..Config::default() }).unwrap();
        visits(&crowd, 60);
        crowd.rotate(day(9));
        assert_eq!(crowd.left(day(10)), DAY - DAY / 3, "the epoch after the one that was ended");
        assert_ne!(visits(&crowd, 60), domain().any().0);
        crowd.rotate(day(2));
        assert_ne!(visit(&crowd, 1), domain().any().0);
        let rest = DAY - DAY / 3;
        assert!((rest - Duration::from_secs(60)..=rest).contains(&crowd.left(day(2))));
    }

    #[test]
    fn configurations_out_of_range_are_refused() {
        let good = Config::default;
        for bad in [
            Config { k: 1, ..good() },
            Config { k: 2_001, ..good() },
            Config { epoch: Duration::from_millis(999), ..good() },
            Config { epoch: Duration::from_secs(2_592_001), ..good() },
            Config { counted_cells: 0, ..good() },
            Config { counted_cells: crate::MAX_COUNTED_CELLS + 1, ..good() },
            Config { noise: Some(0), ..good() },
            Config { noise: Some(crate::MAX_NOISE + 1), ..good() },
        ] {
            assert!(crowd(bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn noise_follows_k_unless_it_is_set() {
        let scale = |k, noise| Config { k, noise, ..Config::default() }.noise_scale();
        assert_eq!([scale(5, None), scale(50, None), scale(2_000, None)], [1, 2, 80]);
        assert_eq!(scale(50, Some(7)), 7);
    }
}
