//! Compiled code of plugins on disk: kept under a seal, and handed out only while that is whole.
//!
//! What a compiler of this program wrote enters and leaves again, for a confined process to run. Code from
//! anywhere else is machine code of a stranger, and is removed.

use std::io;
use std::path::Path;

use cloakroom_private_files::{Folder, SEAL_BYTES, Seal};

use crate::plugin::Digest;
use crate::wire::MAX_CODE_BYTES;

/// What all kept code may take on disk, in bytes. What was not used for longest goes first.
pub const MAX_CACHE_BYTES: u64 = 256 << 20;
/// The most files that are kept, so that a folder is looked through in a bounded time.
const MAX_FILES: usize = 4_096;
const ENDING: &str = ".code";
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
    folder: Folder,
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
        let folder = Folder::new(folder);
        let seal = folder.seal(KEY_FILE)?;
        Ok(Self { folder, seal, most: MAX_CACHE_BYTES })
    }

    /// The code of a component, if an engine with this key compiled it and the seal is whole. A file that
    /// is anything else is removed.
    #[must_use]
    pub fn get(&self, digest: Digest, engine: EngineKey) -> Option<Code> {
        let name = name(digest, engine);
        let sealed = match self.folder.read(&name, (MAX_CODE_BYTES + SEAL_BYTES) as u64) {
            Ok(None) => return None,
            Ok(Some(sealed)) => sealed,
            Err(_) => Vec::new(),
        };
        let Some(code) = self.seal.open(&name, sealed) else {
            // A folder in its place is not one of ours, and stays.
            let _ = self.folder.remove(&name);
            return None;
        };
        self.folder.touch(&name);
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
        let _lock = self.folder.lock()?;
        let name = name(digest, engine);
        self.folder.write(&name, &[&self.seal.of(&name, code), code])?;
        self.shrink()
    }

    /// Removes the oldest files until the rest is within the bounds.
    fn shrink(&self) -> io::Result<()> {
        let mut total = 0_u64;
        let ours = self.folder.kept()?.into_iter().filter(|kept| kept.name.ends_with(ENDING));
        for (at, kept) in ours.enumerate() {
            total = total.saturating_add(kept.bytes);
            if total > self.most || at >= MAX_FILES {
                self.folder.remove(&kept.name)?;
            }
        }
        Ok(())
    }
}

/// The name of a file: what its code was made of, and by what.
fn name(digest: Digest, engine: EngineKey) -> String {
    format!("{digest}-{}{ENDING}", Digest(engine.0))
}

#[cfg(test)]
mod tests;
