//! What share of visitors each line of a slot's rules decides. Rules and weights enter.

use cloakroom_plugin_host::ReadableSlot;

use crate::universe::Universe;

/// By line: the weight of the cells for which it is the first that fits.
pub(crate) fn line_shares(universe: &Universe<'_>, rules: &ReadableSlot, weights: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; rules.lines().len()];
    let decided = rules.decided_by();
    let ways = universe.ways();
    for (weight, lines) in weights.iter().zip(decided.chunks(ways.len().max(1))) {
        for (line, way) in lines.iter().zip(ways) {
            if let Some(share) = line.and_then(|line| shares.get_mut(usize::from(line))) {
                *share += weight * way;
            }
        }
    }
    shares
}
