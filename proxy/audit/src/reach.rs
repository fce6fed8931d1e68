//! Which variants somebody can see at all. The table enters, and the values that a site tells apart.

use cloakroom_vocabulary::SiteVocabulary;

use crate::universe::Universe;

/// Whether anybody can see a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Somebody can.
    Shown,
    /// Only cells show it that the site never tells a plugin of.
    NotOnSite,
    /// No cell shows it.
    Dead,
}

/// By slot and variant.
pub(crate) fn reach(universe: &Universe<'_>, site: Option<&SiteVocabulary>) -> Vec<Vec<Reach>> {
    let manifest = universe.plugin().manifest();
    let told: Vec<Vec<bool>> = universe
        .signals()
        .iter()
        .map(|used| {
            let mut told = vec![site.is_none(); usize::from(used.any()) + 1];
            for id in site.iter().flat_map(|site| used.ids(site.hierarchy(used.signal()))) {
                if let Some(told) = told.get_mut(usize::from(id)) {
                    *told = true;
                }
            }
            told
        })
        .collect();
    let is_told = |combination: usize| {
        universe.axes().iter().zip(&told).all(|(axis, told)| told.get(axis.id(combination)) == Some(&true))
    };
    let choices = usize::from(manifest.choices());
    let (mut anywhere, mut on_site) = (vec![false; choices], vec![false; choices]);
    for combination in 0..universe.combinations() {
        let told = is_told(combination);
        for choice in universe.choices(combination) {
            for (seen, is_seen) in [(&mut anywhere, true), (&mut on_site, told)] {
                if let Some(seen) = seen.get_mut(usize::from(*choice)).filter(|_| is_seen) {
                    *seen = true;
                }
            }
        }
    }
    let by_slot = manifest.slots().iter().enumerate();
    by_slot
        .map(|(slot, of)| {
            let mut reach = vec![Reach::Dead; of.variants().len()];
            let choices = (0..manifest.choices()).zip(anywhere.iter().zip(&on_site));
            for (choice, (anywhere, on_site)) in choices {
                let found = match (anywhere, on_site) {
                    (_, true) => Reach::Shown,
                    (true, false) => Reach::NotOnSite,
                    (false, false) => continue,
                };
                if let Some(reach) = reach.get_mut(usize::from(universe.variant(slot, choice)))
                    && *reach != Reach::Shown
                {
                    *reach = found;
                }
            }
            reach
        })
        .collect()
}
