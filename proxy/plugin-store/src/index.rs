//! The versions of a site's plugins, and which of them is live.

use std::collections::BTreeMap;

use cloakroom_plugin_host::Digest;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The most versions of a plugin that are remembered; older ones are forgotten.
pub const MAX_VERSIONS: usize = 20;
/// The longest note on a version, in bytes.
pub const MAX_NOTE_BYTES: usize = 400;
/// The largest list of a site, in bytes.
pub(crate) const MAX_INDEX_BYTES: u64 = 1 << 20;

/// The form of the file.
const FORMAT: u16 = 1;

/// The versions of all plugins of a site, by the names under which the site lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    format: u16,
    plugins: BTreeMap<String, OfPlugin>,
}

/// The versions of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfPlugin {
    /// In the order in which they were installed, each digest once: at most [`MAX_VERSIONS`].
    pub versions: Vec<Version>,
    /// Digest of the one that is live; `None` where it is what the site's own file names.
    pub live: Option<String>,
    /// What was live before, the last one last: what going back leads to. At most [`MAX_VERSIONS`].
    before: Vec<Option<String>>,
}

impl OfPlugin {
    /// The version that is live; `None` where it is what the site's own file names.
    #[must_use]
    pub fn live(&self) -> Option<&Version> {
        let live = self.live.as_ref()?;
        self.versions.iter().find(|version| version.digest == *live)
    }

    fn show(&mut self, digest: Option<String>) {
        if self.live != digest {
            self.before.push(std::mem::replace(&mut self.live, digest));
            self.before.drain(..self.before.len().saturating_sub(MAX_VERSIONS));
        }
    }

    fn install(&mut self, version: Version) {
        let digest = version.digest.clone();
        self.versions.retain(|earlier| earlier.digest != digest);
        self.versions.push(version);
        self.show(Some(digest));
        self.versions.drain(..self.versions.len().saturating_sub(MAX_VERSIONS));
        let versions = &self.versions;
        let known = |digest: &String| versions.iter().any(|version| version.digest == *digest);
        self.before.retain(|before| before.as_ref().is_none_or(known));
    }

    fn is_whole(&self) -> bool {
        let known = |digest: &String| self.versions.iter().any(|version| version.digest == *digest);
        self.versions.len() <= MAX_VERSIONS
            && self.before.len() <= MAX_VERSIONS
            && self.live.iter().chain(self.before.iter().flatten()).all(known)
            && self.versions.iter().all(|version| Digest::parse(&version.digest).is_some())
    }
}

/// What to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// What was live before.
    Before,
    /// What the site's own file names.
    File,
    /// The version whose digest begins so.
    Digest(String),
}

/// A limit that does not hold for a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Its name, with slot and signal: `flip_rate hero country`.
    pub limit: String,
    /// The figure that was overridden, in millionths; a worse one is not.
    pub millionths: u64,
}

/// One version that was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The component's SHA-256, in hexadecimal.
    pub digest: String,
    /// What the plugin calls its version.
    pub version: String,
    /// When it was installed: minutes since 1970.
    pub minute: u64,
    /// What whoever installed it said of it: at most [`MAX_NOTE_BYTES`].
    pub note: String,
    /// The site's limits that were overridden for it, in writing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<Overridden>,
}

impl Version {
    /// The beginning of the digest, for people: long enough to name a version by.
    #[must_use]
    pub fn short_digest(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }
}

impl Default for Index {
    fn default() -> Self {
        Self { format: FORMAT, plugins: BTreeMap::new() }
    }
}

impl Index {
    /// The version of a plugin that is live; `None` where it is what the site's own file names.
    #[must_use]
    pub fn live(&self, name: &str) -> Option<&Version> {
        self.plugins.get(name).and_then(OfPlugin::live)
    }

    /// All plugins that something was installed for.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &OfPlugin)> {
        self.plugins.iter().map(|(name, of)| (name.as_str(), of))
    }

    /// The digests of all versions that are remembered.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &str> {
        self.plugins.values().flat_map(|of| of.versions.iter().map(|version| version.digest.as_str()))
    }

    pub(crate) fn install(&mut self, name: &str, version: Version) {
        self.plugins.entry(name.to_owned()).or_default().install(version);
    }

    /// Replaces the limits that are overridden for the version that is live.
    pub(crate) fn override_limits(&mut self, name: &str, limits: Vec<Overridden>) {
        let of = self.plugins.get_mut(name);
        let live = of.and_then(|of| {
            let live = of.live.clone()?;
            of.versions.iter_mut().find(|version| version.digest == live)
        });
        if let Some(version) = live {
            version.overridden = limits;
        }
    }

    pub(crate) fn roll_back(&mut self, name: &str, to: &Target) -> Result<(), StoreError> {
        let nothing = || StoreError::NothingInstalled { name: name.to_owned() };
        let of = self.plugins.get_mut(name).ok_or_else(nothing)?;
        match to {
            Target::Before => {
                let nothing = || StoreError::NothingBefore { name: name.to_owned() };
                of.live = of.before.pop().ok_or_else(nothing)?;
            }
            Target::File => of.show(None),
            Target::Digest(prefix) => {
                let begins =
                    |version: &&Version| !prefix.is_empty() && version.digest.starts_with(prefix.as_str());
                let found: Vec<_> = of.versions.iter().filter(begins).map(|v| v.digest.clone()).collect();
                let [digest] = found.as_slice() else {
                    let (name, prefix) = (name.to_owned(), prefix.to_owned());
                    return Err(StoreError::Digest { name, prefix, count: found.len() });
                };
                of.show(Some(digest.clone()));
            }
        }
        Ok(())
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Only types that cannot be serialized fail.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let index: Self = serde_json::from_slice(bytes).map_err(|cause| cause.to_string())?;
        if index.format != FORMAT {
            return Err(format!("its format is {}, this program reads {FORMAT}", index.format));
        }
        for (name, of) in &index.plugins {
            if !of.is_whole() {
                return Err(format!("the versions of `{}` are not in order", name.escape_debug()));
            }
        }
        Ok(index)
    }
}
