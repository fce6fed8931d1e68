//! The file in which a site's released cells outlive a restart: written whole at the end of an epoch,
//! read at start. Cells and numbers of variants enter; no token, key, count or visitor does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cloakroom_crowd::{Crowd, MAX_KEPT_BYTES, NotKept, Restored};

/// Who else may read the file, and enter the folder if it has to be made: nobody.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// One site's file.
pub(crate) struct Store {
    folder: PathBuf,
    file: PathBuf,
    /// The site's first host, for events.
    host: String,
}

impl Store {
    /// The file of the site with this first host. Nothing is opened yet.
    pub(crate) fn new(folder: &Path, host: &str) -> Self {
        // Of what stands in a host, only the signs of an IPv6 address are no part of a plain file name.
        let name: String = host
            .chars()
            .filter(|c| !matches!(c, '[' | ']'))
            .map(|c| if c == ':' { '_' } else { c })
            .collect();
        let file = folder.join(format!("crowds-{name}"));
        Self { folder: folder.to_owned(), file, host: host.to_owned() }
    }

    /// Hands the crowd what is still valid of the file. Whatever is wrong with it, nothing is released
    /// then, and the operator is told.
    pub(crate) fn restore(&self, crowd: &Crowd) {
        let (site, file) = (&self.host, self.file.display());
        let kept = match self.read() {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(cause) => {
                tracing::warn!(%site, %file, %cause, "released cells cannot be read: nothing is released in this epoch");
                return;
            }
        };
        match crowd.restore(&kept, SystemTime::now()) {
            Ok(Restored { cells, changed_routes: 0 }) => {
                tracing::info!(%site, cells, "cells stay released until their epoch ends");
            }
            Ok(Restored { cells, changed_routes }) => {
                tracing::info!(%site, cells, changed_routes, "the configuration has changed: releases of those routes are dropped");
            }
            Err(NotKept::Expired) => tracing::info!(%site, "released cells have expired"),
            Err(cause) => {
                tracing::warn!(%site, %file, %cause, "released cells are not taken over: nothing is released in this epoch");
            }
        }
    }

    /// Writes what is released now. A failure costs the release after a restart, nothing else.
    pub(crate) fn save(&self, crowd: &Crowd) {
        let kept = crowd.keep();
        let (site, file) = (&self.host, self.file.display());
        if kept.left_out > 0 {
            let routes = kept.left_out;
            tracing::warn!(%site, routes, "too many cells are released to keep all: these routes show the default after a restart");
        }
        if let Err(cause) = self.write(&kept.bytes) {
            tracing::warn!(%site, %file, %cause, "released cells cannot be written: after a restart nothing is released");
        }
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let facts = match fs::symlink_metadata(&self.file) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            facts => facts?,
        };
        if !facts.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let mut kept = Vec::new();
        // One byte more than allowed is enough for the crowd to refuse it.
        File::open(&self.file)?.take(MAX_KEPT_BYTES as u64 + 1).read_to_end(&mut kept)?;
        Ok(Some(kept))
    }

    /// Writes beside the file and then puts it in its place, so that a crash leaves the old one or the
    /// new one.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder)?;
        let mut beside = self.file.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        match fs::remove_file(&beside) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.file)?;
        // The new name has to reach the disk too.
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_read_and_nobody_else_may() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(&folder.path().join("a/b"), "[::1]");
        assert!(store.read().unwrap().is_none());
        store.write(b"one").unwrap();
        store.write(b"two").unwrap();
        assert_eq!(store.read().unwrap().unwrap(), b"two");
        assert_eq!((mode(&store.folder), mode(&store.file)), (0o700, 0o600));
        let names: Vec<_> = fs::read_dir(&store.folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["crowds-__1"]);
    }

    #[test]
    fn a_write_that_was_cut_short_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "shop.example");
        fs::write(folder.path().join("crowds-shop.example.new"), b"half").unwrap();
        store.write(b"whole").unwrap();
        assert_eq!(store.read().unwrap().unwrap(), b"whole");
    }

    #[test]
    fn files_are_read_to_their_bound_and_only_files() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "shop.example");
        fs::write(&store.file, vec![0; MAX_KEPT_BYTES + 100]).unwrap();
        assert_eq!(store.read().unwrap().unwrap().len(), MAX_KEPT_BYTES + 1);
        fs::remove_file(&store.file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &store.file).unwrap();
        assert!(store.read().is_err());
    }
}
