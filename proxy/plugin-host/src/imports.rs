//! What a component imports, read from its own bytes: the engine names only what it would have to
//! provide, and a type that the contract's world would share is imported without being named.

use wasmparser::{Parser, Payload};

use crate::error::{LoadError, short};

/// Imports that a message names; who has one too many is refused all the same.
const NAMED: usize = 5;

/// Refuses a component that imports anything at all, be it a type. Those of the components within it
/// are what its own parts give each other.
///
/// # Errors
/// [`LoadError::Imports`], and [`LoadError::NotAComponent`] for bytes that cannot be read.
pub(crate) fn none(component: &[u8]) -> Result<(), LoadError> {
    let unreadable = |error: wasmparser::BinaryReaderError| LoadError::NotAComponent {
        reason: short(&error.to_string(), 300),
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(unreadable)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    names.push(short(import.map_err(unreadable)?.name.name, 80));
                    if names.len() == NAMED {
                        return Err(LoadError::Imports { names });
                    }
                }
            }
            _ => {}
        }
    }
    if names.is_empty() { Ok(()) } else { Err(LoadError::Imports { names }) }
}
