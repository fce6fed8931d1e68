//! Keeps installed plugins by digest, and which of them each site shows.
//!
//! Below the folder: `components/<digest>.wasm`, what was installed; `tables/<digest>`, its whole behaviour
//! under a seal, so that it need not be run again; `sites/<host>.json`, the versions of each plugin and
//! which of them is live; `seal.key`, the secret of the seals. Files are for their owner alone, and each is
//! written beside its place and then put there, so that a crash leaves the old one or the new one.
//!
//! Components, records and names of plugins enter; nothing of a visitor does.

mod files;
mod index;
mod seal;

use std::path::{Path, PathBuf};

use cloakroom_plugin_host::{Digest, LoadError, NoRecord, Plugin};

pub use index::{Index, MAX_NOTE_BYTES, MAX_VERSIONS, OfPlugin, Version};

use files::Folder;
use seal::Seal;

/// The largest component that is read back, in bytes: as much as a plugin may have.
const MAX_COMPONENT_BYTES: u64 = 16 << 20;
/// The largest sealed table: contents, names and 250,000 choices.
const MAX_TABLE_BYTES: u64 = 32 << 20;

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
    /// The store in a folder, which is made when something is installed.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { root: folder.join("plugins") }
    }

    /// Puts a plugin in place of what the site shows under `name`. `seconds` is the time since 1970.
    ///
    /// # Errors
    /// [`StoreError`]; what was live is live then.
    pub fn install(
        &self,
        site: &str,
        name: &str,
        component: &[u8],
        plugin: &Plugin,
        version: Version,
    ) -> Result<Installed, StoreError> {
        let _lock = self.folder("").lock()?;
        let mut index = self.index(site)?;
        if index.live(name).is_some_and(|live| live.digest == version.digest) {
            return Ok(Installed::AlreadyLive);
        }
        let hex = version.digest.clone();
        self.folder("components").write(&format!("{hex}.wasm"), component)?;
        self.keep_table(plugin, &hex)?;
        index.install(name, version);
        self.write_index(site, &index)?;
        Ok(Installed::Live)
    }

    /// Goes back to the version before the live one, to the one whose digest begins with `to`, or, before
    /// the first one, to what the site's own file names. Gives what is live then, `None` for the site's
    /// own file.
    ///
    /// # Errors
    /// [`StoreError`]; what was live is live then.
    pub fn roll_back(&self, site: &str, name: &str, to: Option<&str>) -> Result<Option<Version>, StoreError> {
        let _lock = self.folder("").lock()?;
        let mut index = self.index(site)?;
        index.roll_back(name, to)?;
        self.write_index(site, &index)?;
        Ok(index.live(name).cloned())
    }

    /// The versions of a site's plugins; empty if nothing was ever installed.
    ///
    /// # Errors
    /// [`StoreError`] if the list cannot be read.
    pub fn index(&self, site: &str) -> Result<Index, StoreError> {
        let (folder, file) = (self.folder("sites"), file_of(site));
        let Some(bytes) = folder.read(&file, index::MAX_INDEX_BYTES)? else { return Ok(Index::default()) };
        Index::parse(&bytes).map_err(|why| StoreError::Index { path: folder.path(&file), why })
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
        if let Some(plugin) = self.kept_table(version)? {
            return Ok(plugin);
        }
        let (folder, file) = (self.folder("components"), format!("{}.wasm", version.digest));
        let path = folder.path(&file);
        let absent = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let component = folder
            .read(&file, MAX_COMPONENT_BYTES)?
            .ok_or_else(|| StoreError::File { path: path.clone(), cause: absent() })?;
        if Digest::of(&component).to_string() != version.digest {
            return Err(StoreError::Component { path });
        }
        let plugin = load(&component)?;
        // The next start does without, and is as slow as this one.
        let _ = self.keep_table(&plugin, &version.digest);
        Ok(plugin)
    }

    fn kept_table(&self, version: &Version) -> Result<Option<Plugin>, StoreError> {
        let Some(seal) = Seal::read(&self.folder(""))? else { return Ok(None) };
        let Some(sealed) = self.folder("tables").read(&version.digest, MAX_TABLE_BYTES)? else {
            return Ok(None);
        };
        let record = seal.open(&version.digest, &sealed);
        let plugin = record.map(Plugin::from_record).and_then(Result::<_, NoRecord>::ok);
        Ok(plugin.filter(|plugin| plugin.digest().to_string() == version.digest))
    }

    fn keep_table(&self, plugin: &Plugin, hex: &str) -> Result<(), StoreError> {
        let seal = Seal::of(&self.folder(""))?;
        self.folder("tables").write(hex, &seal.close(hex, &plugin.to_record()))
    }

    fn write_index(&self, site: &str, index: &Index) -> Result<(), StoreError> {
        self.folder("sites").write(&file_of(site), &index.to_bytes())
    }

    fn folder(&self, name: &str) -> Folder {
        Folder::new(self.root.join(name))
    }
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
