//! A site's crowds over time: the current epoch, and the step to the next.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use cloakroom_boundary::RouteId;
use cloakroom_vocabulary::SiteVocabulary;

use crate::epoch::RouteEpoch;
use crate::plan::Plan;
use crate::{Config, CrowdError, Epoch, Released, RouteCrowd};

/// The crowds of one site.
pub struct Crowd {
    config: Config,
    current: ArcSwap<Epoch>,
}

impl Crowd {
    /// Begins the first epoch, in which nothing is released. `routes` is in the order of
    /// [`RouteId::index`]; a route without plugins has no crowd.
    ///
    /// # Errors
    /// [`CrowdError`] for a configuration out of range, or a route that does not fit the vocabulary.
    pub fn new(
        config: Config,
        vocabulary: Arc<SiteVocabulary>,
        routes: Vec<Option<RouteCrowd>>,
    ) -> Result<Self, CrowdError> {
        config.check()?;
        let mut epochs = Vec::with_capacity(routes.len());
        for (position, route) in routes.into_iter().enumerate() {
            let plan = route.map(|crowd| Plan::new(&vocabulary, position, &crowd)).transpose()?;
            epochs.push(plan.map(|plan| RouteEpoch::first(plan, config.counted_cells)));
        }
        Ok(Self { config, current: ArcSwap::from_pointee(Epoch::new(epochs)) })
    }

    /// As given to [`Crowd::new`].
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The current epoch. Hold it for one request: token and count have to meet in the same epoch.
    pub fn epoch(&self) -> Guard<Arc<Epoch>> {
        self.current.load()
    }

    /// Ends the epoch: what was counted in it decides what the next one releases, and is dropped with
    /// its key as soon as the last request lets go. Whoever calls this keeps the time, once each
    /// [`Config::epoch`].
    pub fn rotate(&self) {
        let ended = self.current.load_full();
        let next = |route: &RouteEpoch| route.next(self.config.k, self.config.counted_cells);
        let routes = ended.routes().iter().map(|route| route.as_ref().map(next)).collect();
        self.current.store(Arc::new(Epoch::new(routes)));
    }

    /// What is released on a route now, by class and cell; empty for a route without a crowd.
    #[must_use]
    pub fn released(&self, route: RouteId) -> Vec<Released> {
        let epoch = self.current.load();
        let route = epoch.routes().get(route.index()).and_then(Option::as_ref);
        route.map_or_else(Vec::new, RouteEpoch::released)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_vocabulary::Grain;

    use super::*;
    use crate::reference::{Visitor, domain, vocabulary};

    fn crowd(config: Config) -> Result<Crowd, CrowdError> {
        let route = RouteCrowd { domain: domain(), classes: vec![vec![Grain(0); 3]; 2] };
        Crowd::new(config, Arc::new(vocabulary()), vec![None, Some(route)])
    }

    fn visit(crowd: &Crowd, slot: u16) -> u32 {
        let visitor = Visitor::new(1, ["US", "social", "evening"], slot);
        let epoch = crowd.epoch();
        let route = epoch.routes()[1].as_ref().unwrap();
        route.place(visitor.class, |signal| visitor.value(signal), visitor.slot)
    }

    #[test]
    fn a_release_lasts_for_the_epoch_after_the_count() {
        let crowd = crowd(Config { k: 2, ..Config::default() }).unwrap();
        let any = domain().any().0;
        assert_eq!([visit(&crowd, 1), visit(&crowd, 2), visit(&crowd, 3)], [any; 3]);
        crowd.rotate();
        assert_ne!(visit(&crowd, 9), any);
        crowd.rotate();
        assert_eq!(visit(&crowd, 9), any);
    }

    #[test]
    fn an_ended_epoch_is_gone_with_its_key_and_counts() {
        let crowd = crowd(Config::default()).unwrap();
        let ended = Arc::downgrade(&crowd.epoch());
        assert!(ended.upgrade().is_some());
        crowd.rotate();
        assert!(ended.upgrade().is_none());
    }

    #[test]
    fn configurations_out_of_range_are_refused() {
        let good = Config::default();
        for bad in [
            Config { k: 1, ..good },
            Config { k: 2_001, ..good },
            Config { epoch: Duration::from_millis(999), ..good },
            Config { epoch: Duration::from_secs(2_592_001), ..good },
            Config { counted_cells: 0, ..good },
            Config { counted_cells: crate::MAX_COUNTED_CELLS + 1, ..good },
        ] {
            assert!(crowd(bad).is_err(), "{bad:?}");
        }
    }
}
