//! A queue that is full, jobs that panic, threads that give way, and an end that comes at any time.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use super::*;

const SOON: Duration = Duration::from_secs(20);

/// Tells what it was given; can be told to panic, or to wait.
struct Noted {
    wanted: Vec<Coding>,
    body: &'static [u8],
    told: Sender<(Coding, Option<Vec<u8>>)>,
    before: Box<dyn Fn() + Send>,
}

impl Job for Noted {
    fn wanted(&self) -> impl Iterator<Item = Coding> {
        (self.before)();
        self.wanted.iter().copied()
    }

    fn body(&self) -> Vec<&[u8]> {
        vec![self.body, b"", self.body]
    }

    fn done(&self, coding: Coding, form: Option<Vec<u8>>) {
        self.told.send((coding, form)).unwrap();
    }
}

const TEXT: &[u8] = &[b'a'; 5_000];
const NOISE: &[u8] = b"\x91\x07\xf2\x5c\x33\xe8";

fn noted(wanted: &[Coding], body: &'static [u8], told: &Sender<(Coding, Option<Vec<u8>>)>) -> Noted {
    Noted { wanted: wanted.to_vec(), body, told: told.clone(), before: Box::new(|| {}) }
}

#[test]
fn each_wanted_form_is_made_once() {
    let compressor = Compressor::start(Config::default()).unwrap();
    let (told, forms) = mpsc::channel();
    assert!(compressor.offer(noted(&Coding::ALL, TEXT, &told)));
    for coding in Coding::ALL {
        let whole = crate::compress(&[TEXT, TEXT], coding).unwrap();
        assert_eq!(forms.recv_timeout(SOON).unwrap(), (coding, Some(whole)));
    }
    assert!(compressor.offer(noted(&[Coding::Gzip], NOISE, &told)));
    assert_eq!(forms.recv_timeout(SOON).unwrap(), (Coding::Gzip, None));
    drop(told);
    assert!(forms.recv_timeout(SOON).is_err(), "and no more");
    let counts = compressor.counts();
    assert_eq!((counts.taken, counts.made, counts.not_smaller, counts.failed), (2, 3, 1, 0));
    assert_eq!(counts.bytes_in, 3 * 2 * TEXT.len() as u64);
    assert!(counts.bytes_out > 0 && counts.bytes_out < 300, "{counts:?}");
}

#[test]
fn the_newest_are_turned_away_when_the_queue_is_full() {
    let compressor = Compressor::start(Config { threads: 1, waiting: 3 }).unwrap();
    let (told, forms) = mpsc::channel();
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let mut first = noted(&[Coding::Zstd], TEXT, &told);
    first.before = Box::new(move || {
        begun.send(()).unwrap();
        may_go.recv_timeout(SOON).unwrap();
    });
    assert!(compressor.offer(first));
    has_begun.recv_timeout(SOON).unwrap();
    let taken = [(); 5].map(|()| compressor.offer(noted(&[Coding::Brotli], TEXT, &told)));
    assert_eq!(taken, [true, true, true, false, false]);
    go.send(()).unwrap();
    drop(told);
    let made: Vec<_> = forms.iter().map(|(coding, _)| coding).collect();
    assert_eq!(made, [Coding::Zstd, Coding::Brotli, Coding::Brotli, Coding::Brotli]);
    let counts = compressor.counts();
    assert_eq!((counts.taken, counts.turned_away, counts.made), (4, 2, 4));
}

#[test]
fn a_worker_outlives_jobs_that_panic() {
    let compressor = Compressor::start(Config { threads: 1, waiting: 16 }).unwrap();
    let (told, forms) = mpsc::channel();
    for _ in 0..3 {
        let mut hostile = noted(&Coding::ALL, TEXT, &told);
        hostile.before = Box::new(|| panic!("a job that panics, as it should"));
        assert!(compressor.offer(hostile));
        // Nobody takes what it makes: its `done` panics.
        let (told, nobody) = mpsc::channel();
        drop(nobody);
        assert!(compressor.offer(noted(&Coding::ALL, TEXT, &told)));
    }
    assert!(compressor.offer(noted(&[Coding::Brotli], TEXT, &told)));
    assert_eq!(forms.recv_timeout(SOON).unwrap().0, Coding::Brotli);
    assert_eq!(compressor.counts().failed, 6);
}

#[test]
fn an_end_leaves_what_waits_and_no_thread_behind() {
    let compressor = Compressor::start(Config { threads: 3, waiting: 1_000 }).unwrap();
    let (told, forms) = mpsc::channel();
    for _ in 0..1_000 {
        compressor.offer(noted(&Coding::ALL, TEXT, &told));
    }
    drop(told);
    drop(compressor);
    // All jobs are gone, and so are those who could tell of them.
    let made = forms.try_iter().count();
    assert_eq!(forms.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    assert!(made < 3_000, "the queue was not worked off");
}

#[test]
fn a_job_may_hold_the_compressor() {
    struct Last(Mutex<Option<Arc<Compressor<Last>>>>, Sender<()>);
    impl Job for Last {
        fn wanted(&self) -> impl Iterator<Item = Coding> {
            // The other handle is gone by now, or goes in the meantime.
            drop(self.0.lock().unwrap().take());
            std::iter::empty()
        }
        fn body(&self) -> Vec<&[u8]> {
            Vec::new()
        }
        fn done(&self, _: Coding, _: Option<Vec<u8>>) {}
    }
    impl Drop for Last {
        fn drop(&mut self) {
            let _ = self.1.send(());
        }
    }
    let compressor = Arc::new(Compressor::start(Config::default()).unwrap());
    let (told, ended) = mpsc::channel();
    compressor.offer(Last(Mutex::new(Some(Arc::clone(&compressor))), told));
    drop(compressor);
    ended.recv_timeout(SOON).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn threads_give_way_to_those_that_answer() {
    use rustix::process::getpriority_process;
    let own = || getpriority_process(Some(rustix::thread::gettid())).unwrap();
    let compressor = Compressor::start(Config::default()).unwrap();
    let (told, forms) = mpsc::channel();
    let (tell, priority) = mpsc::channel();
    let mut job = noted(&[Coding::Gzip], TEXT, &told);
    job.before = Box::new(move || tell.send(own()).unwrap());
    compressor.offer(job);
    assert_eq!(priority.recv_timeout(SOON).unwrap(), (own() + NICE).min(LOWEST));
    forms.recv_timeout(SOON).unwrap();
}
