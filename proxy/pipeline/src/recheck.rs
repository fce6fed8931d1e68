//! The canary fetch again, some time later: does a page that was the same at once still not depend on
//! who asks, when, or how often?
//!
//! A page may change with time, so one later fetch could not tell news from a page for one visitor.
//! Two are made at the same moment. If they differ, the page depends on more than what was asked, and
//! its route is quarantined. If they agree and the stored page is another, the page was changed, and
//! the new one takes its place.
//!
//! What it costs the origin: two requests for a page and origin view in an epoch, of those pages that
//! were fetched in it; at most [`MAX_WAITING`] wait and [`MAX_AT_ONCE`] are made at a time, and what
//! finds no room is looked at when it is fetched the next time. Nothing of it belongs to a visitor:
//! the requests are those of the miss, without its validators.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloakroom_boundary::SiteId;
use cloakroom_measure::Trouble;
use cloakroom_origin::OriginRequest;
use cloakroom_variants::PageKey;
use tokio::sync::Semaphore;

use crate::Pipeline;
use crate::accept::Asked;
use crate::canary::{Sent, differ};
use crate::route::Route;

/// Pages that may wait to be looked at again, over all sites.
const MAX_WAITING: usize = 1_024;
/// Pages that are looked at again at the same time.
const MAX_AT_ONCE: usize = 2;

/// Room for pages that are looked at again.
pub(crate) struct Room {
    waiting: Arc<Semaphore>,
    at_once: Semaphore,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { waiting: Arc::new(Semaphore::new(MAX_WAITING)), at_once: Semaphore::new(MAX_AT_ONCE) }
    }
}

/// A page that has to be looked at again.
pub(crate) struct Recheck {
    pub(crate) site: SiteId,
    pub(crate) route: Arc<Route>,
    pub(crate) key: PageKey,
    pub(crate) path: String,
    /// What it was asked for with, without conditions.
    pub(crate) request: OriginRequest,
}

impl Pipeline {
    /// Looks at a page again when `delay` is over, once in an epoch and if there is room.
    pub(crate) fn recheck_later(self: &Arc<Self>, recheck: Recheck, delay: Duration) {
        let Some(canary) = &recheck.route.canary else { return };
        let Ok(place) = Arc::clone(&self.room.waiting).try_acquire_owned() else { return };
        if !canary.takes(&recheck.key) {
            return;
        }
        let pipeline = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            pipeline.recheck(recheck).await;
            drop(place);
        });
    }

    async fn recheck(&self, recheck: Recheck) {
        let Recheck { site: id, route, key, path, request } = recheck;
        let (Some(site), Some(canary)) = (self.sites.get(id.index()), &route.canary) else { return };
        let Ok(_turn) = self.room.at_once.acquire().await else { return };
        if canary.is_quarantined() {
            return;
        }
        let (at, began) = (Instant::now(), self.cache.began());
        let (one, other) = tokio::join!(site.origin.fetch(request.again()), site.origin.fetch(request));
        let (Ok(one), Ok(other)) = (one, other) else { return };
        // An origin that fails says nothing of the page.
        if one.status.is_server_error() || other.status.is_server_error() {
            return;
        }
        let asked = Asked { site: id, route: &route, path: &path, at };
        let (first, second) = (self.shown(&asked, site, &one), self.shown(&asked, site, &other));
        if differ(&route, first, second).await {
            canary.quarantine();
            self.measure.trouble(route.label, Trouble::DiffersByFetch);
            return;
        }
        let Some(stored) = self.cache.get(&key) else { return };
        if let Ok(page) = self.accept_whole(&asked, site, one)
            && differ(&route, Sent::from(&**stored.page()), Sent::from(&page)).await
        {
            self.cache.replace(Some(&stored), key, page, began);
        }
    }
}
