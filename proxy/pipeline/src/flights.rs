//! One flight per key: many readers wait for one task, which belongs to none of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::arrival::Arrival;

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

type Watched<V> = watch::Receiver<Option<Stage<V>>>;

/// The flights under way.
pub(crate) struct Flights<K, V> {
    under_way: Mutex<HashMap<K, Watched<V>>>,
}

/// A place in a flight.
pub(crate) enum Seat<V> {
    /// There was no need to fly.
    Landed(V),
    /// In the flight; `first` for whoever began it.
    Flying { watched: Watched<V>, first: bool },
}

/// Where a flight tells that what it brings can be read along.
pub(crate) struct Tower<V>(watch::Sender<Option<Stage<V>>>);

impl<V> Tower<V> {
    pub(crate) fn announce(&self, arrival: Arc<Arrival>) {
        self.0.send_replace(Some(Stage::Arriving(arrival)));
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: Mutex::new(HashMap::new()) })
    }

    /// A seat in the flight for `key`: the one under way, or a new one made of `start`.
    ///
    /// `landed` is asked under the lock, since a flight may have landed between the caller's look
    /// into the cache and this call. `None` when there are too many flights.
    pub(crate) fn board<F>(
        self: &Arc<Self>,
        key: K,
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Arc<Tower<V>>) -> F,
    ) -> Option<Seat<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = under_way.get(&key) {
            return Some(Seat::Flying { watched: watched.clone(), first: false });
        }
        if let Some(value) = landed() {
            return Some(Seat::Landed(value));
        }
        if under_way.len() >= MAX_FLIGHTS {
            return None;
        }
        let (landing, watched) = watch::channel(None);
        under_way.insert(key.clone(), watched.clone());
        // The guard ends the flight however the task ends, a panic included.
        let flight = Flight { flights: Arc::clone(self), key };
        let tower = Arc::new(Tower(landing));
        let task = start(Arc::clone(&tower));
        tokio::spawn(async move {
            let value = task.await;
            drop(flight);
            tower.0.send_replace(Some(Stage::Landed(value)));
        });
        Some(Seat::Flying { watched, first: true })
    }
}

impl<V: Clone + Send + Sync> Seat<V> {
    /// Whether somebody else had begun the flight.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Flying { first: false, .. })
    }

    /// The first there is to be had: `None` if the task has died.
    pub(crate) async fn first(&mut self) -> Option<Stage<V>> {
        match self {
            Self::Landed(value) => Some(Stage::Landed(value.clone())),
            Self::Flying { watched, .. } => {
                watched.wait_for(Option::is_some).await.ok().and_then(|stage| (*stage).clone())
            }
        }
    }

    /// What the flight brings in the end: `None` if the task has died.
    pub(crate) async fn landed(self) -> Option<V> {
        let Self::Flying { mut watched, .. } = self else {
            let Self::Landed(value) = self else { return None };
            return Some(value);
        };
        let stage = watched.wait_for(|stage| matches!(stage, Some(Stage::Landed(_)))).await.ok()?;
        match &*stage {
            Some(Stage::Landed(value)) => Some(value.clone()),
            _ => None,
        }
    }
}

struct Flight<K: Eq + Hash, V> {
    flights: Arc<Flights<K, V>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Flight<K, V> {
    fn drop(&mut self) {
        self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    async fn join<F>(flights: &Arc<Flights<u8, usize>>, start: impl FnOnce() -> F) -> Option<usize>
    where
        F: Future<Output = usize> + Send + 'static,
    {
        flights.board(1, || None, |_| start()).unwrap().landed().await
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
        assert!(flights.under_way.lock().unwrap().is_empty());
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
    async fn what_has_landed_meanwhile_needs_no_flight() {
        let flights = Flights::<u8, usize>::new();
        let seat = flights.board(1, || Some(4), |_| async { 6 }).unwrap();
        assert!(!seat.is_shared());
        assert_eq!(seat.landed().await, Some(4));
    }
}
