//! One flight per key: many readers wait for one task, which belongs to none of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Flights that may be under way at once; past that, a new one is refused.
const MAX_FLIGHTS: usize = 8_192;

/// The flights under way.
pub(crate) struct Flights<K, V> {
    under_way: Mutex<HashMap<K, watch::Receiver<Option<V>>>>,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: Mutex::new(HashMap::new()) })
    }

    /// The result of the flight for `key`: the one under way, or a new one made of `start`.
    ///
    /// `landed` is asked under the lock, since a flight may have landed between the caller's look
    /// into the cache and this call. `None` when there are too many flights, or the task died.
    pub(crate) async fn join<F>(
        self: &Arc<Self>,
        key: K,
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce() -> F,
    ) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut seat = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(seat) = under_way.get(&key) {
                seat.clone()
            } else if let Some(value) = landed() {
                return Some(value);
            } else if under_way.len() >= MAX_FLIGHTS {
                return None;
            } else {
                let (landing, seat) = watch::channel(None);
                under_way.insert(key.clone(), seat.clone());
                // The guard ends the flight however the task ends, a panic included.
                let flight = Flight { flights: Arc::clone(self), key };
                let task = start();
                tokio::spawn(async move {
                    let value = task.await;
                    drop(flight);
                    landing.send_replace(Some(value));
                });
                seat
            }
        };
        seat.wait_for(Option::is_some).await.ok().and_then(|value| (*value).clone())
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
                    flights.join(7, || None, start).await
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
        let first = tokio::time::timeout(Duration::from_millis(5), flights.join(1, || None, slow)).await;
        assert!(first.is_err());
        let second = flights.join(1, || None, || async { 6 }).await;
        assert_eq!(second, Some(5));
    }

    #[tokio::test]
    async fn a_task_that_dies_fails_its_readers_and_nobody_else() {
        let flights = Flights::<u8, usize>::new();
        assert_eq!(flights.join(1, || None, || async { panic!("as the test wants") }).await, None);
        assert_eq!(flights.join(1, || None, || async { 6 }).await, Some(6));
    }
}
