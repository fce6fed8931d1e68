//! The queue of bodies that wait for their compressed forms, and the threads that make them.
//!
//! The threads have a lower priority than those that answer, so that a burst of new variants takes what
//! processors have left over. Where jobs come faster, the newest are turned away and counted; what they are
//! of is sent as it is until it is offered again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::{fmt, io};

use cloakroom_vocabulary::Coding;

/// How much lower the priority of the threads is, as `nice` counts it: each step is about a tenth less of a
/// processor that is wanted by others too.
const NICE: i32 = 10;
/// The lowest priority that Linux has.
const LOWEST: i32 = 19;

/// Bounds of a [`Compressor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Threads that compress; 0 means 1.
    pub threads: usize,
    /// The most jobs that wait. Each holds on to the body that it is of.
    pub waiting: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { threads: 1, waiting: 4_096 }
    }
}

/// A stored body that may get compressed forms.
pub trait Job: Send + 'static {
    /// The codings of forms that are still missing, asked when the job's turn has come: none if what it is
    /// of is no longer stored.
    fn wanted(&self) -> impl Iterator<Item = Coding>;

    /// The body, as slices one after another.
    fn body(&self) -> Vec<&[u8]>;

    /// Takes a form; `None` if it would not be worth it, or cannot be made. Called once for each coding that
    /// was wanted, so that what is `None` need not be offered again.
    fn done(&self, coding: Coding, form: Option<Vec<u8>>);
}

/// What has happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs that were taken.
    pub taken: u64,
    /// Jobs that were turned away, since too many were waiting.
    pub turned_away: u64,
    /// Forms that were made and are smaller.
    pub made: u64,
    /// Forms that were not enough smaller.
    pub not_smaller: u64,
    /// Forms and jobs that failed, by an error or a panic.
    pub failed: u64,
    /// Bytes of bodies that forms were made of, counted once a form.
    pub bytes_in: u64,
    /// Bytes of the forms that were made.
    pub bytes_out: u64,
}

#[derive(Default)]
struct Counters {
    taken: AtomicU64,
    turned_away: AtomicU64,
    made: AtomicU64,
    not_smaller: AtomicU64,
    failed: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// Compresses stored bodies in threads of its own. When it is dropped, jobs that wait are dropped with it,
/// and the threads end after the form that each is at.
pub struct Compressor<J> {
    /// Absent only while it is being dropped.
    queue: Option<SyncSender<J>>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    counters: Counters,
    ends: AtomicBool,
}

impl<J: Job> Compressor<J> {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system's reason why there can be no more threads.
    pub fn start(config: Config) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(config.waiting);
        let (receiver, shared) = (Arc::new(Mutex::new(receiver)), Arc::new(Shared::default()));
        let mut started = Self { queue: Some(sender), shared, threads: Vec::new() };
        for _ in 0..config.threads.max(1) {
            let (receiver, shared) = (Arc::clone(&receiver), Arc::clone(&started.shared));
            let thread = thread::Builder::new().name("compressor".to_owned());
            started.threads.push(thread.spawn(move || work(&receiver, &shared))?);
        }
        Ok(started)
    }

    /// Puts a job at the end of the queue, without waiting; false if it was turned away.
    pub fn offer(&self, job: J) -> bool {
        let taken = self.queue.as_ref().is_some_and(|queue| queue.try_send(job).is_ok());
        let counters = &self.shared.counters;
        let counter = if taken { &counters.taken } else { &counters.turned_away };
        counter.fetch_add(1, Relaxed);
        taken
    }

    /// What has happened since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let counters = &self.shared.counters;
        Counts {
            taken: counters.taken.load(Relaxed),
            turned_away: counters.turned_away.load(Relaxed),
            made: counters.made.load(Relaxed),
            not_smaller: counters.not_smaller.load(Relaxed),
            failed: counters.failed.load(Relaxed),
            bytes_in: counters.bytes_in.load(Relaxed),
            bytes_out: counters.bytes_out.load(Relaxed),
        }
    }
}

impl<J> Drop for Compressor<J> {
    fn drop(&mut self) {
        self.shared.ends.store(true, Relaxed);
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A job may hold the last handle; its thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl<J> fmt::Debug for Compressor<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

fn work<J: Job>(queue: &Mutex<Receiver<J>>, shared: &Shared) {
    give_way();
    loop {
        // Nothing that holds the lock can panic; whoever waits for it would wait for a job anyway.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if shared.ends.load(Relaxed) {
            return;
        }
        // What panics is the job of one body; others must not wait for it for ever.
        if catch_unwind(AssertUnwindSafe(|| run(job, shared))).is_err() {
            shared.counters.failed.fetch_add(1, Relaxed);
        }
    }
}

fn run<J: Job>(job: J, shared: &Shared) {
    let counters = &shared.counters;
    for coding in job.wanted().take(Coding::COUNT) {
        if shared.ends.load(Relaxed) {
            return;
        }
        let body = job.body();
        let bytes_in: u64 = body.iter().map(|part| part.len() as u64).sum();
        let form = catch_unwind(AssertUnwindSafe(|| crate::form(&body, coding)));
        let form = match form {
            Ok(Ok(Some(form))) => {
                counters.made.fetch_add(1, Relaxed);
                counters.bytes_in.fetch_add(bytes_in, Relaxed);
                counters.bytes_out.fetch_add(form.len() as u64, Relaxed);
                Some(form)
            }
            Ok(Ok(None)) => {
                counters.not_smaller.fetch_add(1, Relaxed);
                None
            }
            Ok(Err(_)) | Err(_) => {
                counters.failed.fetch_add(1, Relaxed);
                None
            }
        };
        job.done(coding, form);
    }
}

/// Lowers the priority of this thread. If that cannot be done, it is as high as others.
#[cfg(target_os = "linux")]
fn give_way() {
    use rustix::process::{getpriority_process, setpriority_process};
    // On Linux each thread has a priority of its own, by its own number.
    let this = Some(rustix::thread::gettid());
    if let Ok(now) = getpriority_process(this) {
        let _ = setpriority_process(this, (now + NICE).min(LOWEST));
    }
}

/// Elsewhere a priority is of all threads together.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests;
