//! Where visitors would be placed if so and so many came: the crowd rule without anybody being counted.
//! Assumed numbers enter; no visitor, token or count does.

use cloakroom_vocabulary::{CellId, Domain, SiteVocabulary};

use crate::Config;
use crate::plan::{chain, parents};

/// The tree in which the cells of a domain are generalized, and how many have to share one.
pub struct Forecast {
    parent: Box<[u32]>,
    any: u32,
    k: f64,
}

impl Forecast {
    /// For visitors of whom everything may be seen, on a route with this domain.
    #[must_use]
    pub fn new(config: &Config, vocabulary: &SiteVocabulary, domain: &Domain) -> Self {
        let chain = chain(vocabulary, domain, &config.generalize);
        Self { parent: parents(vocabulary, domain, &chain), any: domain.any().0, k: f64::from(config.k) }
    }

    /// The cell in which the visitors of each cell are placed, if `networks` has how many networks show each
    /// cell in every epoch. Noise and the delay of a first release, which even out over epochs, are left out.
    #[must_use]
    pub fn place(&self, networks: &[f64]) -> Vec<CellId> {
        let mut counts = vec![0.0; self.parent.len()];
        for (count, networks) in counts.iter_mut().zip(networks) {
            *count = *networks;
        }
        // A parent has a larger number than its children, so that whoever is not placed moves up once.
        for cell in 0..self.any {
            let count = counts.get(cell as usize).copied().unwrap_or_default();
            if count < self.k {
                let parent = self.parent.get(cell as usize).copied().unwrap_or(self.any);
                if let Some(above) = counts.get_mut(parent as usize) {
                    *above += count;
                }
            }
        }
        let is_released =
            |cell: u32| cell == self.any || counts.get(cell as usize).is_some_and(|count| *count >= self.k);
        let mut placed: Vec<CellId> = (0..self.any.saturating_add(1)).map(CellId).collect();
        for cell in (0..self.any).rev().filter(|cell| !is_released(*cell)) {
            let parent = self.parent.get(cell as usize).copied().unwrap_or(self.any);
            let above = placed.get(parent as usize).copied().unwrap_or(CellId(self.any));
            if let Some(place) = placed.get_mut(cell as usize) {
                *place = above;
            }
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_vocabulary::{Grain, Signal, SiteValues, ValueId};
    use proptest::prelude::*;

    use super::*;
    use crate::epoch::RouteEpoch;
    use crate::plan::Plan;
    use crate::reference::{Visitor, domain, unsplit, vocabulary};

    #[test]
    fn who_is_too_few_is_placed_with_the_neighbours_and_then_with_all() {
        let values =
            SiteValues { countries: ["FR", "DE", "US"].map(str::to_owned).to_vec(), ..SiteValues::default() };
        let site = SiteVocabulary::new(&values).unwrap();
        let hierarchy = site.hierarchy(Signal::Country);
        let domain = Domain::of_site([(Signal::Country, hierarchy)]).unwrap();
        let config = Config { k: 50, ..Config::default() };
        let cell = |name: &str| domain.cell(|_| hierarchy.find(name).unwrap_or(ValueId(0)));
        let mut networks = vec![0.0; domain.size() as usize];
        let countries = [("FR", 60.0), ("DE", 30.0), ("US", 20.0), ("other", 40.0)];
        for (name, count) in countries {
            networks[cell(name).0 as usize] = count;
        }
        let forecast = Forecast::new(&config, &site, &domain);
        let named = |placed: &[CellId]| {
            countries
                .map(|(name, _)| hierarchy.name(domain.values(placed[cell(name).0 as usize])[0]).to_owned())
        };
        // France has its own crowd, and is none of Europe's any more; the others are too few apart.
        assert_eq!(named(&forecast.place(&networks)), ["FR", "any", "any", "any"]);
        networks[cell("DE").0 as usize] = 45.0;
        networks[cell("FR").0 as usize] = 45.0;
        assert_eq!(named(&forecast.place(&networks)), ["europe", "europe", "any", "any"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn visitors_are_placed_as_the_rule_places_them(
            crowds in prop::collection::vec(((0..4_u8, 0..6_u8, 0..4_u8), 1..40_u32), 1..12), k in 2..30_u32,
        ) {
            let config = Config { k, counted_cells: 50_000, ..Config::default() };
            let (site, domain) = (vocabulary(), domain());
            let crowd = unsplit(domain.clone(), vec![vec![Grain::ANY; 3], vec![Grain::FINEST; 3]]);
            let mut networks = vec![0.0; domain.size() as usize];
            let mut visitors = Vec::new();
            for ((country, referrer, daypart), count) in crowds {
                let values = [country, referrer, daypart].map(ValueId);
                for _ in 0..count {
                    // Each network has a slot of its own.
                    let slot = u16::try_from(visitors.len()).unwrap();
                    let visitor = Visitor { class: 1, values, bucket: None, slot };
                    networks[domain.cell(|signal| visitor.value(signal)).0 as usize] += 1.0;
                    visitors.push(visitor);
                }
            }
            let mut epoch = RouteEpoch::first(Plan::new(&config, &site, 0, crowd).unwrap(), 50_000);
            // A cell that is large for the first time waits an epoch, and only then its parent is without it: after
            // one more epoch than the tree is deep all is as it stays.
            for _ in 0..10 {
                for visitor in &visitors {
                    let _ = epoch.place(1, |signal| visitor.value(signal), None, visitor.slot);
                }
                epoch = epoch.next(&config, &mut |_| 0);
            }
            let placed = Forecast::new(&config, &site, &domain).place(&networks);
            for visitor in &visitors {
                let (cell, _) = epoch.place(1, |signal| visitor.value(signal), None, visitor.slot);
                prop_assert_eq!(placed[domain.cell(|signal| visitor.value(signal)).0 as usize], CellId(cell));
            }
        }
    }
}
