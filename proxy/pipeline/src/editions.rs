//! Which plugins the variants of an edition were made by, for as long as such variants may be stored: a pipeline that
//! is replaced leaves its variants in the store.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use cloakroom_boundary::SiteId;
use cloakroom_plugin_host::Digest;
use cloakroom_variants::Edition;

use crate::decision::Prepared;

/// The most editions that are remembered, those of the pipeline that answers included; older ones are forgotten first.
/// A configuration of 64 sites has at most 64,000.
const MOST: usize = 131_072;
/// The fewest hexadecimal digits that name a component.
const FEWEST_DIGITS: usize = 12;

/// A plugin, as operators name it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PluginId {
    /// The name under which its site lists it.
    name: String,
    /// What it calls its version.
    version: String,
    /// Of its component.
    digest: Digest,
}

impl PluginId {
    pub(crate) fn of(prepared: &Prepared) -> Self {
        let Prepared { name, plugin, .. } = prepared;
        let version = plugin.manifest().version().to_owned();
        Self { name: name.clone(), version, digest: plugin.digest() }
    }

    /// Whether `named` means it: its name, its name and version with `@` between, or how its digest begins.
    fn is(&self, named: &str) -> bool {
        match named.split_once('@') {
            Some((name, version)) => name == self.name && version == self.version,
            None => {
                let is_hex = named.len() >= FEWEST_DIGITS && named.bytes().all(|byte| byte.is_ascii_hexdigit());
                let digest = self.digest.to_string();
                named == self.name || (is_hex && digest.starts_with(&named.to_ascii_lowercase()))
            }
        }
    }
}

/// All that are remembered, in the order in which they were met.
#[derive(Default)]
pub(crate) struct Editions(Mutex<VecDeque<Known>>);

struct Known {
    site: SiteId,
    edition: Edition,
    plugins: Vec<PluginId>,
}

impl Editions {
    /// Remembers editions of a pipeline that begins to answer.
    pub(crate) fn add(&self, editions: impl Iterator<Item = (SiteId, Edition, Vec<PluginId>)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> =
            editions.map(|(site, edition, plugins)| Known { site, edition, plugins }).collect();
        let again: std::collections::HashSet<_> = new.iter().map(|new| (new.site, new.edition)).collect();
        known.retain(|old| !again.contains(&(old.site, old.edition)));
        known.extend(new);
        let over = known.len().saturating_sub(MOST);
        known.drain(..over);
    }

    /// By site: the editions that a plugin had a part in; `None` if none is known of it, on any of the sites.
    pub(crate) fn of(&self, named: &str, site: Option<SiteId>) -> Option<Vec<(SiteId, Vec<Edition>)>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Known| {
            site.is_none_or(|site| site == known.site) && known.plugins.iter().any(|plugin| plugin.is(named))
        };
        let mut found: Vec<(SiteId, Vec<Edition>)> = Vec::new();
        for Known { site, edition, .. } in known.iter().filter(is_it) {
            match found.iter_mut().find(|(of, _)| of == site) {
                Some((_, editions)) => editions.push(*edition),
                None => found.push((*site, vec![*edition])),
            }
        }
        (!found.is_empty()).then_some(found)
    }
}
