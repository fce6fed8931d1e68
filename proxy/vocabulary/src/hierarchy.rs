//! One signal's values on one site, and how they generalize: a tree whose root is `any`.

/// How far a value is generalized: 0 is the finest, larger is coarser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grain(pub u8);

impl Grain {
    /// As exact as the vocabulary allows.
    pub const FINEST: Self = Self(0);
    /// Coarser than every hierarchy is deep: everything becomes `any`.
    pub const ANY: Self = Self(u8::MAX);
}

/// Position of a value in its signal's hierarchy. Meaningless without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u8);

#[derive(Clone, Debug)]
struct Node {
    name: Box<str>,
    parent: ValueId,
    /// The coarsest grain at which this value still stands for itself.
    grain: Grain,
}

/// The values of one signal, finest first, `any` last.
///
/// INVARIANT: a node's parent stands after it and has a larger grain; `any` is its own parent.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    nodes: Vec<Node>,
    leaves: u8,
    grains: Vec<&'static str>,
}

/// One branch of a hierarchy while it is built: a generalized value and the leaves below it.
pub(crate) struct Branch {
    pub name: String,
    pub leaves: Vec<String>,
}

impl Hierarchy {
    /// A hierarchy of two grains: the values themselves, and `any`.
    pub(crate) fn flat(finest: &'static str, leaves: impl IntoIterator<Item = String>) -> Self {
        Self::build(vec![finest, "any"], Vec::new(), leaves.into_iter().collect())
    }

    /// A hierarchy of three grains. `loose` leaves stand for themselves at both finer grains
    /// (as `other` does) and generalize straight to `any`.
    pub(crate) fn deep(grains: [&'static str; 2], branches: Vec<Branch>, loose: Vec<String>) -> Self {
        Self::build(vec![grains[0], grains[1], "any"], branches, loose)
    }

    fn build(grains: Vec<&'static str>, branches: Vec<Branch>, loose: Vec<String>) -> Self {
        let top = Grain(u8::try_from(grains.len() - 1).unwrap_or(u8::MAX));
        let below_top = Grain(top.0.saturating_sub(1));
        let leaf_count = branches.iter().map(|b| b.leaves.len()).sum::<usize>() + loose.len();
        let id = |position: usize| ValueId(u8::try_from(position).unwrap_or(u8::MAX));
        let any = id(leaf_count + branches.len());
        let mut nodes = Vec::with_capacity(usize::from(any.0) + 1);
        for (branch, name) in branches
            .iter()
            .enumerate()
            .flat_map(|(at, branch)| branch.leaves.iter().map(move |leaf| (at, leaf)))
        {
            nodes.push(Node {
                name: name.as_str().into(),
                parent: id(leaf_count + branch),
                grain: Grain::FINEST,
            });
        }
        nodes.extend(loose.into_iter().map(|name| Node { name: name.into(), parent: any, grain: below_top }));
        nodes.extend(branches.into_iter().map(|b| Node {
            name: b.name.into(),
            parent: any,
            grain: below_top,
        }));
        nodes.push(Node { name: "any".into(), parent: any, grain: top });
        Self { nodes, leaves: id(leaf_count).0, grains }
    }

    /// Number of values, generalized ones and `any` included.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Never: `any` is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The value that says nothing.
    #[must_use]
    pub fn any(&self) -> ValueId {
        ValueId(u8::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(u8::MAX))
    }

    /// Every value, finest first.
    pub fn values(&self) -> impl Iterator<Item = ValueId> + use<> {
        (0..=self.any().0).map(ValueId)
    }

    /// The values at the finest grain, those that a visitor can have.
    pub fn leaves(&self) -> impl Iterator<Item = ValueId> + use<> {
        (0..self.leaves).map(ValueId)
    }

    /// The value of that name (`FR`, `europe`, `any`).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ValueId> {
        self.values().zip(&self.nodes).find(|(_, node)| &*node.name == name).map(|(id, _)| id)
    }

    /// The name of a value; `any` for an id of another hierarchy.
    #[must_use]
    pub fn name(&self, value: ValueId) -> &str {
        self.nodes.get(usize::from(value.0)).map_or("any", |node| &node.name)
    }

    /// The next more general value; `any` is its own.
    #[must_use]
    pub fn parent(&self, value: ValueId) -> ValueId {
        self.nodes.get(usize::from(value.0)).map_or(self.any(), |node| node.parent)
    }

    /// The coarsest grain at which this value still stands for itself.
    #[must_use]
    pub fn grain(&self, value: ValueId) -> Grain {
        self.nodes.get(usize::from(value.0)).map_or(Grain::ANY, |node| node.grain)
    }

    /// The value as it is seen at `grain`.
    #[must_use]
    pub fn generalize(&self, value: ValueId, grain: Grain) -> ValueId {
        let mut seen = value;
        while self.grain(seen) < grain && seen != self.any() {
            seen = self.parent(seen);
        }
        seen
    }

    /// The most bits that the value can tell of a visitor: no distribution over *n* values has more
    /// entropy than log2 *n* (Shannon 1948, §6). Real ones have less.
    #[must_use]
    pub fn bits(&self) -> f64 {
        f64::from(self.leaves.max(1)).log2()
    }

    /// Names of the grains, finest first; the last is `any`.
    #[must_use]
    pub fn grains(&self) -> &[&'static str] {
        &self.grains
    }

    /// The grain at which everything is `any`.
    #[must_use]
    pub fn any_grain(&self) -> Grain {
        Grain(u8::try_from(self.grains.len().saturating_sub(1)).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referrer() -> Hierarchy {
        Hierarchy::deep(
            ["kind", "side"],
            vec![Branch { name: "external".into(), leaves: vec!["search".into(), "social".into()] }],
            vec!["internal".into()],
        )
    }

    #[test]
    fn leaves_climb_one_grain_at_a_time() {
        let h = referrer();
        let search = h.find("search").unwrap();
        assert_eq!(h.generalize(search, Grain(0)), search);
        assert_eq!(h.name(h.generalize(search, Grain(1))), "external");
        assert_eq!(h.generalize(search, Grain(2)), h.any());
        assert_eq!(h.generalize(search, Grain::ANY), h.any());
    }

    #[test]
    fn loose_leaves_stand_for_themselves_until_any() {
        let h = referrer();
        let internal = h.find("internal").unwrap();
        assert_eq!(h.generalize(internal, Grain(1)), internal);
        assert_eq!(h.generalize(internal, Grain(2)), h.any());
    }

    #[test]
    fn parents_stand_after_their_children() {
        let h = referrer();
        assert!(h.values().all(|v| v == h.any() || h.parent(v) > v));
        assert_eq!(h.leaves().count(), 3);
        assert_eq!(h.len(), 5);
    }
}
