//! The access log: one line a request, by allow-list, written by a thread of its own.
//!
//! The request path only puts a few numbers into a bounded queue; when the queue is full, lines are
//! dropped and their number is logged, since a slow disk must not slow down visitors.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;

use crate::{Outcome, RouteLabel};

/// Lines that may wait to be written.
const QUEUE: usize = 16_384;
/// Lines written at once at most.
const BATCH: usize = 1_024;
/// How long a line may wait for company.
const LINGER: Duration = Duration::from_millis(200);

/// One answered request, as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Position of the route's label.
    pub route: usize,
    /// How it was answered.
    pub outcome: Outcome,
    /// The status sent.
    pub status: u16,
    /// Body bytes sent.
    pub bytes: usize,
}

/// The sending end of the log. Dropping it ends the thread once everything is written.
pub struct AccessLog {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl AccessLog {
    /// Starts the writing thread. `labels` are those given to [`crate::Measure::new`].
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(labels: Vec<RouteLabel>, out: Box<dyn Write + Send>) -> std::io::Result<Self> {
        let (queue, entries) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_all(&entries, &labels, &lost, out))?;
        Ok(Self { queue, dropped })
    }

    pub(crate) fn write(&self, entry: Entry) {
        if self.queue.try_send(entry).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }
}

fn write_all(
    entries: &Receiver<Entry>,
    labels: &[RouteLabel],
    dropped: &AtomicU64,
    mut out: Box<dyn Write + Send>,
) {
    let mut text = String::new();
    while let Ok(first) = entries.recv() {
        // Waiting a little gathers a batch, so that a busy proxy is not woken for every line.
        std::thread::sleep(LINGER);
        let minute = minute(Timestamp::now());
        for entry in std::iter::once(first).chain(entries.try_iter().take(BATCH * 16)) {
            line(&mut text, &minute, labels, entry);
            if text.len() > BATCH * 128 {
                flush(&mut text, &mut out);
            }
        }
        let lost = dropped.swap(0, Relaxed);
        if lost > 0 {
            let _ = writeln!(text, "{{\"time\":\"{minute}\",\"dropped\":{lost}}}");
        }
        flush(&mut text, &mut out);
    }
}

fn flush(text: &mut String, out: &mut Box<dyn Write + Send>) {
    // A log that cannot be written has nowhere to be reported.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    text.clear();
}

fn line(text: &mut String, minute: &str, labels: &[RouteLabel], entry: Entry) {
    let (site, route) =
        labels.get(entry.route).map_or(("none", "none"), |label| (label.site.as_str(), label.route.as_str()));
    let _ = writeln!(
        text,
        "{{\"time\":\"{minute}\",\"site\":\"{site}\",\"route\":\"{}\",\"outcome\":\"{}\",\"status\":{},\"bytes\":{}}}",
        route.replace('\\', "\\\\").replace('"', "\\\""),
        entry.outcome.name(),
        entry.status,
        entry.bytes,
    );
}

/// The time as RFC 3339 in UTC, rounded down to the minute.
fn minute(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn times_are_rounded_to_a_minute() {
        assert_eq!(minute(Timestamp::from_second(951_782_459).unwrap()), "2000-02-29T00:00Z");
        assert_eq!(minute(Timestamp::UNIX_EPOCH), "1970-01-01T00:00Z");
    }

    #[test]
    fn lines_hold_the_route_and_nothing_finer() {
        let out = Shared::default();
        let labels = vec![RouteLabel { site: "shop.example".into(), route: "/p/*".into() }];
        let log = AccessLog::start(labels, Box::new(out.clone())).unwrap();
        log.write(Entry { route: 0, outcome: Outcome::Hit, status: 200, bytes: 10 });
        drop(log);
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(50));
            if !out.0.lock().unwrap().is_empty() {
                break;
            }
        }
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        let tail = text.split_once(',').unwrap().1;
        assert_eq!(
            tail,
            "\"site\":\"shop.example\",\"route\":\"/p/*\",\"outcome\":\"hit\",\"status\":200,\"bytes\":10}\n"
        );
    }
}
