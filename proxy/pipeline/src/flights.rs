//! One flight per key: many readers wait for one task, which belongs to none of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_variants::Began;
use tokio::sync::watch;

use crate::arrival::Arrival;
use crate::interim::{self, Interim};

/// Flights that may be under way at once; past that, a new one is refused.
const MAX_FLIGHTS: usize = 8_192;

/// How far a flight is.
#[derive(Clone)]
pub(crate) enum Stage<V> {
    /// What it brings is not here yet, but can be read along.
    Arriving(Arc<Arrival>),
    /// It is over.
    Landed(V),
}

/// What is known of a flight.
pub(crate) struct Progress<V> {
    /// What its origin has said before its answer.
    interim: Vec<Arc<Interim>>,
    stage: Option<Stage<V>>,
}

type Watched<V> = watch::Receiver<Progress<V>>;

/// What comes next in a flight.
pub(crate) enum News<V> {
    /// Its origin has said something before its answer.
    Interim(Arc<Interim>),
    /// What it brings can be had.
    Stage(Stage<V>),
}

/// The flights under way.
pub(crate) struct Flights<K, V> {
    under_way: Mutex<UnderWay<K, V>>,
}

struct UnderWay<K, V> {
    /// Those that can be boarded.
    open: HashMap<K, Open<V>>,
    /// How many there are, with those that nobody may board any more.
    count: usize,
}

/// A flight that can be boarded.
struct Open<V> {
    watched: Watched<V>,
    /// When it began, among the purges.
    began: Began,
}

/// A place in a flight.
pub(crate) enum Seat<V> {
    /// There was no need to fly.
    Landed(V),
    /// In the flight; `first` for whoever began it, who was `told` so many of its interim responses.
    Flying { watched: Watched<V>, first: bool, told: usize },
}

/// Where a flight tells how far it is.
pub(crate) struct Tower<V>(watch::Sender<Progress<V>>);

impl<V> Tower<V> {
    /// Says that what it brings can be read along.
    pub(crate) fn announce(&self, arrival: Arc<Arrival>) {
        self.reach(Stage::Arriving(arrival));
    }

    /// Passes on what its origin has said, unless that was too much already.
    pub(crate) fn tell(&self, interim: Arc<Interim>) {
        self.0.send_modify(|progress| {
            if progress.interim.len() < interim::MOST {
                progress.interim.push(interim);
            }
        });
    }

    fn reach(&self, stage: Stage<V>) {
        self.0.send_modify(|progress| progress.stage = Some(stage));
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: Mutex::new(UnderWay { open: HashMap::new(), count: 0 }) })
    }

    /// A seat in the flight for `key`: the one under way, or a new one made of `start`, which begins at `now`.
    ///
    /// Nobody boards a flight that is `outdated`, since what it brings was purged after it began: those who were in
    /// it before that wait for it, whoever comes later takes the next. `landed` is asked under the lock, since a
    /// flight may have landed between the caller's look into the cache and this call. `None` when there are too many
    /// flights.
    pub(crate) fn board<F>(
        self: &Arc<Self>,
        key: K,
        (now, outdated): (Began, impl FnOnce(Began) -> bool),
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Arc<Tower<V>>) -> F,
    ) -> Option<Seat<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = under_way.open.get(&key).filter(|open| !outdated(open.began)) {
            return Some(Seat::Flying { watched: open.watched.clone(), first: false, told: 0 });
        }
        if let Some(value) = landed() {
            return Some(Seat::Landed(value));
        }
        if under_way.count >= MAX_FLIGHTS {
            return None;
        }
        let (landing, watched) = watch::channel(Progress { interim: Vec::new(), stage: None });
        under_way.open.insert(key.clone(), Open { watched: watched.clone(), began: now });
        under_way.count += 1;
        // The guard ends the flight however the task ends, a panic included.
        let flight = Flight { flights: Arc::clone(self), key, watched: watched.clone() };
        let tower = Arc::new(Tower(landing));
        let task = start(Arc::clone(&tower));
        tokio::spawn(async move {
            let value = task.await;
            drop(flight);
            tower.reach(Stage::Landed(value));
        });
        Some(Seat::Flying { watched, first: true, told: 0 })
    }
}

impl<V: Clone + Send + Sync> Seat<V> {
    /// Whether somebody else had begun the flight.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Flying { first: false, .. })
    }

    /// What comes next, up to the first that is to be had: `None` if the task has died.
    pub(crate) async fn next(&mut self) -> Option<News<V>> {
        let (watched, told) = match self {
            Self::Landed(value) => return Some(News::Stage(Stage::Landed(value.clone()))),
            Self::Flying { watched, told, .. } => (watched, told),
        };
        let seen = *told;
        let is_news = |progress: &Progress<V>| progress.interim.len() > seen || progress.stage.is_some();
        let progress = watched.wait_for(is_news).await.ok()?;
        if let Some(interim) = progress.interim.get(seen) {
            *told += 1;
            return Some(News::Interim(Arc::clone(interim)));
        }
        progress.stage.clone().map(News::Stage)
    }

    /// What the flight brings in the end: `None` if the task has died.
    pub(crate) async fn landed(self) -> Option<V> {
        let Self::Flying { mut watched, .. } = self else {
            let Self::Landed(value) = self else { return None };
            return Some(value);
        };
        let has_landed = |progress: &Progress<V>| matches!(progress.stage, Some(Stage::Landed(_)));
        match &watched.wait_for(has_landed).await.ok()?.stage {
            Some(Stage::Landed(value)) => Some(value.clone()),
            _ => None,
        }
    }
}

struct Flight<K: Eq + Hash, V> {
    flights: Arc<Flights<K, V>>,
    key: K,
    watched: Watched<V>,
}

impl<K: Eq + Hash, V> Drop for Flight<K, V> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.count -= 1;
        // Another may have taken its place.
        let is_open = |open: &Open<V>| open.watched.same_channel(&self.watched);
        if under_way.open.get(&self.key).is_some_and(is_open) {
            under_way.open.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloakroom_variants::{CacheConfig, VariantCache};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    /// Before all purges, of which there is none.
    fn now() -> (Began, fn(Began) -> bool) {
        (VariantCache::new(CacheConfig { max_bytes: 1 }).began(), |_| false)
    }

    async fn join<F>(flights: &Arc<Flights<u8, usize>>, start: impl FnOnce() -> F) -> Option<usize>
    where
        F: Future<Output = usize> + Send + 'static,
    {
        flights.board(1, now(), || None, |_| start()).unwrap().landed().await
    }

    #[tokio::test]
    async fn many_readers_cause_one_flight() {
        let flights = Flights::<u8, usize>::new();
        let started = Arc::new(AtomicUsize::new(0));
        let readers: Vec<_> = (0..100)
            .map(|_| {
                let (flights, started) = (Arc::clone(&flights), Arc::clone(&started));
                tokio::spawn(async move {
                    let start = move || async move {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        started.fetch_add(1, SeqCst)
                    };
                    join(&flights, start).await
                })
            })
            .collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), Some(0));
        }
        assert_eq!(started.load(SeqCst), 1);
        let under_way = flights.under_way.lock().unwrap();
        assert!(under_way.open.is_empty() && under_way.count == 0);
    }

    #[tokio::test]
    async fn a_reader_that_leaves_does_not_end_the_flight() {
        let flights = Flights::<u8, usize>::new();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            5
        };
        let first = tokio::time::timeout(Duration::from_millis(5), join(&flights, slow)).await;
        assert!(first.is_err());
        let second = join(&flights, || async { 6 }).await;
        assert_eq!(second, Some(5));
    }

    #[tokio::test]
    async fn a_task_that_dies_fails_its_readers_and_nobody_else() {
        let flights = Flights::<u8, usize>::new();
        assert_eq!(join(&flights, || async { panic!("as the test wants") }).await, None);
        assert_eq!(join(&flights, || async { 6 }).await, Some(6));
    }

    #[tokio::test]
    async fn whoever_waits_is_told_what_the_origin_said_and_then_what_it_brought() {
        let flights = Flights::<u8, usize>::new();
        let said = || Arc::new(Interim::new(http::StatusCode::PROCESSING, &http::HeaderMap::new()).unwrap());
        let start = |tower: Arc<Tower<usize>>| async move {
            for _ in 0..=interim::MOST {
                tower.tell(said());
            }
            6
        };
        let first = flights.board(1, now(), || None, start).unwrap();
        let second = flights.board(1, now(), || None, |_| async { 7 }).unwrap();
        for mut seat in [first, second] {
            for _ in 0..interim::MOST {
                assert!(matches!(seat.next().await, Some(News::Interim(_))));
            }
            assert!(matches!(seat.next().await, Some(News::Stage(Stage::Landed(6)))));
        }
    }

    #[tokio::test]
    async fn what_has_landed_meanwhile_needs_no_flight() {
        let flights = Flights::<u8, usize>::new();
        let seat = flights.board(1, now(), || Some(4), |_| async { 6 }).unwrap();
        assert!(!seat.is_shared());
        assert_eq!(seat.landed().await, Some(4));
    }

    #[tokio::test]
    async fn nobody_boards_a_flight_that_was_purged() {
        let flights = Flights::<u8, usize>::new();
        let slow = |_| async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            5
        };
        let first = flights.board(1, now(), || None, slow).unwrap();
        let outdated = (now().0, |_| true);
        let later = |_| async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            6
        };
        let second = flights.board(1, outdated, || None, later).unwrap();
        assert!(!second.is_shared());
        assert_eq!(first.landed().await, Some(5), "who was in it before waits for it");
        let third = flights.board(1, now(), || None, |_| async { 7 }).unwrap();
        assert!(third.is_shared(), "the end of the first is not that of the second");
        assert_eq!((second.landed().await, third.landed().await), (Some(6), Some(6)));
        let under_way = flights.under_way.lock().unwrap();
        assert!(under_way.open.is_empty() && under_way.count == 0);
    }
}
