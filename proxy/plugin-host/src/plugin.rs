//! A plugin that has been loaded: its manifest, its table and its edits. Asking it anything costs
//! no WASM.

use std::fmt;
use std::sync::Arc;

use cloakroom_rewrite::Edit;
use cloakroom_vocabulary::Hierarchy;
use sha2::Digest as _;

use crate::manifest::Manifest;
use crate::readable::Readable;
use crate::table::Table;
use crate::usage::Usage;

/// A plugin that fulfils the contract in every cell and every variant.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Inner>,
}

struct Inner {
    manifest: Manifest,
    digest: Digest,
    table: Table,
    /// By slot and variant.
    edits: Vec<Vec<Vec<Edit>>>,
    usage: Usage,
}

/// SHA-256 of a component. Plugins with the same digest behave the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub(crate) [u8; 32]);

impl Plugin {
    pub(crate) fn new(
        manifest: Manifest,
        digest: Digest,
        table: Table,
        edits: Vec<Vec<Vec<Edit>>>,
        usage: Usage,
    ) -> Self {
        Self { inner: Arc::new(Inner { manifest, digest, table, edits, usage }) }
    }

    /// What it has used up while it was loaded.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.inner.usage
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// Which component it is.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.inner.digest
    }

    /// What it decides in every cell.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.inner.table
    }

    /// The edits of a variant, by positions in the manifest; none for one that does not exist.
    #[must_use]
    pub fn edits(&self, slot: usize, variant: usize) -> &[Edit] {
        self.inner.edits.get(slot).and_then(|variants| variants.get(variant)).map_or(&[], Vec::as_slice)
    }

    /// The id that the plugin is given for each value of a site's hierarchy of the signal at
    /// `position` in the manifest, by [`cloakroom_vocabulary::ValueId`]; empty for a position that
    /// does not exist.
    #[must_use]
    pub fn ids_for(&self, position: usize, hierarchy: &Hierarchy) -> Vec<u8> {
        let signal = self.inner.manifest.signals().get(position);
        signal.map(|signal| signal.ids(hierarchy)).unwrap_or_default()
    }

    /// The whole table as rules for people.
    #[must_use]
    pub fn readable(&self) -> Readable {
        Readable::new(&self.inner.manifest, &self.inner.table)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.inner.manifest.name())
            .field("digest", &self.inner.digest)
            .finish_non_exhaustive()
    }
}

impl Digest {
    /// That of a component.
    #[must_use]
    pub fn of(component: &[u8]) -> Self {
        Self(sha2::Sha256::digest(component).into())
    }

    /// From its hexadecimal form, as it is displayed; `None` if it is not one.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
