//! The files: one a record, in 256 folders, for their owner alone. Each is written beside its place and then
//! put there, so that whoever reads finds a whole record or none, unless the system itself stopped.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use cloakroom_private_files::Seal;

use crate::record::{self, Record};
use crate::{MAX_HEAD_BYTES, Name};

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";

/// The files of one folder, which nobody else writes to.
pub(crate) struct Files {
    folder: PathBuf,
    seal: Seal,
}

/// A file that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) name: Name,
    /// When it was written, or last read after a while.
    pub(crate) used: SystemTime,
    pub(crate) bytes: u64,
}

impl Files {
    pub(crate) fn new(folder: PathBuf, seal: Seal) -> Self {
        Self { folder, seal }
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Where a record is.
    pub(crate) fn path(&self, name: Name) -> PathBuf {
        self.of(name.folder()).join(name.to_string())
    }

    /// Where a record is until it is whole. One thread writes, so one file a name is enough.
    pub(crate) fn unfinished(&self, name: Name) -> PathBuf {
        self.of(name.folder()).join(format!("{name}{UNFINISHED}"))
    }

    fn of(&self, folder: u8) -> PathBuf {
        self.folder.join(format!("{folder:02x}"))
    }

    /// Puts a record in its place. Nothing is forced to the disk: what a power cut leaves has no seal.
    pub(crate) fn write(&self, name: Name, head: &[u8], body: &[Bytes]) -> io::Result<()> {
        let written = self.write_beside(name, head, body);
        let beside = self.unfinished(name);
        let put = written.and_then(|()| fs::rename(&beside, self.path(name)));
        if put.is_err() {
            let _ = fs::remove_file(&beside);
        }
        put
    }

    fn write_beside(&self, name: Name, head: &[u8], body: &[Bytes]) -> io::Result<()> {
        let path = self.unfinished(name);
        let open = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(FILE_MODE);
            options.custom_flags(libc::O_NOFOLLOW).open(&path)
        };
        let file = match open() {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(self.of(name.folder()))?;
                open()?
            }
            file => file?,
        };
        let mut file = BufWriter::with_capacity(64 << 10, file);
        file.write_all(&record::prefix(&self.seal, name, head, body))?;
        file.write_all(head)?;
        body.iter().try_for_each(|part| file.write_all(part))?;
        file.flush()
    }

    /// The record of a file. `mark` says that it is used now, for the order after a restart.
    pub(crate) fn read(&self, name: Name, mark: bool) -> io::Result<Record> {
        let (file, bytes) = self.open(name)?;
        if mark {
            // A file that cannot be marked only goes sooner.
            let _ = file.set_modified(SystemTime::now());
        }
        record::read(file, bytes, name, &self.seal)
    }

    /// The head of a file.
    pub(crate) fn read_head(&self, name: Name) -> io::Result<Vec<u8>> {
        let (file, bytes) = self.open(name)?;
        // One call to the system for most heads.
        let file = io::BufReader::with_capacity(4 << 10, io::Read::take(file, 2 * MAX_HEAD_BYTES as u64));
        record::read_head(file, bytes, name, &self.seal).map(|head| head.head)
    }

    fn open(&self, name: Name) -> io::Result<(File, u64)> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(self.path(name))?;
        let facts = file.metadata()?;
        if facts.is_file() { Ok((file, facts.len())) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Removes a record, if it is there.
    pub(crate) fn remove(&self, name: Name) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// All records, the last used first. What was not finished is removed; what has other names is let be.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let folders = (0..=u8::MAX).filter_map(|folder| fs::read_dir(self.of(folder)).ok());
        let entries = folders.flatten().filter_map(Result::ok);
        let listed = entries.filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            if file.strip_suffix(UNFINISHED).and_then(Name::parse).is_some() {
                let _ = fs::remove_file(entry.path());
            }
            let name = Name::parse(&file).filter(|name| self.path(*name) == entry.path())?;
            let facts = entry.metadata().ok()?;
            let used = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Listed { name, used, bytes: facts.len() })
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|one, other| other.used.cmp(&one.used).then_with(|| one.name.cmp(&other.name)));
        listed
    }
}
