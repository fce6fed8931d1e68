//! Why a plugin is refused, in words for the people who wrote or uploaded it.
//!
//! Messages quote the plugin's own manifest, shortened and escaped; there is no visitor to quote.

use std::fmt;
use std::time::Duration;

use cloakroom_vocabulary::DomainError;
use serde::{Deserialize, Serialize};
use wasmtime::Trap;

use crate::limits::{Caps, Limits, MIB, Resource};

/// A plugin that is not loaded, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LoadError {
    /// More bytes than a plugin may have.
    #[error("the plugin has {bytes} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are no component that this engine runs.
    #[error("this is not a component that can be run: {reason}")]
    NotAComponent {
        /// What the engine says.
        reason: String,
    },
    /// The component wants something from its host.
    #[error("a plugin may import nothing, this one imports {}", list(names))]
    Imports {
        /// What it wants, shortened.
        names: Vec<String>,
    },
    /// The exports are not those of the contract.
    #[error(
        "the plugin does not export `cloakroom:personalizer/plugin@0.1.0` as the contract says: {reason}"
    )]
    Contract {
        /// What differs.
        reason: String,
    },
    /// The exports are those of a contract that is no longer kept.
    #[error("the plugin was made for an older contract, whose slots do not say whether they are price-like")]
    Older,
    /// It exports more than the contract and what a known toolchain adds.
    #[error(
        "a plugin may export `cloakroom:personalizer/plugin@0.1.0` and nothing else, this one also exports {}",
        list(names)
    )]
    Exports {
        /// What else it exports, shortened.
        names: Vec<String>,
    },
    /// Asked the same a second time, it answers something else.
    #[error("{export}: first it answers {first}, asked again {second}")]
    Differs {
        /// The call.
        export: Export,
        /// The first answer in words.
        first: String,
        /// The second one.
        second: String,
    },
    /// An export did not come to an answer.
    #[error("{export}: {stop}")]
    Call {
        /// Which one, and about what.
        export: Export,
        /// What happened.
        stop: Stop,
    },
    /// The manifest breaks a rule of the contract.
    #[error("the manifest: {what}")]
    Manifest {
        /// Which.
        what: String,
    },
    /// Too many cells.
    #[error("the signals combine to too many cells: {0}")]
    Domain(
        #[from]
        #[serde(with = "crate::wire::DomainForm")]
        DomainError,
    ),
    /// `decide` answered with a choice that does not exist.
    #[error("`decide` for {cell}: it answers {answer}, but there are {choices} choices, counted from 0")]
    Answer {
        /// The cell in words.
        cell: String,
        /// The answer.
        answer: u32,
        /// The number of choices.
        choices: u32,
    },
    /// `render` returned something beyond the contract's bounds.
    #[error("`render` of {variant}: {what}")]
    Rendered {
        /// The slot and variant.
        variant: String,
        /// What is wrong.
        what: String,
    },
    /// All calls together took too long.
    #[error("the plugin was given up after {} seconds, with {done} of {cells} cells decided", after.as_secs())]
    TooSlow {
        /// The time it was given.
        after: Duration,
        /// Cells decided.
        done: u32,
        /// Cells to decide.
        cells: u32,
    },
    /// Compiling and running it together took too long, and its process was ended.
    #[error("the plugin was given up after {} seconds of compiling and running", after.as_secs())]
    Overdue {
        /// The time it was given.
        after: Duration,
    },
    /// Its process used up what the system grants it.
    #[error("the plugin was given up: compiling and running it takes more than {what}")]
    Exhausted {
        /// The limit in words.
        what: String,
    },
    /// Its process came to an end without an answer.
    #[error("the process that compiled and ran the plugin failed: {how}")]
    Died {
        /// How it ended.
        how: String,
    },
    /// Its process said something that no plugin can mean.
    #[error("the process that compiled and ran the plugin answered with something that is no plugin: {what}")]
    Babble {
        /// What is wrong with it.
        what: String,
    },
    /// There is no process to compile and run it.
    #[error("no process can be started to compile and run the plugin: {reason}")]
    NoWorker {
        /// What the system says.
        reason: String,
    },
}

/// A call of a plugin, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// `describe`.
    Describe,
    /// `decide` for a cell (`country=FR, device=any`).
    Decide(String),
    /// `render` of a variant (`hero=spring`).
    Render(String),
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Describe => f.write_str("`describe`"),
            Self::Decide(cell) => write!(f, "`decide` for {cell}"),
            Self::Render(variant) => write!(f, "`render` of {variant}"),
        }
    }
}

/// What kept a call from answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// More instructions than a call may run.
    Instructions(u64),
    /// More time than a call may take.
    Time(Duration),
    /// More memory or larger tables than an instance may have; the limit in words.
    Memory(String),
    /// More data than a call may return.
    Returned(usize),
    /// A trap or a broken answer.
    Trap(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instructions(fuel) => write!(f, "it does not come to an end within {fuel} instructions"),
            Self::Time(time) => write!(f, "it does not come to an end within {} ms", time.as_millis()),
            Self::Memory(most) => write!(f, "it asks for more than {most}"),
            Self::Trap(what) => f.write_str(what),
            Self::Returned(bytes) => write!(f, "it returns more than {bytes} bytes"),
        }
    }
}

impl Stop {
    /// What an error of the engine means.
    pub(crate) fn from_engine(error: &wasmtime::Error, caps: &Caps, limits: &Limits) -> Self {
        match caps.exceeded() {
            Some(Resource::Memory) => {
                return Self::Memory(format!("{} MiB of memory", limits.memory_bytes / MIB));
            }
            Some(Resource::TableElements) => {
                return Self::Memory(format!("{} table elements", limits.table_elements));
            }
            None => {}
        }
        let Some(trap) = error.downcast_ref::<Trap>() else {
            let reason = plain(error);
            // The engine has no type for this error.
            return if reason.contains("fuel") || reason.contains("copied between") {
                Self::Returned(limits.returned_bytes)
            } else {
                Self::Trap(reason)
            };
        };
        match trap {
            Trap::OutOfFuel => Self::Instructions(limits.fuel_per_call),
            Trap::Interrupt => Self::Time(limits.wall_clock),
            other => Self::Trap(words(*other).to_owned()),
        }
    }
}

fn words(trap: Trap) -> &'static str {
    match trap {
        Trap::StackOverflow => "it calls itself too deeply",
        Trap::UnreachableCodeReached => "it gives up (the instruction `unreachable`)",
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => "it reads or writes outside its memory",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "it calls a function that is not there"
        }
        Trap::IntegerOverflow | Trap::BadConversionToInteger => "a number does not fit its type",
        Trap::IntegerDivisionByZero => "it divides by zero",
        Trap::StringOutOfBounds | Trap::ListOutOfBounds | Trap::UnalignedPointer => {
            "it returns an address outside its memory"
        }
        Trap::InvalidDiscriminant | Trap::InvalidChar => "it returns a value that its type does not have",
        _ => "it breaks a rule of the engine",
    }
}

/// An error of the engine in one short line.
pub(crate) fn plain(error: &wasmtime::Error) -> String {
    short(&format!("{error:#}"), 300)
}

/// The beginning of a text that a plugin may have written, in printable characters.
pub(crate) fn short(text: &str, most: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line
        .chars()
        .take(most)
        .flat_map(char::escape_debug)
        .collect::<String>()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
