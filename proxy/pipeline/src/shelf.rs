//! Pages on disk, as the pipeline sees them: put there when they are stored, taken back when memory has lost them
//! or the process is another, and gone with every purge.
//!
//! What a purge reaches is known here of each page on disk, so that a purge need not read them. A page that is read
//! back was stored at some moment among the purges; the store judges it by that, as it judges what a flight brings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use cloakroom_boundary::SiteId;
use cloakroom_disk::{Config, Disk, DiskError, Name};
use cloakroom_variants::{Began, Edition, KeptPage, Page, PageKey, Purge, Resource, Scope, Tags};

use crate::Pipeline;
use crate::accept::Asked;
use crate::miss::Wanted;

/// Pages on disk, and what they can be purged by.
pub(crate) struct Shelf {
    disk: Disk,
    facts: Mutex<HashMap<Name, Facts>>,
}

/// What is known of a page on disk.
struct Facts {
    site: SiteId,
    target: Arc<str>,
    tags: Tags,
    told: Edition,
    /// When it was stored, among the purges.
    began: Began,
}

/// A page as it was kept.
struct Taken {
    page: KeptPage,
    body: Bytes,
    began: Began,
}

impl Shelf {
    /// Opens the folder. `sites` are those that there are, by their first hosts: pages of others are removed.
    ///
    /// # Errors
    /// [`DiskError`].
    pub(crate) fn open<'s>(
        config: &Config,
        sites: impl Iterator<Item = (&'s str, SiteId)>,
        began: Began,
    ) -> Result<Self, DiskError> {
        let mut facts = HashMap::new();
        let sites: HashMap<&str, SiteId> = sites.collect();
        let disk = Disk::open(config, |name, head| {
            let Some(page) = KeptPage::from_bytes(head) else { return false };
            let Some(site) = sites.get(page.host()) else { return false };
            facts.insert(name, Facts::of(&page.key(*site), page.tags(), began));
            true
        })?;
        Ok(Self { disk, facts: Mutex::new(facts) })
    }

    fn facts(&self) -> MutexGuard<'_, HashMap<Name, Facts>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, host: &str, key: &PageKey) -> Name {
        self.disk.name(&[&KeptPage::identity(host, key)])
    }

    /// Keeps what was stored, in place of what was kept under its key; not what is gone, nor what a later flight has
    /// replaced. `host` is the first host of its site.
    pub(crate) fn keep(&self, host: &str, resource: &Resource) {
        if resource.is_gone() {
            return;
        }
        let (key, page, began) = (resource.key(), resource.page(), resource.began());
        let kept = KeptPage::of(host, key, page, Instant::now(), SystemTime::now());
        let kept = kept.and_then(|kept| Some((Bytes::from(kept.to_bytes()?), kept.tags())));
        let name = self.name(host, key);
        let mut facts = self.facts();
        if facts.get(&name).is_some_and(|there| began.is_before(there.began)) {
            return;
        }
        let put = kept
            .and_then(|(head, tags)| self.disk.put(name, head, vec![page.body().clone()]).then_some(tags));
        let is_kept = put.is_some();
        if let Some(tags) = put {
            facts.insert(name, Facts::of(key, tags, began));
            self.forget_evicted(&mut facts);
        }
        // A purge meanwhile may have been here before; in another process nobody would know of it.
        if !is_kept || resource.is_purged() {
            facts.remove(&name);
            self.disk.remove([name]);
        }
    }

    /// The disk evicts by itself: once in a while what is no longer there is forgotten here too.
    fn forget_evicted(&self, facts: &mut HashMap<Name, Facts>) {
        const SLACK: usize = 1_024;
        let there = usize::try_from(self.disk.counts().files).unwrap_or(usize::MAX);
        if facts.len() > there.saturating_mul(2).saturating_add(SLACK) {
            facts.retain(|name, _| self.disk.contains(*name));
        }
    }

    async fn take(&self, host: &str, key: &PageKey) -> Option<Taken> {
        let name = self.name(host, key);
        let began = self.facts().get(&name)?.began;
        let record = self.disk.get(name).await?;
        let page = KeptPage::from_bytes(&record.head)?;
        Some(Taken { page, body: record.body, began })
    }

    /// Takes what was purged off the disk. In memory it is gone already, and what is on disk is judged before it
    /// is shown; this frees its room, and holds after a restart.
    pub(crate) fn purge(&self, scope: &Scope) {
        let names: Vec<_> = {
            let facts = self.facts();
            let purged = facts.iter().filter(|(_, facts)| facts.is_in(scope));
            purged.map(|(name, _)| *name).collect()
        };
        self.drop_names(names);
    }

    fn drop_names(&self, names: impl IntoIterator<Item = Name>) {
        let names: Vec<_> = names.into_iter().collect();
        let mut facts = self.facts();
        for name in &names {
            facts.remove(name);
        }
        drop(facts);
        self.disk.remove(names);
    }

    /// Waits until all is written that waits to be.
    pub(crate) async fn flush(&self) {
        self.disk.flush().await;
    }
}

impl Facts {
    fn of(key: &PageKey, tags: Tags, began: Began) -> Self {
        Self { site: key.site(), target: Arc::clone(key.target()), tags, told: key.told(), began }
    }

    fn is_in(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Url { site, target } => self.site == *site && *self.target == **target,
            Scope::Prefix { site, prefix } => self.site == *site && self.target.starts_with(&**prefix),
            Scope::Tag { site, tag } => site.is_none_or(|site| site == self.site) && self.tags.have(*tag),
            Scope::Site(site) => self.site == *site,
            // Variants are not kept, and pages only under what the origin was told.
            Scope::Editions { site, editions } => {
                self.site == *site && self.told != Edition::default() && editions.contains(&self.told)
            }
        }
    }
}

impl Pipeline {
    /// What is kept on disk under a key, put back into memory; `None` if there is nothing that could be of use.
    pub(crate) async fn shelved(&self, wanted: &Wanted<'_>, key: &PageKey) -> Option<Arc<Resource>> {
        let shelf = self.shelf.as_ref()?;
        let site_id = wanted.request.site();
        let site = self.sites.get(site_id.index())?;
        let Taken { page: kept, body, began } = shelf.take(&site.host, key).await?;
        let (now, clock) = (Instant::now(), SystemTime::now());
        let arrived = kept.arrived(now, clock)?;
        let asked = Asked { site: site_id, route: wanted.route, path: wanted.request.path(), at: now };
        let freshness = kept.freshness();
        let answered = self.answered(&asked, site, (kept.status(), kept.origin().clone(), body), &freshness);
        let page = Page::kept(answered, freshness, arrived);
        if wanted.route.doubts(arrived) || kept.key(site_id) != *key {
            return None;
        }
        // Stale, it can still be confirmed by the origin, or stand in for it.
        let resource = self.cache.restore(key.clone(), page, began)?;
        (!wanted.route.doubts(resource.page().arrived())).then_some(resource)
    }

    /// Purges what is in memory and on disk, and answers how many pages that were in memory.
    pub(crate) fn purge_all(self: &Arc<Self>, scope: &Scope, how: Purge) -> usize {
        let count = self.cache.purge(scope, how);
        let (pipeline, scope) = (Arc::clone(self), scope.clone());
        let freeing = move || {
            pipeline.cache.sweep(&scope);
            if let Some(shelf) = &pipeline.shelf {
                shelf.purge(&scope);
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(freeing)),
            Err(_) => freeing(),
        }
        count
    }
}
