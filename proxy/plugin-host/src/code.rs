//! Compiled code of plugins on disk: kept under a seal, and handed out only while that is whole.
//!
//! What a compiler of this program wrote enters and leaves again, for a confined process to run. Code from
//! anywhere else is machine code of a stranger, and is removed.

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::plugin::Digest;
use crate::seal::{KEY_BYTES, SEAL_BYTES, Seal};
use crate::wire::MAX_CODE_BYTES;

/// What all kept code may take on disk, in bytes. What was not used for longest goes first.
pub const MAX_CACHE_BYTES: u64 = 256 << 20;
/// The most files that are kept, so that a folder is looked through in a bounded time.
const MAX_FILES: usize = 4_096;
const ENDING: &str = "code";
const KEY_FILE: &str = "seal.key";

/// Which engine compiles: its version, its settings and the features of this machine's processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineKey(pub(crate) [u8; 32]);

/// Compiled code that this program wrote.
pub struct Code(Vec<u8>);

impl Code {
    /// Code that came from the process that started this one, which has checked its seal.
    pub(crate) fn from_proxy(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A folder of compiled code, for one user alone.
pub struct CodeCache {
    folder: PathBuf,
    seal: Seal,
    most: u64,
}

impl CodeCache {
    /// The cache in a folder. Both it and its key are made if they are not there; a key that others may
    /// read is replaced, and with it all that it sealed.
    ///
    /// # Errors
    /// The system's reason why the folder cannot be used.
    pub fn open(folder: &Path) -> io::Result<Self> {
        make_folder(folder)?;
        let _lock = lock(folder)?;
        let key = match kept_key(folder)? {
            Some(key) => key,
            None => new_key(folder)?,
        };
        Ok(Self { folder: folder.to_owned(), seal: Seal::new(key), most: MAX_CACHE_BYTES })
    }

    /// The code of a component, if an engine with this key compiled it and the seal is whole. A file that
    /// is anything else is removed.
    #[must_use]
    pub fn get(&self, digest: Digest, engine: EngineKey) -> Option<Code> {
        let name = name(digest, engine);
        let path = self.folder.join(&name);
        let most = (MAX_CODE_BYTES + SEAL_BYTES) as u64;
        let sealed = match read(&path, most) {
            Ok(None) => return None,
            Ok(Some(sealed)) => sealed,
            Err(_) => Vec::new(),
        };
        let Some(code) = self.seal.open(&name, sealed) else {
            remove(&path);
            return None;
        };
        // Used now, which is what the oldest is told by. One that cannot be marked is only removed sooner.
        let _ =
            File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(Code(code))
    }

    /// Keeps what an engine with this key made of a component, and removes what was not used for longest.
    ///
    /// # Errors
    /// The system's reason why it is not kept.
    pub fn put(&self, digest: Digest, engine: EngineKey, code: &[u8]) -> io::Result<()> {
        if (code.len() + SEAL_BYTES) as u64 > self.most.min((MAX_CODE_BYTES + SEAL_BYTES) as u64) {
            return Ok(());
        }
        let _lock = lock(&self.folder)?;
        let name = name(digest, engine);
        let beside = self.folder.join("new");
        let _ = fs::remove_file(&beside);
        // Not forced to the disk: what a crash leaves of it has no whole seal.
        let mut file = private().write(true).create_new(true).open(&beside)?;
        file.write_all(&self.seal.of(&name, code))?;
        file.write_all(code)?;
        fs::rename(&beside, self.folder.join(&name))?;
        self.shrink()
    }

    /// Removes the oldest files until the rest is within the bounds.
    fn shrink(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> =
            fs::read_dir(&self.folder)?.filter_map(|entry| facts(&entry.ok()?)).collect();
        files.sort_unstable_by_key(|(used, _, _)| std::cmp::Reverse(*used));
        let mut total = 0_u64;
        for (at, (_, bytes, path)) in files.iter().enumerate() {
            total = total.saturating_add(*bytes);
            if total > self.most || at >= MAX_FILES {
                remove(path);
            }
        }
        Ok(())
    }
}

/// The name of a file: what its code was made of, and by what.
fn name(digest: Digest, engine: EngineKey) -> String {
    format!("{digest}-{}.{ENDING}", Digest(engine.0))
}

fn facts(entry: &DirEntry) -> Option<(SystemTime, u64, PathBuf)> {
    let path = entry.path();
    if path.extension().is_none_or(|extension| extension != ENDING) {
        return None;
    }
    let facts = entry.metadata().ok()?;
    Some((facts.modified().ok()?, facts.len(), path))
}

/// A folder in its place is not one of ours, and stays.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The bytes of a file; `None` if it is not there. Links are not followed.
fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let facts = match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        facts => facts?,
    };
    if !facts.is_file() || facts.len() > most {
        return Err(io::Error::other("it is not a file, or larger than any that is written here"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or_default());
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Waits until no other process changes the folder; as long as the answer lives, none will.
fn lock(folder: &Path) -> io::Result<File> {
    let file = private().write(true).create(true).truncate(false).open(folder.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn new_key(folder: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let key: [u8; KEY_BYTES] = rand::random();
    let (beside, path) = (folder.join("new"), folder.join(KEY_FILE));
    let _ = fs::remove_file(&beside);
    let mut file = private().write(true).create_new(true).open(&beside)?;
    file.write_all(&key)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    Ok(key)
}

/// The key, unless it is damaged or others may read or write it.
fn kept_key(folder: &Path) -> io::Result<Option<[u8; KEY_BYTES]>> {
    let path = folder.join(KEY_FILE);
    let Ok(Some(bytes)) = read(&path, KEY_BYTES as u64) else { return Ok(None) };
    if !for_its_owner_alone(&fs::symlink_metadata(&path)?) {
        return Ok(None);
    }
    Ok(bytes.try_into().ok())
}

#[cfg(unix)]
fn for_its_owner_alone(facts: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(facts) & 0o077 == 0
}

#[cfg(not(unix))]
fn for_its_owner_alone(_: &fs::Metadata) -> bool {
    true
}

/// How files are made: for their owner alone.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(folder: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(test)]
mod tests;
