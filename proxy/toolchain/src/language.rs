//! The languages that a plugin can be written in, by the names that people type.

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A rule file; compiled by the proxy itself.
    Rules,
    /// Rust, with cargo.
    Rust,
    /// JavaScript, with jco.
    JavaScript,
    /// TypeScript, with jco.
    TypeScript,
    /// C, with the compiler that Zig brings.
    C,
    /// Zig.
    Zig,
}

impl Language {
    /// All of them, the easiest first.
    pub const ALL: [Self; 6] =
        [Self::Rules, Self::Rust, Self::JavaScript, Self::TypeScript, Self::C, Self::Zig];

    /// The name that stands in a project's file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::C => "c",
            Self::Zig => "zig",
        }
    }

    /// The language of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }
}
