//! The permit table of a route: for every consent fact, the finest grain of each signal for each plugin.

use cloakroom_vocabulary::{ConsentFacts, Grain, Signal, SiteVocabulary};

use crate::evaluate::{Evaluator, check_bound};
use crate::{FailedPolicy, PolicyError, PolicySet};

/// The most classes that a table can have: one a fact, and the one in which nothing is permitted.
pub const MAX_CLASSES: usize = ConsentFacts::COUNT + 1;

/// A route as policies know it, with the plugins that it lists.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// `personalize`, `anonymous` or `passthrough`.
    pub mode: &'a str,
    /// What the site calls the route.
    pub labels: &'a [String],
    /// The plugins in the route's order, by name, with the signals that each asks for.
    pub plugins: Vec<(String, Vec<Signal>)>,
}

/// Facts with the same permits, as their number in a [`PermitTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(u8);

impl ClassId {
    /// The class in which nothing is permitted.
    pub const NOTHING: Self = Self(0);

    /// The number itself.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Position in [`PermitTable::classes`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What the plugins of a route may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitClass {
    /// For each plugin of the [`Subject`], the finest permitted grain of each signal, by
    /// [`Signal::index`]. What is denied, or never asked for, has the grain `any`.
    pub plugins: Vec<[Grain; Signal::COUNT]>,
}

/// All permits of a route, computed ahead.
///
/// INVARIANT: class 0 permits nothing; classes differ from each other.
#[derive(Clone, Debug)]
pub struct PermitTable {
    by_facts: [ClassId; ConsentFacts::COUNT],
    classes: Vec<PermitClass>,
    errors: Vec<FailedPolicy>,
}

impl PermitTable {
    /// The class of some facts.
    #[must_use]
    pub fn class(&self, facts: ConsentFacts) -> ClassId {
        self.by_facts.get(facts.index()).copied().unwrap_or(ClassId::NOTHING)
    }

    /// The classes, by [`ClassId::index`]; at most [`MAX_CLASSES`].
    #[must_use]
    pub fn classes(&self) -> &[PermitClass] {
        &self.classes
    }

    /// Policies that fail in some contexts, where nothing is permitted therefore.
    #[must_use]
    pub fn errors(&self) -> &[FailedPolicy] {
        &self.errors
    }
}

impl PolicySet {
    /// Evaluates the policies for every plugin, signal, grain and fact of a route.
    ///
    /// # Errors
    /// [`PolicyError`] with the arithmetic, when that would take more than
    /// [`MAX_EVALUATIONS`](crate::MAX_EVALUATIONS).
    pub fn permits(
        &self,
        vocabulary: &SiteVocabulary,
        subject: &Subject<'_>,
    ) -> Result<PermitTable, PolicyError> {
        check_bound(vocabulary, subject)?;
        let mut evaluator = Evaluator::new(self, vocabulary, subject)?;
        let nothing = Signal::ALL.map(|signal| vocabulary.hierarchy(signal).any_grain());
        let mut classes = vec![PermitClass { plugins: vec![nothing; subject.plugins.len()] }];
        let mut by_facts = [ClassId::NOTHING; ConsentFacts::COUNT];
        for (facts, class) in ConsentFacts::all().zip(&mut by_facts) {
            let mut plugins = Vec::with_capacity(subject.plugins.len());
            for (plugin, signals) in &subject.plugins {
                let mut grains = nothing;
                for signal in signals {
                    if let Some(grain) = grains.get_mut(signal.index()) {
                        *grain = finest(&mut evaluator, vocabulary, plugin, *signal, facts)?;
                    }
                }
                plugins.push(grains);
            }
            let permits = PermitClass { plugins };
            let position = classes.iter().position(|known| *known == permits).unwrap_or_else(|| {
                classes.push(permits);
                classes.len() - 1
            });
            // INVARIANT: at most `MAX_CLASSES` classes, which a byte can number.
            *class = ClassId(u8::try_from(position).unwrap_or(0));
        }
        Ok(PermitTable { by_facts, classes, errors: evaluator.into_failed() })
    }
}

fn finest(
    evaluator: &mut Evaluator<'_>,
    vocabulary: &SiteVocabulary,
    plugin: &str,
    signal: Signal,
    facts: ConsentFacts,
) -> Result<Grain, PolicyError> {
    let hierarchy = vocabulary.hierarchy(signal);
    let any = hierarchy.any_grain();
    for (grain, name) in (0..any.0).map(Grain).zip(hierarchy.grains()) {
        if evaluator.permits(plugin, signal, name, facts)? {
            return Ok(grain);
        }
    }
    Ok(any)
}
