//! What waits to be written or removed, and the one thread that does it.
//!
//! INVARIANT: a record is in the index only while its file is as it was last put. Whoever removes one takes it
//! out of the index at once; its file follows before anything else is written, and what is being written at
//! that moment is not taken in.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::files::Files;
use crate::index::Index;
use crate::{Name, record};

/// How long nothing is written after a write failed: a full disk is not asked again at once.
const PAUSE: Duration = Duration::from_secs(10);

/// A record that waits to be written.
pub(crate) struct Write {
    pub(crate) head: Bytes,
    pub(crate) body: Vec<Bytes>,
}

impl Write {
    pub(crate) fn bytes(&self) -> u64 {
        record::file_bytes(&self.head, &self.body)
    }
}

/// What everybody looks at under one lock, never for longer than a few look-ups.
pub(crate) struct State {
    pub(crate) index: Index,
    /// By name, the last that was put and is not yet written, with its number.
    pending: HashMap<Name, (u64, Arc<Write>)>,
    writes: VecDeque<(Name, u64)>,
    removals: VecDeque<Name>,
    waiting_bytes: u64,
    next: u64,
    busy: bool,
    ends: bool,
    paused_until: Option<Instant>,
}

/// Bounds of what waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) records: usize,
    pub(crate) bytes: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) read: AtomicU64,
    pub(crate) damaged: AtomicU64,
    pub(crate) slow: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) evicted: AtomicU64,
}

/// What the handle and the thread share.
pub(crate) struct Shared {
    pub(crate) files: Files,
    pub(crate) counters: Counters,
    waiting: Waiting,
    state: Mutex<State>,
    wake: Condvar,
    idle: Notify,
}

impl Shared {
    /// `removals` are files to begin with.
    pub(crate) fn new(files: Files, index: Index, removals: Vec<Name>, waiting: Waiting) -> Self {
        let state = State {
            index,
            pending: HashMap::new(),
            writes: VecDeque::new(),
            removals: removals.into(),
            waiting_bytes: 0,
            next: 0,
            busy: false,
            ends: false,
            paused_until: None,
        };
        let (wake, idle) = (Condvar::new(), Notify::new());
        Self { files, counters: Counters::default(), waiting, state: Mutex::new(state), wake, idle }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a record; false if there is no room. Then what was stored under its name goes, since it is
    /// older.
    pub(crate) fn put(&self, name: Name, write: Write) -> bool {
        let mut state = self.state();
        let bytes = write.bytes();
        let paused = state.paused_until.is_some_and(|until| Instant::now() < until);
        let room =
            state.writes.len() < self.waiting.records && state.waiting_bytes + bytes <= self.waiting.bytes;
        let taken = room && !paused && !state.ends;
        if taken {
            let number = state.next;
            state.next += 1;
            state.unwait(name);
            state.waiting_bytes += bytes;
            state.pending.insert(name, (number, Arc::new(write)));
            state.writes.push_back((name, number));
        } else {
            state.remove(name);
            self.counters.turned_away.fetch_add(1, Relaxed);
        }
        drop(state);
        self.wake.notify_one();
        taken
    }

    /// Takes records out. Their files follow.
    pub(crate) fn remove(&self, names: impl IntoIterator<Item = Name>) {
        let mut state = self.state();
        names.into_iter().for_each(|name| state.remove(name));
        drop(state);
        self.wake.notify_one();
    }

    /// Takes out a record that cannot be read, if it is still the same.
    pub(crate) fn remove_damaged(&self, name: Name, id: u64) {
        let mut state = self.state();
        if state.index.has(name, id) {
            state.index.forget(name);
            state.removals.push_back(name);
            self.counters.damaged.fetch_add(1, Relaxed);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Ends the thread: files to remove are removed, records that wait are not written.
    pub(crate) fn end(&self) {
        self.state().ends = true;
        self.wake.notify_one();
    }

    /// Waits until nothing waits.
    pub(crate) async fn flush(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.state().is_idle() {
                return;
            }
            idle.await;
        }
    }

    /// The thread's work, until the end.
    pub(crate) fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(name) = state.removals.pop_front() {
                let removed;
                (state, removed) = self.apart(state, || self.files.remove(name));
                self.counters.failed.fetch_add(u64::from(removed.is_err()), Relaxed);
            } else if state.ends {
                self.idle.notify_waiters();
                return;
            } else if let Some((name, number)) = state.writes.pop_front() {
                // Removed or replaced in the meantime, if it is no longer the one that is pending.
                if let Some(write) = state.waits(name, number) {
                    state = self.write(state, name, number, &write);
                }
            } else {
                self.idle.notify_waiters();
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn write<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        name: Name,
        number: u64,
        write: &Write,
    ) -> MutexGuard<'s, State> {
        let put = || self.files.write(name, &write.head, &write.body);
        let (mut state, written) = self.apart(state, put);
        if state.waits(name, number).is_none() {
            // Whoever removed or replaced it did so while it was written.
            state.removals.push_back(name);
            return state;
        }
        state.unwait(name);
        if written.is_ok() {
            let gone = state.index.insert(name, write.bytes());
            self.counters.evicted.fetch_add(gone.len() as u64, Relaxed);
            state.removals.extend(gone);
            self.counters.written.fetch_add(1, Relaxed);
        } else {
            // The earlier one is older than what could not be written.
            state.index.forget(name);
            state.removals.push_back(name);
            state.paused_until = Some(Instant::now() + PAUSE);
            self.counters.failed.fetch_add(1, Relaxed);
        }
        state
    }

    /// Does something without the lock.
    fn apart<'s, T>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        work: impl FnOnce() -> T,
    ) -> (MutexGuard<'s, State>, T) {
        state.busy = true;
        drop(state);
        let done = work();
        let mut state = self.state();
        state.busy = false;
        (state, done)
    }
}

impl State {
    /// The record of this name that waits to be written.
    pub(crate) fn pending(&self, name: Name) -> Option<Arc<Write>> {
        self.pending.get(&name).map(|(_, write)| Arc::clone(write))
    }

    /// The record of this number, if it is still the last of its name.
    fn waits(&self, name: Name, number: u64) -> Option<Arc<Write>> {
        let (last, write) = self.pending.get(&name)?;
        (*last == number).then(|| Arc::clone(write))
    }

    fn unwait(&mut self, name: Name) {
        if let Some((_, write)) = self.pending.remove(&name) {
            self.waiting_bytes -= write.bytes();
        }
    }

    fn remove(&mut self, name: Name) {
        self.unwait(name);
        if self.index.forget(name) {
            self.removals.push_back(name);
        }
    }

    fn is_idle(&self) -> bool {
        !self.busy && self.removals.is_empty() && (self.writes.is_empty() || self.ends)
    }
}
