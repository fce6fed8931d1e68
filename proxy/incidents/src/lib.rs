//! Keeps the incident log: who decided in writing that a rule does not hold, and why.
//!
//! Below the folder: `incidents/000001.jsonl` and so on, one JSON object a line, oldest first. Nothing is
//! ever taken out; when the last file is full, another begins. Files are for their owner alone.
//!
//! Names of sites, plugins and accounts of this system enter, and the words of whoever decided; nothing of
//! a visitor does.

use std::path::{Path, PathBuf};

use cloakroom_private_files::Folder;
use serde::{Deserialize, Serialize};

/// The longest reason, in bytes.
pub const MAX_REASON_BYTES: usize = 400;
/// A file that has more bytes is followed by another.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The largest file that is read: a full one with one more incident.
const MAX_READ_BYTES: u64 = 2 << 20;
/// The most files of a log: about a hundred thousand incidents.
const MAX_FILES: usize = 64;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// When: minutes since 1970.
    pub minute: u64,
    /// What was decided.
    pub kind: Kind,
    /// The site.
    pub site: String,
    /// The plugin, as the site calls it.
    pub plugin: String,
    /// What the plugin calls its version.
    pub version: String,
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// The account of this system that decided.
    pub by: String,
    /// Why, in that person's words: at most [`MAX_REASON_BYTES`].
    pub reason: String,
    /// The limits that do not hold, each with what was found.
    pub limits: Vec<Overridden>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A plugin is shown although its audit is beyond the site's limits.
    LimitsOverridden,
}

/// A limit that does not hold for a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Its name, with slot and signal: `flip_rate hero country`.
    pub limit: String,
    /// What the audit said, for people.
    pub found: String,
}

/// The log of a store.
pub struct IncidentLog {
    folder: Folder,
    root: PathBuf,
}

/// The log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file cannot be read or written.
    #[error("`{}` cannot be used: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// A line is not one that this program writes.
    #[error("`{}`, line {line}, is no incident: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The log has as many files as it may.
    #[error("the incident log in `{}` has {MAX_FILES} files, which is all that it may have", path.display())]
    Full {
        /// The folder.
        path: PathBuf,
    },
}

impl IncidentLog {
    /// The log in the folder of a store; nothing is made before something is written.
    #[must_use]
    pub fn new(store: &Path) -> Self {
        let root = store.join("incidents");
        Self { folder: Folder::new(&root), root }
    }

    /// Adds an incident. When this comes back, it is on the disk.
    ///
    /// # Errors
    /// [`LogError`]; nothing is written then.
    pub fn add(&self, incident: &Incident) -> Result<(), LogError> {
        let _lock = self.folder.lock().map_err(self.unusable(""))?;
        let files = self.files()?;
        let last = files.last().copied().unwrap_or(1);
        let mut name = file(last);
        let mut bytes =
            self.folder.read(&name, MAX_READ_BYTES).map_err(self.unusable(&name))?.unwrap_or_default();
        if bytes.len() as u64 >= MAX_FILE_BYTES {
            if files.len() >= MAX_FILES {
                return Err(LogError::Full { path: self.root.clone() });
            }
            // Older files may have been put away; what is there is never written over.
            name = file(last.saturating_add(1));
            bytes.clear();
        }
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        // Only types that cannot be serialized fail.
        let line = serde_json::to_vec(incident).unwrap_or_default();
        self.folder.write(&name, &[&bytes, &line, b"\n"]).map_err(self.unusable(&name))
    }

    /// All incidents, oldest first.
    ///
    /// # Errors
    /// [`LogError`] if a file cannot be read, or holds something else.
    pub fn read(&self) -> Result<Vec<Incident>, LogError> {
        let mut incidents = Vec::new();
        for name in self.files()?.into_iter().map(file) {
            let bytes =
                self.folder.read(&name, MAX_READ_BYTES).map_err(self.unusable(&name))?.unwrap_or_default();
            let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
            for (at, line) in lines {
                let read = serde_json::from_slice(line).map_err(|cause| LogError::Line {
                    path: self.folder.path(&name),
                    line: at + 1,
                    why: cause.to_string(),
                });
                incidents.push(read?);
            }
        }
        Ok(incidents)
    }

    /// The numbers of the log's files, ascending. What else is in the folder is nobody's business here.
    fn files(&self) -> Result<Vec<u32>, LogError> {
        let kept = self.folder.kept().map_err(self.unusable(""))?;
        let number =
            |name: &str| name.strip_suffix(".jsonl")?.parse().ok().filter(|number| file(*number) == name);
        let mut numbers: Vec<u32> = kept.iter().filter_map(|kept| number(&kept.name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn unusable(&self, file: &str) -> impl FnOnce(std::io::Error) -> LogError {
        let path = self.folder.path(file);
        |cause| LogError::File { path, cause }
    }
}

fn file(number: u32) -> String {
    format!("{number:06}.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident(minute: u64, reason: &str) -> Incident {
        Incident {
            minute,
            kind: Kind::LimitsOverridden,
            site: "shop".to_owned(),
            plugin: "hero".to_owned(),
            version: "1.0.0".to_owned(),
            digest: "00".repeat(32),
            by: "anna".to_owned(),
            reason: reason.to_owned(),
            limits: vec![Overridden { limit: "flip_rate hero country".to_owned(), found: "all".to_owned() }],
        }
    }

    #[test]
    fn what_is_written_stays_in_its_order() {
        let store = tempfile::tempdir().unwrap();
        let log = IncidentLog::new(store.path());
        assert!(log.read().unwrap().is_empty());
        for minute in 0..3 {
            log.add(&incident(minute, "a \"quoted\"\nreason")).unwrap();
        }
        let minutes: Vec<_> = log.read().unwrap().into_iter().map(|incident| incident.minute).collect();
        assert_eq!(minutes, [0, 1, 2]);
    }

    #[test]
    fn a_full_file_is_followed_by_another_and_a_broken_line_is_told() {
        let store = tempfile::tempdir().unwrap();
        let log = IncidentLog::new(store.path());
        log.add(&incident(1, "first")).unwrap();
        let first = store.path().join("incidents/000001.jsonl");
        let mut bytes = std::fs::read(&first).unwrap();
        bytes.resize(usize::try_from(MAX_FILE_BYTES).unwrap(), b'\n');
        std::fs::write(&first, bytes).unwrap();
        log.add(&incident(2, "second")).unwrap();
        assert!(store.path().join("incidents/000002.jsonl").exists());
        assert_eq!(log.read().unwrap().len(), 2);
        // Somebody puts the first away, and another file there.
        let second = store.path().join("incidents/000002.jsonl");
        let full =
            [std::fs::read(&second).unwrap(), vec![b'\n'; usize::try_from(MAX_FILE_BYTES).unwrap()]].concat();
        std::fs::write(&second, &full).unwrap();
        std::fs::rename(&first, store.path().join("incidents/old.jsonl")).unwrap();
        log.add(&incident(3, "third")).unwrap();
        assert_eq!(std::fs::read(&second).unwrap(), full);
        assert_eq!(log.read().unwrap().iter().map(|of| of.minute).collect::<Vec<_>>(), [2, 3]);
        std::fs::write(&first, "{}\n").unwrap();
        let cause = log.read().unwrap_err();
        assert!(matches!(cause, LogError::Line { line: 1, .. }), "{cause}");
    }
}
