//! What a whole table shows of a plugin that its author may not have meant: variants that nobody sees,
//! signals that change nothing.

use crate::plugin::Plugin;

impl Plugin {
    /// The variants that no cell shows, as positions of slot and variant.
    #[must_use]
    pub fn unshown(&self) -> Vec<(usize, usize)> {
        let manifest = self.manifest();
        let shown: Vec<Vec<u8>> =
            self.chosen().into_iter().map(|choice| manifest.variants_of(choice)).collect();
        let mut unshown = Vec::new();
        for (at, slot) in manifest.slots().iter().enumerate() {
            for variant in 0..slot.variants().len() {
                let is_shown =
                    |variants: &Vec<u8>| variants.get(at).is_some_and(|v| usize::from(*v) == variant);
                if !shown.iter().any(is_shown) {
                    unshown.push((at, variant));
                }
            }
        }
        unshown
    }

    /// How many joint variants some cell shows: their logarithm bounds what the plugin can tell the page
    /// of a visitor.
    #[must_use]
    pub fn joint_variants(&self) -> usize {
        self.chosen().len()
    }

    /// The signals that never make a difference, by position in the manifest; behind the last one stands
    /// the bucket, if the plugin splits traffic.
    #[must_use]
    pub fn idle_signals(&self) -> Vec<usize> {
        let radices = self.table().radices();
        let radices: Vec<usize> =
            radices.into_iter().map(|size| usize::try_from(size).unwrap_or(1).max(1)).collect();
        let choices = self.table().choices();
        let is_idle = |axis: usize| {
            let stride: usize = radices.iter().skip(axis + 1).product();
            let size = radices.get(axis).copied().unwrap_or(1);
            // Each cell is compared with the one in which only this signal has its first value.
            (0..choices.len())
                .all(|cell| choices.get(cell) == choices.get(cell - (cell / stride % size) * stride))
        };
        (0..radices.len()).filter(|axis| is_idle(*axis)).collect()
    }

    /// The choices that some cell has, ascending.
    fn chosen(&self) -> Vec<u16> {
        let mut choices = self.table().choices().to_vec();
        choices.sort_unstable();
        choices.dedup();
        choices
    }
}
