//! What to do about a plugin that is refused, and which of the properties that are promised of every
//! plugin it lacks. For the people who write plugins; nothing of a visitor is known here.

use crate::error::{Export, LoadError, Stop};

/// What a plugin is looked at for, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// That it is no larger than a plugin may be.
    Size,
    /// That it is a component that the engine runs.
    Component,
    /// That it imports nothing.
    Imports,
    /// That it exports the contract, and nothing else that is unknown.
    Exports,
    /// That what it says of itself is within the contract.
    Manifest,
    /// That its signals combine to no more cells than are allowed.
    Cells,
    /// That no call takes more instructions than are allowed.
    Fuel,
    /// That no instance takes more memory than is allowed.
    Memory,
    /// That every answer is one that the contract has.
    Answers,
    /// That it answers the same when it is asked again.
    Determinism,
    /// That all calls together come to an end in time.
    Time,
}

impl Property {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::Size,
        Self::Component,
        Self::Imports,
        Self::Exports,
        Self::Manifest,
        Self::Cells,
        Self::Fuel,
        Self::Memory,
        Self::Answers,
        Self::Determinism,
        Self::Time,
    ];

    /// Its name in one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Component => "component",
            Self::Imports => "imports",
            Self::Exports => "exports",
            Self::Manifest => "manifest",
            Self::Cells => "cells",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Answers => "answers",
            Self::Determinism => "determinism",
            Self::Time => "time",
        }
    }
}

impl LoadError {
    /// The property that the plugin lacks; `None` where it is the host that failed.
    #[must_use]
    pub fn property(&self) -> Option<Property> {
        Some(match self {
            Self::TooLarge { .. } => Property::Size,
            Self::NotAComponent { .. } | Self::Exhausted { .. } | Self::Died { .. } | Self::Babble { .. } => {
                Property::Component
            }
            Self::Imports { .. } => Property::Imports,
            Self::Contract { .. } | Self::Older | Self::Exports { .. } => Property::Exports,
            Self::Manifest { .. } => Property::Manifest,
            Self::Domain(_) => Property::Cells,
            Self::Call { stop: Stop::Instructions(_), .. } => Property::Fuel,
            Self::Call { stop: Stop::Memory(_), .. } => Property::Memory,
            Self::Call { stop: Stop::Time(_), .. } | Self::TooSlow { .. } | Self::Overdue { .. } => {
                Property::Time
            }
            Self::Call { export: Export::Describe, .. } => Property::Manifest,
            Self::Call { .. } | Self::Answer { .. } | Self::Rendered { .. } => Property::Answers,
            Self::Differs { .. } => Property::Determinism,
            Self::NoWorker { .. } => return None,
        })
    }

    /// The properties that the plugin is known to have although it is refused.
    #[must_use]
    pub fn passed(&self) -> &'static [Property] {
        let until = match self {
            // It may have failed anywhere.
            Self::Overdue { .. } | Self::Exhausted { .. } | Self::Died { .. } | Self::Babble { .. } => {
                Property::Component
            }
            Self::Call { export: Export::Describe, .. } => Property::Manifest,
            Self::Call { .. } | Self::Answer { .. } | Self::Rendered { .. } | Self::TooSlow { .. } => {
                Property::Fuel
            }
            Self::NoWorker { .. } => Property::Size,
            _ => self.property().unwrap_or(Property::Size),
        };
        let known = Property::ALL.iter().take_while(|property| **property < until).count();
        Property::ALL.get(..known).unwrap_or_default()
    }

    /// What to do about it, in a sentence without a full stop.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "leave debug information out, and build for size",
            Self::NotAComponent { .. } => {
                "a plugin is a WASM component of the world `personalizer`, neither a core module nor text; \
                 `cloakroom plugin build` makes one"
            }
            Self::Imports { .. } => {
                "build it without WASI: no clock, random numbers, files, environment or network; \
                 `cloakroom plugin build` leaves them out"
            }
            Self::Contract { .. } | Self::Manifest { .. } => {
                "the contract, with its bounds beside the fields, is `plugins/wit/personalizer.wit`"
            }
            Self::Older => "build it again, with this version's SDK or `cloakroom plugin build`",
            Self::Exports { .. } => "export the world `personalizer` and nothing else",
            Self::Call { stop, .. } => stop.help(),
            Self::Domain(_) => "ask for fewer signals, or tell fewer of their values apart",
            Self::Answer { .. } => {
                "`decide` returns the variants of all slots as one number, the first slot being the most \
                 significant digit"
            }
            Self::Rendered { .. } => {
                "return fewer or smaller edits for this variant; the bounds stand in \
                 `plugins/wit/personalizer.wit`"
            }
            Self::TooSlow { .. } => {
                "tell fewer values apart, or make `decide` and the start of an instance cheaper"
            }
            Self::Overdue { .. } => "make the component smaller: compiling it takes part of that time",
            Self::Exhausted { .. } => "make the component smaller: compiling it takes most of that",
            Self::Died { .. } | Self::Babble { .. } => {
                "nothing outside that process is harmed; if the plugin comes from a source that you trust, \
                 this is a mistake of the proxy's, and worth a report"
            }
            Self::NoWorker { .. } => {
                "a plugin is compiled by this program, started once more: let it start processes and open pipes"
            }
            Self::Differs { .. } => {
                "an answer may depend on the cell alone; no plugin can get here by its own means, so this is \
                 a mistake of the proxy's, and worth a report"
            }
        }
    }
}

impl Stop {
    fn help(&self) -> &'static str {
        match self {
            Self::Instructions(_) => "look for a loop that has no end, and do less for each question",
            Self::Time(_) => "do less for each question: large copies take time and few instructions",
            Self::Memory(_) => "build with a smaller memory and stack, and allocate less",
            Self::Returned(_) => "return less: the largest edit has 64 KiB, and a variant has 32 edits",
            Self::Trap(_) => {
                "a plugin must answer every question: look for a panic, an exception (its words stay inside: run the \
                 plugin's own tests to see them), an index that is out of bounds, or a stack that is too small"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_never_among_what_is_there() {
        let call = |export, stop| LoadError::Call { export, stop };
        let after = std::time::Duration::from_secs(1);
        for (error, property, passed) in [
            (LoadError::TooLarge { bytes: 2, limit: 1 }, Some(Property::Size), 0),
            (LoadError::Imports { names: Vec::new() }, Some(Property::Imports), 2),
            (LoadError::Overdue { after }, Some(Property::Time), 1),
            (call(Export::Describe, Stop::Instructions(1)), Some(Property::Fuel), 4),
            (call(Export::Describe, Stop::Trap(String::new())), Some(Property::Manifest), 4),
            (call(Export::Decide(String::new()), Stop::Trap(String::new())), Some(Property::Answers), 6),
            (call(Export::Render(String::new()), Stop::Memory(String::new())), Some(Property::Memory), 6),
            (LoadError::NoWorker { reason: String::new() }, None, 0),
        ] {
            assert_eq!((error.property(), error.passed().len()), (property, passed), "{error}");
            assert!(property.is_none_or(|lacking| !error.passed().contains(&lacking)), "{error}");
            assert!(!error.help().ends_with('.'));
        }
    }
}
