//! A folder whose files are for their owner alone, and are replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use rustix::process::geteuid;

use crate::StoreError;

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Nothing is opened or made yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// Waits until nobody else changes the store; as long as the answer lives, nobody will.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let path = self.path("lock");
        let lock = || {
            self.make()?;
            let file =
                OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|cause| StoreError::File { path: path.clone(), cause })
    }

    /// The bytes of a file, at most `most`; `None` if it is not there. Links are not followed.
    pub(crate) fn read(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(file);
        let read = || {
            let facts = match fs::symlink_metadata(&path) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
                facts => facts?,
            };
            if !facts.is_file() || facts.len() > most {
                return Err(io::Error::other("it is not a file, or larger than any that is written here"));
            }
            let mut bytes = Vec::new();
            File::open(&path)?.take(most).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        read().map_err(|cause| StoreError::File { path: path.clone(), cause })
    }

    /// Writes beside the file and then puts it in its place.
    pub(crate) fn write(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(file);
        let write = || {
            self.make()?;
            let beside = self.path(&format!("{file}.new"));
            match fs::remove_file(&beside) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
            let mut new = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&beside)?;
            new.write_all(bytes)?;
            new.sync_all()?;
            fs::rename(&beside, &path)?;
            // The new name has to reach the disk too.
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|cause| StoreError::File { path: path.clone(), cause })
    }

    /// The names of all files; none if the folder is not there.
    pub(crate) fn names(&self) -> Result<Vec<String>, StoreError> {
        let names = || {
            let entries = match fs::read_dir(&self.path) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        };
        names().map_err(|cause| StoreError::File { path: self.path.clone(), cause })
    }

    /// Removes the files that are not wanted.
    pub(crate) fn keep_only(&self, wanted: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        for name in self.names()?.iter().filter(|name| !wanted(name)) {
            let path = self.path(name);
            match fs::remove_file(&path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::File { path, cause });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes those files that were written first until `most` are left.
    pub(crate) fn forget_oldest(&self, most: usize) -> Result<(), StoreError> {
        let mut names = self.names()?;
        if names.len() <= most {
            return Ok(());
        }
        // What has no time goes first.
        names
            .sort_by_cached_key(|name| fs::metadata(self.path(name)).and_then(|facts| facts.modified()).ok());
        names.truncate(names.len().saturating_sub(most));
        self.keep_only(|name| !names.iter().any(|old| old == name))
    }

    fn make(&self) -> io::Result<()> {
        // Root may write anywhere, but then the user who runs the proxy could not read it.
        let mut there = self.path.ancestors().filter_map(|path| fs::metadata(path).ok());
        if geteuid().is_root() && there.next().is_some_and(|folder| folder.uid() != 0) {
            return Err(io::Error::other(
                "the folder belongs to another user: run this as the user who runs `cloakroom serve`",
            ));
        }
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.path)
    }
}
