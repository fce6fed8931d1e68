//! What a whole table shows of a plugin that its author may not have meant: variants that nobody sees,
//! signals that change nothing.

use crate::plugin::Plugin;

impl Plugin {
    /// The variants that no cell shows, as positions of slot and variant.
    #[must_use]
    pub fn unshown(&self) -> Vec<(usize, usize)> {
        let manifest = self.manifest();
        let mut chosen = vec![false; usize::from(manifest.choices())];
        for choice in self.table().choices() {
            if let Some(chosen) = chosen.get_mut(usize::from(*choice)) {
                *chosen = true;
            }
        }
        let shown: Vec<Vec<u8>> = (0..manifest.choices())
            .zip(&chosen)
            .filter(|(_, chosen)| **chosen)
            .map(|(choice, _)| manifest.variants_of(choice))
            .collect();
        let dead = |slot: usize, variant: usize| {
            !shown
                .iter()
                .any(|variants| variants.get(slot).is_some_and(|shown| usize::from(*shown) == variant))
        };
        let slots = manifest.slots().iter().enumerate();
        slots
            .flat_map(|(at, slot)| (0..slot.variants().len()).map(move |variant| (at, variant)))
            .filter(|(slot, variant)| dead(*slot, *variant))
            .collect()
    }

    /// How many joint variants some cell shows: the logarithm of this bounds what the plugin tells the
    /// page of a visitor.
    #[must_use]
    pub fn joint_variants(&self) -> usize {
        let mut choices: Vec<u16> = self.table().choices().to_vec();
        choices.sort_unstable();
        choices.dedup();
        choices.len()
    }

    /// The signals that never make a difference, by position in the manifest; after them, at the
    /// position behind the last signal, the bucket, if the plugin splits traffic to no effect.
    #[must_use]
    pub fn idle_signals(&self) -> Vec<usize> {
        let radices: Vec<usize> =
            self.table().radices().into_iter().map(|size| usize::try_from(size).unwrap_or(1)).collect();
        let choices = self.table().choices();
        let idle = |axis: usize| {
            let stride: usize = radices.iter().skip(axis + 1).product();
            let size = radices.get(axis).copied().unwrap_or(1);
            let last = choices.len().saturating_sub(1);
            // The cell in which nothing is known has the default whatever the plugin would say.
            (0..last).all(|cell| {
                let base = cell - (cell / stride % size) * stride;
                choices.get(cell) == choices.get(base)
            })
        };
        (0..radices.len()).filter(|axis| idle(*axis)).collect()
    }
}
