//! Compiles a rule file to a plugin component, with no external toolchain.
//!
//! A rule file (TOML) says which variants a page's slots have and when each is shown. What comes
//! out is an ordinary plugin: a component without imports that exports the contract's interface,
//! its decisions as plain branch code over value ids, its manifest and edits as static data.
//! Everything behind this room sees only WASM. No request data and no site configuration enter.

mod code;
mod component;
mod condition;
mod error;
mod file;
mod keys;
mod layout;
mod lower;
mod slots;
mod values;

pub use error::RuleError;

/// The longest rule file, in bytes.
pub const MAX_SOURCE_BYTES: usize = 2 * 1024 * 1024;

/// Compiles a rule file to the bytes of a plugin component.
///
/// The same source always gives the same bytes, so the component's digest stands for the file.
///
/// # Errors
/// Everything that is wrong with the file, each with its place, in the order of the places.
pub fn compile(source: &str) -> Result<Vec<u8>, Vec<RuleError>> {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("the file has {} bytes, at most {MAX_SOURCE_BYTES} are allowed", source.len());
        return Err(vec![RuleError { message, span: 0..0, help: None }]);
    }
    let file = file::read(source)?;
    let program = lower::lower(&file)?;
    component::encode(&program).map_err(|message| vec![RuleError { message, span: 0..0, help: None }])
}
