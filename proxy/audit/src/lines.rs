//! What share of visitors each line of a slot's rules decides. Rules and weights enter.

use cloakroom_plugin_host::ReadableSlot;

use crate::universe::Universe;

/// By line: the weight of the cells for which it is the first that fits.
pub(crate) fn line_shares(universe: &Universe<'_>, rules: &ReadableSlot, weights: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; rules.lines().len()];
    let table = universe.plugin().table();
    let ways = universe.ways();
    for (combination, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        for (way, share) in ways.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let cell = u32::try_from(combination * ways.len() + way).unwrap_or(u32::MAX);
            let ids = table.ids(cell);
            let fits = |line: &&cloakroom_plugin_host::Line| {
                line.conditions().iter().all(|condition| condition.holds(&ids))
            };
            let first = rules.lines().iter().zip(&mut shares).find(|(line, _)| fits(line));
            if let Some((_, of_line)) = first {
                *of_line += weight * share;
            }
        }
    }
    shares
}
