//! The tier itself: opened once, asked and told by names.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, io};

use bytes::Bytes;
use cloakroom_private_files::Folder;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::files::Files;
use crate::index::Index;
use crate::record::{MAX_HEAD_BYTES, MAX_RECORD_BYTES, Record};
use crate::writer::{Shared, Waiting, Write};
use crate::{Name, record};

/// The file of the key that seals and names are made with.
const KEY: &str = "key";
/// Under which names are made; no record can be called so.
const NAMING: &str = "names";
/// Reads at a time. Each takes a thread of the runtime's pool for blocking work.
const READS: usize = 32;
/// The most that one record may take of the whole.
const LARGEST_SHARE: u64 = 4;

/// What a [`Disk`] may use.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder: made if it is not there. Nobody else may use it.
    pub path: PathBuf,
    /// The most bytes that its records take, each rounded up to 4 KiB.
    pub max_bytes: u64,
    /// The most records.
    pub max_files: usize,
    /// The most records that wait to be written.
    pub waiting: usize,
    /// The most bytes that wait to be written.
    pub waiting_bytes: u64,
    /// How long a read may take.
    pub read_within: Duration,
    /// How long looking through the folder may take at the start. What was used longest ago comes last, and
    /// what is not reached in time is removed.
    pub open_within: Duration,
}

impl Config {
    /// A folder and the bytes that it may take, with bounds that fit a proxy: a million records, 1,024 records
    /// or 64 MiB waiting, half a second for a read, half a minute for the start.
    #[must_use]
    pub fn new(path: PathBuf, max_bytes: u64) -> Self {
        Self {
            path,
            max_bytes,
            max_files: 1_000_000,
            waiting: 1_024,
            waiting_bytes: 64 << 20,
            read_within: Duration::from_millis(500),
            open_within: Duration::from_secs(30),
        }
    }
}

/// Why there is no disk tier.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Somebody else has it, or the same process twice.
    #[error("`{}` is in use by another process: this one keeps no pages on disk", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("`{}` cannot be used to keep pages on disk: {cause}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
}

/// What has happened since the start, and what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that were read.
    pub read: u64,
    /// Records that were removed since they could not be read, or not as they were written.
    pub damaged: u64,
    /// Reads that took too long, or found too many others going on.
    pub slow: u64,
    /// Records that were written.
    pub written: u64,
    /// Records that were too large, or found too many others waiting, or a pause after a failure.
    pub turned_away: u64,
    /// Records that could not be written, and files that could not be removed: these come back at the next
    /// start.
    pub failed: u64,
    /// Records that went since there was no more room.
    pub evicted: u64,
    /// Records that are there.
    pub files: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// Records on disk, each under its name. Nothing that goes wrong with them is an error: they are not there,
/// and the counts say why.
pub struct Disk {
    shared: Arc<Shared>,
    reads: Arc<Semaphore>,
    read_within: Duration,
    largest: u64,
    writer: Option<JoinHandle<()>>,
    /// Held as long as the folder is used.
    _lock: File,
}

impl Disk {
    /// Opens the folder, and shows the head of each whole record to `wanted`, the last used first; those that
    /// it does not want are removed, and so is what is damaged. Takes time that grows with the number of
    /// records: 100,000 take about two seconds if the system has them in memory.
    ///
    /// # Errors
    /// [`DiskError`]: somebody else has the folder, or it cannot be written to.
    pub fn open(config: &Config, mut wanted: impl FnMut(Name, &[u8]) -> bool) -> Result<Self, DiskError> {
        let unusable = |cause| DiskError::Unusable { path: config.path.clone(), cause };
        let folder = Folder::new(&config.path);
        let lock = folder.try_lock().map_err(unusable)?;
        let lock = lock.ok_or_else(|| DiskError::InUse { path: config.path.clone() })?;
        let files = Files::new(config.path.clone(), folder.seal(KEY).map_err(unusable)?);
        let until = Instant::now() + config.open_within;
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        let mut damaged = 0;
        let mut room = (config.max_bytes, config.max_files);
        for listed in files.list() {
            let taken = Index::taken(listed.bytes);
            let fits = room.0 >= taken && room.1 > 0 && Instant::now() < until;
            let head = if fits { files.read_head(listed.name).ok() } else { None };
            damaged += u64::from(fits && head.is_none());
            if head.is_some_and(|head| wanted(listed.name, &head)) {
                room = (room.0 - taken, room.1 - 1);
                kept.push(listed);
            } else {
                removed.push(listed.name);
            }
        }
        let mut index = Index::new(config.max_bytes, config.max_files);
        for listed in kept.iter().rev() {
            // All fit, so that none goes.
            index.insert(listed.name, listed.bytes);
        }
        let waiting = Waiting { records: config.waiting, bytes: config.waiting_bytes };
        let shared = Arc::new(Shared::new(files, index, removed, waiting));
        shared.counters.damaged.store(damaged, Relaxed);
        let of_thread = Arc::clone(&shared);
        let writer = thread::Builder::new().name("disk".to_owned());
        let writer = writer.spawn(move || of_thread.work()).map_err(unusable)?;
        Ok(Self {
            shared,
            reads: Arc::new(Semaphore::new(READS)),
            read_within: config.read_within,
            largest: (config.max_bytes / LARGEST_SHARE).min(MAX_RECORD_BYTES),
            writer: Some(writer),
            _lock: lock,
        })
    }

    /// The name for what these parts tell apart, the same after a restart. It is made with the folder's key,
    /// so that nobody can tell from a name what it stands for, or find the name of something.
    #[must_use]
    pub fn name(&self, parts: &[&[u8]]) -> Name {
        let lengths: Vec<_> = parts.iter().map(|part| (part.len() as u64).to_le_bytes()).collect();
        let told: Vec<&[u8]> =
            lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), *part]).collect();
        Name::of(&self.shared.files.seal().over(NAMING, &told))
    }

    /// The record of this name, as it was last put.
    ///
    /// Has to be called within a tokio runtime with a clock.
    pub async fn get(&self, name: Name) -> Option<Record> {
        let found = {
            let mut state = self.shared.state();
            if let Some(write) = state.pending(name) {
                drop(state);
                let body = if let [body] = write.body.as_slice() {
                    body.clone()
                } else {
                    write.body.concat().into()
                };
                return Some(Record { head: write.head.clone(), body });
            }
            state.index.find(name)?
        };
        let counters = &self.shared.counters;
        let Ok(permit) = Arc::clone(&self.reads).try_acquire_owned() else {
            counters.slow.fetch_add(1, Relaxed);
            return None;
        };
        let shared = Arc::clone(&self.shared);
        let read = spawn_blocking(move || {
            // Held until the read has ended, even if nobody waits for it any more.
            let _permit = permit;
            shared.files.read(name, found.first)
        });
        let Ok(read) = timeout(self.read_within, read).await else {
            counters.slow.fetch_add(1, Relaxed);
            return None;
        };
        match read {
            Ok(Ok(record)) if self.shared.state().index.contains(name) => {
                counters.read.fetch_add(1, Relaxed);
                Some(record)
            }
            // It was removed in the meantime.
            Ok(Ok(_)) | Err(_) => None,
            Ok(Err(_)) => {
                self.shared.remove_damaged(name, found.id);
                None
            }
        }
    }

    /// Stores a record under this name, in place of an earlier one: soon, and as long as there is room. False
    /// if it is turned away; then the earlier one goes too.
    ///
    /// The body may be slices of what is in memory anyway: they are held until they are written.
    pub fn put(&self, name: Name, head: Bytes, body: Vec<Bytes>) -> bool {
        let bytes = record::file_bytes(&head, &body);
        if head.len() > MAX_HEAD_BYTES || bytes > self.largest {
            self.shared.counters.turned_away.fetch_add(1, Relaxed);
            self.shared.remove([name]);
            return false;
        }
        self.shared.put(name, Write { head, body })
    }

    /// Takes records out: from now on they are not there. Their files are removed next; until then, a process
    /// that is killed would find them again ([`Disk::flush`] waits for that).
    pub fn remove(&self, names: impl IntoIterator<Item = Name>) {
        self.shared.remove(names);
    }

    /// Whether a record of this name is there, or waits to be written.
    #[must_use]
    pub fn contains(&self, name: Name) -> bool {
        let state = self.shared.state();
        state.index.contains(name) || state.pending(name).is_some()
    }

    /// The names of all records that are written, in no order.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        self.shared.state().index.names()
    }

    /// Waits until everything that was put or removed until now is on disk: at an end, since what waits is
    /// not written otherwise, and after a purge that has to hold whatever happens.
    pub async fn flush(&self) {
        self.shared.flush().await;
    }

    /// What has happened since the start, and what there is.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let (files, bytes) = {
            let state = self.shared.state();
            (state.index.files() as u64, state.index.bytes())
        };
        let counters = &self.shared.counters;
        Counts {
            read: counters.read.load(Relaxed),
            damaged: counters.damaged.load(Relaxed),
            slow: counters.slow.load(Relaxed),
            written: counters.written.load(Relaxed),
            turned_away: counters.turned_away.load(Relaxed),
            failed: counters.failed.load(Relaxed),
            evicted: counters.evicted.load(Relaxed),
            files,
            bytes,
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
