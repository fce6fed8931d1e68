//! Which plugins the variants of an edition were made by, for as long as such variants may be stored: a pipeline that
//! is replaced leaves its variants in the store.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use cloakroom_boundary::SiteId;
use cloakroom_plugin_host::Digest;
use cloakroom_variants::Edition;

use crate::Pipeline;
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
                let is_hex =
                    named.len() >= FEWEST_DIGITS && named.bytes().all(|byte| byte.is_ascii_hexdigit());
                let digest = self.digest.to_string();
                named == self.name || (is_hex && digest.starts_with(&named.to_ascii_lowercase()))
            }
        }
    }
}

/// All that are remembered, in the order in which they were met.
#[derive(Default)]
pub(crate) struct Editions(Mutex<VecDeque<Known>>);

/// An edition of a route of a site, and who had a part in it.
pub(crate) struct Known {
    site: SiteId,
    edition: Edition,
    plugins: Vec<PluginId>,
}

impl Pipeline {
    /// The editions under which its variants are made.
    pub(crate) fn editions(&self) -> impl Iterator<Item = Known> {
        let sites = self.boundary.sites().zip(&self.sites);
        sites.flat_map(|(site, of)| {
            let decisions = of.routes.iter().filter_map(|route| route.decision.as_ref());
            decisions.map(move |decision| {
                let (edition, plugins) = decision.made_by();
                Known { site, edition, plugins: plugins.to_vec() }
            })
        })
    }
}

impl Editions {
    /// Remembers editions of a pipeline that begins to answer.
    pub(crate) fn add(&self, editions: impl Iterator<Item = Known>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> = editions.collect();
        let again: HashSet<_> = new.iter().map(|new| (new.site, new.edition)).collect();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_boundary::{Boundary, Config, SiteConfig};
    use cloakroom_vocabulary::{SiteValues, SiteVocabulary};

    use super::*;

    fn site() -> SiteId {
        let site = SiteConfig {
            hosts: vec!["shop.test".into()],
            vocabulary: Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap()),
            consent: Vec::new(),
            campaign_parameter: None,
            topics: Vec::new(),
            routes: Vec::new(),
        };
        Boundary::new(Config { sites: vec![site], ..Config::default() }, None)
            .unwrap()
            .sites()
            .next()
            .unwrap()
    }

    fn known(edition: u64, plugins: &[(&str, &str)]) -> Known {
        let of = |(name, version): &(&str, &str)| {
            let digest = Digest::of(format!("{name} {version}").as_bytes());
            PluginId { name: (*name).into(), version: (*version).into(), digest }
        };
        Known { site: site(), edition: Edition(edition), plugins: plugins.iter().map(of).collect() }
    }

    #[test]
    fn editions_are_found_by_name_version_and_digest_also_those_of_earlier_pipelines() {
        let editions = Editions::default();
        editions.add([known(1, &[("hero", "1")]), known(2, &[("hero", "1"), ("bar", "7")])].into_iter());
        editions.add([known(3, &[("hero", "2")]), known(2, &[("hero", "1"), ("bar", "7")])].into_iter());
        let of = |named: &str| {
            let found = editions.of(named, Some(site()));
            found.map(|found| {
                found.into_iter().flat_map(|(_, of)| of).map(|edition| edition.0).collect::<Vec<_>>()
            })
        };
        assert_eq!(of("hero"), Some(vec![1, 3, 2]));
        assert_eq!(of("hero@1"), Some(vec![1, 2]));
        assert_eq!(of("hero@2"), Some(vec![3]));
        assert_eq!(of("bar"), Some(vec![2]));
        let digest = Digest::of(b"hero 2").to_string();
        assert_eq!(of(&digest[..12].to_uppercase()), Some(vec![3]));
        assert_eq!(of(&digest), Some(vec![3]));
        for nobody in [&digest[..11], "hero@", "hero@3", "her", "", "@1"] {
            assert_eq!(of(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let editions = Editions::default();
        editions.add([known(1, &[("old", "1")])].into_iter());
        let new = known(0, &[("new", "1")]);
        let of =
            |number| Known { site: new.site, edition: Edition(number + 2), plugins: new.plugins.clone() };
        editions.add((0..MOST as u64).map(of));
        assert!(editions.of("old", None).is_none());
        assert!(editions.of("new", None).is_some_and(|found| found[0].1.len() == MOST));
    }
}
