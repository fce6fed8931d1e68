//! Keeps files for their owner alone, each replaced whole or not at all, and sealed where that is asked for.
//!
//! Bytes and names enter, and nobody here knows what they mean. Links are not followed, and nothing is read
//! beyond its bound.

mod seal;

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::geteuid;

pub use seal::{SEAL_BYTES, Seal};

/// Who else may read a file, and enter a folder that has to be made: nobody.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const LOCK: &str = "lock";
/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";
/// How long nobody takes to write one.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// A folder of such files.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A file that is there.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name in the folder.
    pub name: String,
    /// When it was written, or last marked as used.
    pub used: SystemTime,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Folder {
    /// Nothing is opened or made yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where a file of the folder is.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// Waits until no other process changes the folder; as long as the answer lives, none will that asks.
    ///
    /// # Errors
    /// The system's reason.
    pub fn lock(&self) -> io::Result<File> {
        self.lock_by(LOCK)
    }

    /// As [`Folder::lock`], but without waiting: `None` if somebody else has it.
    ///
    /// # Errors
    /// The system's reason.
    pub fn try_lock(&self) -> io::Result<Option<File>> {
        let file = self.open_lock(LOCK)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        }
    }

    fn lock_by(&self, name: &str) -> io::Result<File> {
        let file = self.open_lock(name)?;
        file.lock()?;
        Ok(file)
    }

    fn open_lock(&self, name: &str) -> io::Result<File> {
        self.make()?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(FILE_MODE).open(self.path(name))
    }

    /// The bytes of a file; `None` if it is not there.
    ///
    /// # Errors
    /// The system's reason, or that it is no file, or has more than `most` bytes.
    pub fn read(&self, file: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let path = self.path(file);
        let facts = match fs::symlink_metadata(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            facts => facts?,
        };
        if !facts.is_file() || facts.len() > most {
            return Err(io::Error::other("it is not a file, or larger than any that is written here"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or_default());
        File::open(&path)?.take(most).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes beside the file and then puts it in its place, so that a crash leaves the old one or the new
    /// one. The parts are written one after another.
    ///
    /// # Errors
    /// The system's reason.
    pub fn write(&self, file: &str, parts: &[&[u8]]) -> io::Result<()> {
        self.make()?;
        self.sweep();
        // Two who write the same file at once are not in each other's way.
        let beside = self.path(&format!("{file}-{:016x}{UNFINISHED}", rand::random::<u64>()));
        let mut new = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&beside)?;
        for part in parts {
            new.write_all(part)?;
        }
        new.sync_all()?;
        fs::rename(&beside, self.path(file))?;
        // The new name has to reach the disk too.
        File::open(&self.path)?.sync_all()
    }

    /// Marks a file as used now. One that cannot be marked is only forgotten sooner.
    pub fn touch(&self, file: &str) {
        let open = OpenOptions::new().append(true).open(self.path(file));
        let _ = open.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Removes a file, if it is one and there.
    ///
    /// # Errors
    /// The system's reason.
    pub fn remove(&self, file: &str) -> io::Result<()> {
        match fs::remove_file(self.path(file)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    /// All files that are whole, the last used first; none if the folder is not there.
    ///
    /// # Errors
    /// The system's reason.
    pub fn kept(&self) -> io::Result<Vec<Kept>> {
        let entries = match fs::read_dir(&self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let kept = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let (name, facts) = (entry.file_name().into_string().ok()?, entry.metadata().ok()?);
            let whole = facts.is_file() && !name.ends_with(LOCK) && !name.ends_with(UNFINISHED);
            whole.then_some(Kept { name, used: facts.modified().ok()?, bytes: facts.len() })
        };
        let mut kept: Vec<_> = entries.filter_map(kept).collect();
        kept.sort_by(|one, other| other.used.cmp(&one.used).then_with(|| one.name.cmp(&other.name)));
        Ok(kept)
    }

    /// The key that is kept in `file` for seals; made if it is not there, and made anew if it is damaged or
    /// others may read it: what was sealed under the old one is worth nothing then.
    ///
    /// # Errors
    /// The system's reason.
    pub fn seal(&self, file: &str) -> io::Result<Seal> {
        if let Some(seal) = self.kept_seal(file) {
            return Ok(seal);
        }
        let _lock = self.lock_by(&format!("{file}.{LOCK}"))?;
        // Another process may have made one in the meantime.
        if let Some(seal) = self.kept_seal(file) {
            return Ok(seal);
        }
        let key: [u8; seal::KEY_BYTES] = rand::random();
        self.write(file, &[&key])?;
        Ok(Seal::new(key))
    }

    /// As [`Folder::seal`], but `None` where there is no whole key.
    #[must_use]
    pub fn kept_seal(&self, file: &str) -> Option<Seal> {
        let facts = fs::symlink_metadata(self.path(file)).ok()?;
        let bytes = self.read(file, seal::KEY_BYTES as u64).ok()??;
        is_for_its_owner_alone(&facts).then(|| bytes.try_into().ok().map(Seal::new))?
    }

    /// Removes what was not finished and will not be.
    fn sweep(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().filter_map(Result::ok);
        let unfinished =
            entries.filter(|entry| entry.file_name().as_encoded_bytes().ends_with(UNFINISHED.as_bytes()));
        for entry in unfinished {
            let written = entry.metadata().and_then(|facts| facts.modified()).ok();
            if written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn make(&self) -> io::Result<()> {
        // Root may write anywhere, but then the user who runs the proxy could not read it.
        let mut there = self.path.ancestors().filter_map(|path| fs::metadata(path_or_here(path)).ok());
        if geteuid().is_root() && there.next().is_some_and(|folder| folder.uid() != 0) {
            return Err(io::Error::other(
                "the folder belongs to another user: run this as the user who runs `cloakroom serve`",
            ));
        }
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.path)
    }
}

/// The last ancestor of a relative path is empty, and means here.
fn path_or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

fn is_for_its_owner_alone(facts: &Metadata) -> bool {
    facts.mode() & 0o077 == 0
}

#[cfg(test)]
mod tests;
