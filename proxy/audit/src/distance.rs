//! How far two values of a signal are apart: the edges between them in the tree in which values
//! generalize. No visitor's value enters, only those that a plugin declares.

use cloakroom_plugin_host::SignalUse;
use cloakroom_vocabulary::{CountryCode, Hierarchy, Signal, SiteValues, SiteVocabulary, country_facts};

/// What a counterfactual change weighs: by the ids of the values before and after, without `any`. The
/// weights of a row add up to 1, unless there is no other value.
///
/// The nearer two values, the more a difference between them says: the weight is one over their distance.
pub(crate) struct Nearness {
    rows: Vec<Vec<f64>>,
    /// One over the distance, before rows were made to add up to 1.
    raw: Vec<f64>,
}

impl Nearness {
    /// `told` says by id whether visitors can have it; nobody can change to another.
    pub(crate) fn of(used: &SignalUse, told: &[bool]) -> Self {
        let paths: Vec<Vec<String>> = (0..used.any()).map(|id| path(used, id)).collect();
        let near = |one: &Vec<String>, other: &Vec<String>| {
            if std::ptr::eq(one, other) { 0.0 } else { 1.0 / f64::from(distance(one, other).max(1)) }
        };
        let row = |one: &Vec<String>| -> Vec<f64> {
            let others = paths.iter().zip(told);
            others.map(|(other, told)| if *told { near(one, other) } else { 0.0 }).collect()
        };
        let mut rows: Vec<Vec<f64>> = paths.iter().map(row).collect();
        let raw: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
        for (row, sum) in rows.iter_mut().zip(&raw).filter(|(_, sum)| **sum > 0.0) {
            row.iter_mut().for_each(|weight| *weight /= sum);
        }
        Self { rows, raw }
    }

    /// The weights of changes from an id; none for `any`.
    pub(crate) fn from(&self, id: usize) -> &[f64] {
        self.rows.get(id).map_or(&[], Vec::as_slice)
    }

    /// What all changes from an id weigh together, before they are made to add up to 1.
    pub(crate) fn total(&self, id: usize) -> f64 {
        self.raw.get(id).copied().unwrap_or_default()
    }
}

/// The names from a value up to, and without, `any`.
fn path(used: &SignalUse, id: u8) -> Vec<String> {
    let name = used.id_name(id);
    // What is not declared stands by itself, whatever the site calls so.
    if id == used.other() {
        return vec!["other".to_owned()];
    }
    let of = |hierarchy: &Hierarchy| -> Option<Vec<String>> {
        let mut value = hierarchy.find(name)?;
        let mut names = Vec::new();
        while value != hierarchy.any() {
            names.push(hierarchy.name(value).to_owned());
            value = hierarchy.parent(value);
        }
        Some(names)
    };
    let countries = match used.signal() {
        Signal::Country => CountryCode::parse(name).and_then(country_facts).map(|_| name.to_owned()),
        _ => None,
    };
    let values = SiteValues { countries: countries.into_iter().collect(), ..SiteValues::default() };
    let known = SiteVocabulary::new(&values).ok();
    known.and_then(|site| of(site.hierarchy(used.signal()))).unwrap_or_else(|| vec![name.to_owned()])
}

/// Edges between two values, each given by its names up to the root.
fn distance(one: &[String], other: &[String]) -> u32 {
    let shared = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let edges = one.len() + other.len() - 2 * shared;
    u32::try_from(edges).unwrap_or(u32::MAX)
}
