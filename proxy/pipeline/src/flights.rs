//! One flight per key: many readers wait for one task, which belongs to none of them. What is hard purged while it is
//! under way has a second one, for those who come later, and so on, up to a bound.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_variants::Began;
use tokio::sync::{oneshot, watch};

use crate::arrival::Arrival;
use crate::interim::{self, Interim};

/// Flights that may be under way at once; past that, a new one is refused.
const MAX_FLIGHTS: usize = 8_192;
/// Flights for one key that may be under way at once, each but the last purged since it began. The next one waits until
/// one of them is over: or whoever can have a page purged could take the room of all others, and the origin's time.
const MOST_OF_ONE: usize = 3;

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
    flights: HashMap<K, OfOne<V>>,
    /// How many there are, with those that nobody may board any more.
    count: usize,
}

/// The flights for one key.
///
/// INVARIANT: `waiting` is there only if the open one has not begun, and [`MOST_OF_ONE`] have.
struct OfOne<V> {
    /// The last one, which can be boarded.
    open: Option<Open<V>>,
    /// How many have begun and are not over.
    flying: usize,
    /// Tells the open one that it may begin.
    waiting: Option<oneshot::Sender<()>>,
}

impl<V> Default for OfOne<V> {
    fn default() -> Self {
        Self { open: None, flying: 0, waiting: None }
    }
}

/// A flight that can be boarded.
struct Open<V> {
    watched: Watched<V>,
    /// When it began, among the purges; `None` while it waits for its turn.
    began: Option<Began>,
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
        Arc::new(Self { under_way: Mutex::new(UnderWay { flights: HashMap::new(), count: 0 }) })
    }

    /// A seat in the flight for `key`: the one under way, or a new one made of `start`, which begins `now` or when it is
    /// its turn. `start` must do nothing before it is waited for.
    ///
    /// Nobody boards a flight that is `outdated`, since what it brings was purged after it began: those who were in
    /// it before that wait for it, whoever comes later takes the next. One that has yet to begin is never outdated.
    /// `landed` is asked under the lock, since a flight may have landed between the caller's look into the cache and
    /// this call. `None` when there are too many flights.
    pub(crate) fn board<F>(
        self: &Arc<Self>,
        key: K,
        (now, outdated): (impl Fn() -> Began + Send + 'static, impl FnOnce(Began) -> bool),
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Arc<Tower<V>>) -> F,
    ) -> Option<Seat<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let open = under_way.flights.get(&key).and_then(|of_one| of_one.open.as_ref());
        if let Some(open) = open.filter(|open| !open.began.is_some_and(outdated)) {
            return Some(Seat::Flying { watched: open.watched.clone(), first: false, told: 0 });
        }
        if let Some(value) = landed() {
            return Some(Seat::Landed(value));
        }
        if under_way.count >= MAX_FLIGHTS {
            return None;
        }
        let (landing, watched) = watch::channel(Progress { interim: Vec::new(), stage: None });
        under_way.count += 1;
        let of_one = under_way.flights.entry(key.clone()).or_default();
        let turn = of_one.turn();
        of_one.open = Some(Open { watched: watched.clone(), began: turn.is_none().then(&now) });
        // The guard ends the flight however the task ends, a panic included.
        let flight = Flight { flights: Arc::clone(self), key, watched: watched.clone() };
        let tower = Arc::new(Tower(landing));
        let task = start(Arc::clone(&tower));
        tokio::spawn(async move {
            if let Some(turn) = turn {
                // What would tell it is there until it does.
                drop(turn.await);
                flight.begins(now());
            }
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

impl<V> OfOne<V> {
    /// Has one more begin, or gives it what to wait for.
    fn turn(&mut self) -> Option<oneshot::Receiver<()>> {
        if self.flying < MOST_OF_ONE {
            self.flying += 1;
            return None;
        }
        let (waiting, turn) = oneshot::channel();
        self.waiting = Some(waiting);
        Some(turn)
    }

    fn is_open(&self, watched: &Watched<V>) -> bool {
        self.open.as_ref().is_some_and(|open| open.watched.same_channel(watched))
    }

    /// One is over.
    fn ends(&mut self, watched: &Watched<V>) {
        let is_open = self.is_open(watched);
        if is_open {
            self.open = None;
        }
        match self.waiting.take() {
            // It is the one that waits, and has ended before its turn.
            Some(_) if is_open => {}
            // Its place goes to the one that waits. If that is no longer there, its own end frees the place.
            Some(waiting) => drop(waiting.send(())),
            None => self.flying -= 1,
        }
    }
}

struct Flight<K: Eq + Hash, V> {
    flights: Arc<Flights<K, V>>,
    key: K,
    watched: Watched<V>,
}

impl<K: Eq + Hash, V> Flight<K, V> {
    /// Its turn has come: what is purged from now on is purged after it began.
    fn begins(&self, now: Began) {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_one) = under_way.flights.get_mut(&self.key).filter(|of| of.is_open(&self.watched))
            && let Some(open) = &mut of_one.open
        {
            open.began = Some(now);
        }
    }
}

impl<K: Eq + Hash, V> Drop for Flight<K, V> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.count -= 1;
        if let Some(of_one) = under_way.flights.get_mut(&self.key) {
            of_one.ends(&self.watched);
            if of_one.flying == 0 {
                under_way.flights.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
