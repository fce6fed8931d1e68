//! Compiles a rule file to a plugin component, with no external toolchain.
//!
//! A rule file (TOML) says which variants a page's slots have and when each is shown. What comes
//! out is an ordinary plugin: a component without imports that exports the contract's interface,
//! its decisions as plain branch code over value ids, its manifest and edits as static data.
//! Everything behind this room sees only WASM. No request data and no site configuration enter.

mod axes;
mod block;
mod cells;
mod code;
mod component;
mod condition;
mod edits;
mod error;
mod file;
mod keys;
mod layout;
mod lower;
mod reach;
mod rule;
mod slots;
mod template;
mod values;

pub use error::RuleError;

/// The longest rule file, in bytes.
pub const MAX_SOURCE_BYTES: usize = 2 * 1024 * 1024;

/// A rule file that was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The bytes of the plugin component.
    pub component: Vec<u8>,
    /// What looks as if it were not meant: rules that others always come before, variants that nothing
    /// shows. At most 50, in the order of their places.
    pub warnings: Vec<RuleError>,
}

/// Compiles a rule file to the bytes of a plugin component.
///
/// The same source always gives the same bytes, so the component's digest stands for the file.
///
/// # Errors
/// Everything that is wrong with the file, each with its place, in the order of the places.
pub fn compile(source: &str) -> Result<Vec<u8>, Vec<RuleError>> {
    compile_with_warnings(source).map(|compiled| compiled.component)
}

/// As [`compile`]; also says what looks as if it were not meant.
///
/// # Errors
/// As [`compile`].
pub fn compile_with_warnings(source: &str) -> Result<Compiled, Vec<RuleError>> {
    let nowhere = |message| vec![RuleError { message, span: 0..0, help: None }];
    if source.len() > MAX_SOURCE_BYTES {
        let size = source.len();
        return Err(nowhere(format!("the file has {size} bytes, at most {MAX_SOURCE_BYTES} are allowed")));
    }
    let file = file::read(source)?;
    let program = lower::lower(&file)?;
    let warnings = reach::look(&program, source)?;
    let component = component::encode(&program).map_err(nowhere)?;
    Ok(Compiled { component, warnings })
}
