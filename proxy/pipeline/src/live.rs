//! The pipeline that answers now, and the step to another one while requests are under way.
//!
//! A request is answered whole by the pipeline that it began with. What visitors gave to crowds, what is
//! stored, what is counted and what is in quarantine goes on in the next one.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, Guard};
use cloakroom_measure::Measure;

use crate::editions::Editions;
use crate::parts::{BuildError, Parts, SiteReport};
use crate::route::Route;
use crate::{Pipeline, Site};

/// Whoever answers requests asks this for the pipeline.
pub struct Live {
    current: ArcSwap<Pipeline>,
    measure: Arc<Measure>,
    /// What plugins have made since the start.
    pub(crate) editions: Editions,
    /// An epoch that ends while a pipeline is replaced would end for one that is gone.
    changing: Mutex<()>,
}

impl Live {
    /// Begins with a pipeline.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>) -> Arc<Self> {
        let measure = Arc::clone(&pipeline.measure);
        let editions = Editions::default();
        editions.add(pipeline.editions());
        Arc::new(Self { current: ArcSwap::new(pipeline), measure, editions, changing: Mutex::new(()) })
    }

    /// The pipeline for one request. To be held for as long as it does not wait.
    #[inline]
    pub fn load(&self) -> Guard<Arc<Pipeline>> {
        self.current.load()
    }

    /// The pipeline for a request that may wait.
    #[must_use]
    pub fn load_full(&self) -> Arc<Pipeline> {
        self.current.load_full()
    }

    /// Counters and logs, which are the same for every pipeline.
    #[must_use]
    pub fn measure(&self) -> &Measure {
        &self.measure
    }

    /// Puts a pipeline of other plugins in the place of the one that answers. Sites and routes have to be
    /// the same; the cache, the access log and the store of the parts are not used. Blocks for as long as
    /// tables take to be joined.
    ///
    /// # Errors
    /// [`BuildError`]; the pipeline that answers goes on then.
    pub fn replace(&self, parts: Parts) -> Result<Vec<SiteReport>, BuildError> {
        let (mut next, reports) = self.load_full().successor(parts)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.load_full();
        for (site, before) in next.sites.iter_mut().zip(&before.sites) {
            site.follow(before);
        }
        self.editions.add(next.editions());
        self.current.store(Arc::new(next));
        Ok(reports)
    }

    /// Waits until all is on disk that shall outlive the process.
    pub async fn flush(&self) {
        if let Some(shelf) = &self.load_full().shelf {
            shelf.flush().await;
        }
    }

    /// How many sites there are; each has epochs of its own.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.load().sites.len()
    }

    /// How long the current epoch of a site still lasts; zero when it is over.
    #[must_use]
    pub fn epoch_left(&self, site: usize) -> Duration {
        self.load().sites.get(site).map_or(Duration::MAX, |site| site.crowd.left(SystemTime::now()))
    }

    /// Ends an epoch of a site: what was counted decides what is released next.
    pub fn end_epoch(&self, site: usize) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let pipeline = self.load();
        let Some(site) = pipeline.sites.get(site) else { return };
        site.crowd.rotate(SystemTime::now());
        for route in site.routes.iter().chain([&site.undeclared]) {
            route.paths.forget();
            route.canary.iter().for_each(|canary| canary.forget());
        }
        pipeline.ended_epochs.fetch_add(1, Relaxed);
    }

    /// Writes what a site has released to the store, if there is one. Blocks for as long as a file takes to
    /// be written, which may be long: no epoch may wait for it.
    pub fn keep_releases(&self, site: usize) {
        let pipeline = self.load_full();
        if let Some(site) = pipeline.sites.get(site)
            && let Some(store) = &site.store
        {
            store.save(&site.crowd);
        }
    }
}

impl Site {
    /// Goes on where the same site of an earlier pipeline was.
    fn follow(&mut self, before: &Self) {
        self.crowd.follow(&before.crowd);
        self.origin = Arc::clone(&before.origin);
        let routes = self.routes.iter_mut().zip(&before.routes);
        for (route, before) in routes.chain([(&mut self.undeclared, &before.undeclared)]) {
            // Nobody else has a route that no request has seen yet.
            if let Some(route) = Arc::get_mut(route) {
                route.follow(before);
            }
        }
    }
}

impl Route {
    fn follow(&mut self, before: &Self) {
        self.paths = Arc::clone(&before.paths);
        self.along = before.along.clone();
        if self.canary.is_some() {
            self.canary.clone_from(&before.canary);
        }
    }
}
