//! A plugin's table as the figures see it: combinations of the signals' ids, the ranges of the bucket
//! within each, and the variant of every slot. No weight enters here.

use cloakroom_plugin_host::{Plugin, SignalUse};

/// A plugin's table, taken apart.
///
/// INVARIANT: `choices` has `combinations` × `ways` entries, in the order of [`cloakroom_plugin_host::Table`];
/// `variants` has for each slot one entry per choice; the shares of `ways` add up to 1.
pub(crate) struct Universe<'p> {
    plugin: &'p Plugin,
    axes: Vec<Axis>,
    combinations: usize,
    /// The share of each way in which a bucket can fall, the unknown bucket last; one way without a
    /// bucket.
    ways: Vec<f64>,
    /// By slot, then by choice.
    variants: Vec<Vec<u8>>,
}

/// A signal's digit in the number of a combination.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    /// How many ids it has, `any` included, which is the last.
    pub(crate) size: usize,
    /// How many combinations lie between two of its ids.
    pub(crate) stride: usize,
}

impl Axis {
    /// The id that a combination has.
    pub(crate) fn id(self, combination: usize) -> usize {
        combination / self.stride.max(1) % self.size.max(1)
    }

    /// The id that says nothing.
    pub(crate) fn any(self) -> usize {
        self.size.saturating_sub(1)
    }
}

impl<'p> Universe<'p> {
    pub(crate) fn new(plugin: &'p Plugin) -> Self {
        let manifest = plugin.manifest();
        let sizes: Vec<usize> = manifest.signals().iter().map(|used| usize::from(used.any()) + 1).collect();
        let mut axes: Vec<Axis> = Vec::with_capacity(sizes.len());
        let mut stride = 1;
        for size in sizes.iter().rev() {
            axes.push(Axis { size: *size, stride });
            stride *= size;
        }
        axes.reverse();
        // A bucket is drawn evenly from a hundred; who has none is not part of the draw.
        let drawn = manifest.bucket_ranges().iter().map(|width| f64::from(*width) / 100.0);
        let ways = if manifest.splits() { drawn.chain([0.0]).collect() } else { vec![1.0] };
        let variants = (0..manifest.slots().len()).map(|slot| {
            let of = |choice: u16| manifest.variants_of(choice).get(slot).copied().unwrap_or_default();
            (0..manifest.choices()).map(of).collect()
        });
        Self { plugin, axes, combinations: stride, ways, variants: variants.collect() }
    }

    pub(crate) fn plugin(&self) -> &'p Plugin {
        self.plugin
    }

    pub(crate) fn signals(&self) -> &'p [SignalUse] {
        self.plugin.manifest().signals()
    }

    pub(crate) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How many combinations of the signals' ids there are.
    pub(crate) fn combinations(&self) -> usize {
        self.combinations
    }

    /// The share of each way in which a bucket can fall.
    pub(crate) fn ways(&self) -> &[f64] {
        &self.ways
    }

    /// The choices of a combination, one for each way.
    pub(crate) fn choices(&self, combination: usize) -> &[u16] {
        let start = combination * self.ways.len();
        self.plugin.table().choices().get(start..start + self.ways.len()).unwrap_or_default()
    }

    /// The variant of a slot in a choice.
    pub(crate) fn variant(&self, slot: usize, choice: u16) -> u8 {
        let of_slot = self.variants.get(slot);
        of_slot.and_then(|variants| variants.get(usize::from(choice))).copied().unwrap_or_default()
    }

    /// The variants of a slot for all cells of the table, in its order.
    pub(crate) fn shown(&self, slot: usize) -> Vec<u8> {
        self.plugin.table().choices().iter().map(|choice| self.variant(slot, *choice)).collect()
    }

    /// A combination in words, without the bucket: `country=FR, device=any`.
    pub(crate) fn in_words(&self, combination: usize) -> String {
        let ids = self.axes.iter().map(|axis| u8::try_from(axis.id(combination)).unwrap_or(u8::MAX));
        self.plugin.manifest().cell_in_words(&ids.collect::<Vec<_>>())
    }
}
