//! The search tree of a MaxMind database: one bit of the address a step, IPv4 below ::/96.

/// Where a bit of the address leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Branch {
    /// The address is in no network.
    Nowhere,
    /// On to another node.
    Node(u32),
    /// The network's place, by position.
    Place(u32),
}

/// INVARIANT: node 0 is the root; a branch leads to a node that exists.
pub(super) struct Tree {
    nodes: Vec<[Branch; 2]>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![[Branch::Nowhere; 2]] }
    }
}

impl Tree {
    /// Makes `place` the answer for the network of the first `length` bits of `address`.
    pub(super) fn insert(&mut self, address: u128, length: u32, place: u32) {
        let mut node = 0;
        for depth in 0..length.min(128) {
            let bit = usize::from((address >> (127 - depth)) & 1 == 1);
            let fresh = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let last = depth + 1 == length;
            let Some(branch) = self.nodes.get_mut(node).and_then(|n| n.get_mut(bit)) else { return };
            match *branch {
                _ if last => *branch = Branch::Place(place),
                Branch::Node(next) => node = next as usize,
                Branch::Nowhere | Branch::Place(_) => {
                    *branch = Branch::Node(fresh);
                    self.nodes.push([Branch::Nowhere; 2]);
                    node = fresh as usize;
                }
            }
        }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// The nodes in order.
    pub(super) fn nodes(&self) -> &[[Branch; 2]] {
        &self.nodes
    }
}
