//! Starts plugin projects, and builds them by the toolchain of their language.
//!
//! Sources and templates enter, and external tools are run on them; nothing of a site or of a visitor
//! does. What leaves is a component that nobody has checked: that is for `plugin-host`.
//!
//! A project is a folder with a `cloakroom-plugin.toml`. Each language has a file of its own here,
//! which says what tools it needs and how they are run, and returns the bytes that they made: a
//! component, or a core module of which [`build`] makes one.

mod c;
mod component;
mod error;
mod javascript;
mod language;
mod project;
mod rules;
mod rust;
mod scaffold;
mod tools;
mod zig;

pub use component::{COMPONENT_BYTES, CONTRACT};
pub use error::BuildError;
pub use language::Language;
pub use project::{PROJECT_FILE, Project};
pub use scaffold::{scaffold, starters};
pub use tools::{OUTPUT_KEPT, TOOL_TIME, Tools};

/// A plugin that was built.
#[derive(Debug)]
pub struct Built {
    /// The bytes of the component.
    pub component: Vec<u8>,
    /// What may not have been meant, each with its place.
    pub warnings: Vec<cloakroom_settings::Problem>,
}

/// Builds a project. Tools may write into folders of theirs beside the sources (`target`), and nowhere else
/// in the project.
///
/// # Errors
/// A source that is wrong, a tool that is missing, fails or does not end in [`TOOL_TIME`], and what it made
/// if that is no component and cannot become one.
pub fn build(project: &Project, tools: &Tools) -> Result<Built, BuildError> {
    let scratch = tempfile::tempdir().map_err(|cause| BuildError::file("a temporary folder", &cause))?;
    let job = Job { project, tools, scratch: scratch.path() };
    let made = match project.language() {
        Language::Rules => return rules::build(project),
        Language::Rust => rust::build(&job),
        Language::C => c::build(&job),
        Language::Zig => zig::build(&job),
        Language::JavaScript | Language::TypeScript => javascript::build(&job),
    }?;
    let component = component::finish(made)?;
    Ok(Built { component, warnings: Vec::new() })
}

/// What a language is given to work with.
pub(crate) struct Job<'a> {
    pub(crate) project: &'a Project,
    pub(crate) tools: &'a Tools,
    /// An empty folder, removed afterwards.
    pub(crate) scratch: &'a std::path::Path,
}
