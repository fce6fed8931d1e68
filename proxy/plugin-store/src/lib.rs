//! Keeps installed plugins by digest, and which of them each site shows.
//!
//! Below the folder: `components/<digest>.wasm`, what was installed; `tables/<digest>`, its whole behaviour
//! under a seal, so that it need not be run again; `sites/<host>.json`, the versions of each plugin and
//! which of them is live; `seal.key`, the secret of the seals. Files are for their owner alone, and each is
//! written beside its place and then put there, so that a crash leaves the old one or the new one.
//!
//! Components, records and names of plugins enter; nothing of a visitor does.

mod index;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cloakroom_plugin_host::{Digest, LoadError, Plugin};
use cloakroom_private_files::Folder;

pub use index::{Index, MAX_NOTE_BYTES, MAX_VERSIONS, OfPlugin, Overridden, Target, Version};

/// The largest component that is read back, in bytes: as much as a plugin may have.
const MAX_COMPONENT_BYTES: u64 = 16 << 20;
/// The largest sealed table: contents, names and 250,000 choices.
const MAX_TABLE_BYTES: u64 = 32 << 20;
/// The secret of the seals.
const KEY_FILE: &str = "seal.key";
/// The most tables that are kept; those that were not used for longest are forgotten first.
const MAX_TABLES: usize = 256;

/// The installed plugins of all sites.
pub struct PluginStore {
    root: PathBuf,
}

/// The store cannot do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the store cannot be used.
    #[error("`{}` cannot be used: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The list of a site's versions is not one that this program writes.
    #[error("`{}` is damaged: {why}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A component that was installed is not there.
    #[error("the component of version {version} is not in the store any more: `{}`", path.display())]
    Lost {
        /// What the plugin calls the version.
        version: String,
        /// Where it was.
        path: PathBuf,
    },
    /// A component is not the one that was installed.
    #[error("`{}` is not the component that was installed: its SHA-256 is another", path.display())]
    Component {
        /// The file.
        path: PathBuf,
    },
    /// A component that was installed is refused now.
    #[error("the installed plugin is refused: {0}")]
    Refused(#[from] LoadError),
    /// Nothing is installed under the name.
    #[error("nothing is installed as `{name}`")]
    NothingInstalled {
        /// The name.
        name: String,
    },
    /// What is live was live from the beginning, as far as is remembered.
    #[error("`{name}` has shown nothing else before")]
    NothingBefore {
        /// The name.
        name: String,
    },
    /// No version, or more than one, has a digest that begins so.
    #[error("{count} installed versions of `{name}` have a digest that begins with `{prefix}`")]
    Digest {
        /// The plugin.
        name: String,
        /// The beginning that was asked for.
        prefix: String,
        /// How many there are.
        count: usize,
    },
}

/// What an installation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The version is live now.
    Live,
    /// It was live already.
    AlreadyLive,
}

impl PluginStore {
    /// The store in a folder, which is made when something is kept.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { root: folder.join("plugins") }
    }

    /// The versions of a site's plugins; empty if nothing was ever installed.
    ///
    /// # Errors
    /// [`StoreError`] if the list cannot be read.
    pub fn index(&self, site: &str) -> Result<Index, StoreError> {
        let (folder, file) = (self.folder("sites"), file_of(site));
        let read = folder.read(&file, index::MAX_INDEX_BYTES).map_err(unusable(folder.path(&file)))?;
        let Some(bytes) = read else { return Ok(Index::default()) };
        Index::parse(&bytes).map_err(|why| StoreError::Index { path: folder.path(&file), why })
    }

    /// Begins to change what a site shows. Blocks while somebody else changes the store.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be written to, or the site's list cannot be read.
    pub fn change(&self, site: &str) -> Result<Change<'_>, StoreError> {
        let lock = self.folder("").lock().map_err(unusable(self.root.clone()))?;
        Ok(Change { store: self, site: site.to_owned(), index: self.index(site)?, _lock: lock })
    }

    /// A version that was installed: from its table, or, where that is absent or its seal is broken,
    /// made anew by `load` from its component.
    ///
    /// # Errors
    /// [`StoreError`] if neither can be had.
    pub fn plugin(
        &self,
        version: &Version,
        load: impl FnOnce(&[u8]) -> Result<Plugin, LoadError>,
    ) -> Result<Plugin, StoreError> {
        if let Some(plugin) = self.kept_table(&version.digest)? {
            return Ok(plugin);
        }
        let (folder, file) = (self.folder("components"), format!("{}.wasm", version.digest));
        let path = folder.path(&file);
        let lost = || StoreError::Lost { version: version.version.clone(), path: path.clone() };
        let component =
            folder.read(&file, MAX_COMPONENT_BYTES).map_err(unusable(path.clone()))?.ok_or_else(lost)?;
        if Digest::of(&component).to_string() != version.digest {
            return Err(StoreError::Component { path });
        }
        Ok(self.keeping(&component, load)?)
    }

    /// A plugin of which the component is at hand: from its table, or else made by `load`. A store that
    /// cannot be read or written to costs time alone.
    ///
    /// # Errors
    /// What `load` says.
    pub fn tabulated(
        &self,
        component: &[u8],
        load: impl FnOnce(&[u8]) -> Result<Plugin, LoadError>,
    ) -> Result<Plugin, LoadError> {
        match self.kept_table(&Digest::of(component).to_string()) {
            Ok(Some(plugin)) => Ok(plugin),
            _ => self.keeping(component, load),
        }
    }

    fn keeping(
        &self,
        component: &[u8],
        load: impl FnOnce(&[u8]) -> Result<Plugin, LoadError>,
    ) -> Result<Plugin, LoadError> {
        let plugin = load(component)?;
        // Without it the next start is as slow as this one.
        let _ = self.keep_table(&plugin);
        Ok(plugin)
    }

    fn kept_table(&self, hex: &str) -> Result<Option<Plugin>, StoreError> {
        let Some(seal) = self.folder("").kept_seal(KEY_FILE) else { return Ok(None) };
        let tables = self.folder("tables");
        let sealed = tables.read(hex, MAX_TABLE_BYTES).map_err(unusable(tables.path(hex)))?;
        let record = sealed.and_then(|sealed| seal.open(hex, sealed));
        let plugin = record.and_then(|record| Plugin::from_record(&record).ok());
        let plugin = plugin.filter(|plugin| plugin.digest().to_string() == hex);
        if plugin.is_some() {
            tables.touch(hex);
        }
        Ok(plugin)
    }

    fn keep_table(&self, plugin: &Plugin) -> Result<(), StoreError> {
        let (tables, hex) = (self.folder("tables"), plugin.digest().to_string());
        let keep = || {
            let (seal, record) = (self.folder("").seal(KEY_FILE)?, plugin.to_record());
            tables.write(&hex, &[&seal.of(&hex, &record), &record])?;
            tables.kept()?.iter().skip(MAX_TABLES).try_for_each(|oldest| tables.remove(&oldest.name))
        };
        keep().map_err(unusable(tables.path(&hex)))
    }

    /// Removes the components that no site remembers.
    fn forget_components(&self) -> std::io::Result<()> {
        let (sites, components) = (self.folder("sites"), self.folder("components"));
        let mut remembered = HashSet::new();
        for file in sites.kept()? {
            let Some(bytes) = sites.read(&file.name, index::MAX_INDEX_BYTES)? else { continue };
            // Of a damaged list nobody knows what it remembers.
            let Ok(index) = Index::parse(&bytes) else { return Ok(()) };
            remembered.extend(index.digests().map(|digest| format!("{digest}.wasm")));
        }
        let forgotten = components.kept()?.into_iter().filter(|kept| !remembered.contains(&kept.name));
        forgotten.map(|kept| kept.name).try_for_each(|name| components.remove(&name))
    }

    fn folder(&self, name: &str) -> Folder {
        Folder::new(self.root.join(name))
    }
}

/// A change of what a site shows, which nobody sees before it is committed. Nobody else changes the store
/// as long as it lives.
pub struct Change<'s> {
    store: &'s PluginStore,
    site: String,
    index: Index,
    _lock: std::fs::File,
}

impl Change<'_> {
    /// The versions as they will be.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Puts a plugin in place of what the site shows under `name`, and keeps its component and its table.
    /// `minute` is the time since 1970; `note`, what is said of the version, is cut at [`MAX_NOTE_BYTES`].
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be written.
    pub fn install(
        &mut self,
        name: &str,
        component: &[u8],
        plugin: &Plugin,
        minute: u64,
        note: &str,
    ) -> Result<Installed, StoreError> {
        let digest = plugin.digest().to_string();
        let (components, file) = (self.store.folder("components"), format!("{digest}.wasm"));
        components.write(&file, &[component]).map_err(unusable(components.path(&file)))?;
        self.store.keep_table(plugin)?;
        // What somebody has removed from the store is there again.
        if self.index.live(name).is_some_and(|live| live.digest == digest) {
            return Ok(Installed::AlreadyLive);
        }
        let note = note.get(..note.floor_char_boundary(MAX_NOTE_BYTES)).unwrap_or_default().to_owned();
        let version = plugin.manifest().version().to_owned();
        self.index.install(name, Version { digest, version, minute, note, overridden: Vec::new() });
        Ok(Installed::Live)
    }

    /// Writes down which of the site's limits do not hold for what is live under `name`. That somebody said so
    /// in writing is the caller's to see to.
    pub fn override_limits(&mut self, name: &str, limits: Vec<Overridden>) {
        self.index.override_limits(name, limits);
    }

    /// Shows an earlier version again. Gives what is live then, `None` for the site's own file.
    ///
    /// # Errors
    /// [`StoreError`] if there is nothing to go back to.
    pub fn roll_back(&mut self, name: &str, to: &Target) -> Result<Option<&Version>, StoreError> {
        self.index.roll_back(name, to)?;
        Ok(self.index.live(name))
    }

    /// Makes the change. Components that no site remembers are removed.
    ///
    /// # Errors
    /// [`StoreError`]; what was live is live then.
    pub fn commit(self) -> Result<(), StoreError> {
        let (sites, own) = (self.store.folder("sites"), file_of(&self.site));
        sites.write(&own, &[&self.index.to_bytes()]).map_err(unusable(sites.path(&own)))?;
        // What cannot be removed now is tried again with the next change.
        let _ = self.store.forget_components();
        Ok(())
    }
}

fn unusable(path: PathBuf) -> impl FnOnce(std::io::Error) -> StoreError {
    |cause| StoreError::File { path, cause }
}

/// The file of a site: of what stands in a host, only the signs of an IPv6 address are no part of a plain
/// file name.
fn file_of(site: &str) -> String {
    let plain =
        site.chars().filter(|c| !matches!(c, '[' | ']' | '/')).map(|c| if c == ':' { '_' } else { c });
    format!("{}.json", plain.collect::<String>())
}

#[cfg(test)]
mod tests;
