//! Pages that say themselves which page, version and variant they are.

use std::fmt;

/// What the origin is asked for: a page as one class of visitors may have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub path: String,
    /// The origin was told of the opt-out.
    pub gpc: bool,
    /// The language that the origin was told.
    pub told: Option<&'static str>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, gpc, told } = self;
        write!(f, "page={path} gpc={gpc} told={}", told.unwrap_or("nothing"))
    }
}

/// What a visitor gets in the slot of a personalized page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    Plain,
    France,
    Spring,
}

impl Variant {
    /// What stands in the slot.
    pub fn content(self) -> &'static str {
        match self {
            Self::Plain => "<h1>for everyone</h1>",
            Self::France => "<h1>Bonjour la France</h1>",
            Self::Spring => "<h1>Spring is here</h1>",
        }
    }
}

/// Which pages there are: personalized ones, those of which the origin is told a language, plain ones, and
/// plain ones whose origin speaks for itself.
pub const PATHS: [&str; 14] = [
    "/p/0", "/p/1", "/p/2", "/p/3", "/l/0", "/l/1", "/a/0", "/a/1", "/a/2", "/a/3", "/a/4", "/o/0", "/o/1",
    "/o/2",
];

/// What a path's pages are tagged with.
pub fn tags_of(path: &str) -> [String; 2] {
    [format!("family-{}", &path[1..2]), format!("number-{}", &path[3..])]
}

/// Whether a path's pages are HTML with a slot.
pub fn is_personalized(path: &str) -> bool {
    path.starts_with("/p/") || path.starts_with("/l/")
}

/// The media type of a path's pages.
pub fn media_type(path: &str) -> &'static str {
    if is_personalized(path) { "text/html; charset=utf-8" } else { "text/plain" }
}

/// Lines of a path's pages: some have a few bytes, some are read along, some are rewritten on threads of their own.
fn lines(path: &str) -> usize {
    match path {
        "/p/1" => 1_500,
        "/a/1" | "/o/1" => 1_200,
        "/a/2" => 200,
        _ => 6,
    }
}

/// A version of a page, as the origin sends it (`Variant::Plain`) or as a visitor gets it. Each line says all.
pub fn body(key: &Key, version: u32, variant: Variant) -> Vec<u8> {
    let mut text = String::new();
    if is_personalized(&key.path) {
        text += &format!("<!doctype html><html><body><section id=\"hero\">{}</section>\n", variant.content());
    }
    for line in 0..lines(&key.path) {
        text += &format!("{key} version={version} line={line}\n");
    }
    if is_personalized(&key.path) {
        text += "</body></html>\n";
    }
    text.into_bytes()
}

/// What a body says of itself, for messages: its first two lines.
pub fn says(body: &[u8]) -> String {
    let start = String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
    start.lines().take(2).map(|line| line.chars().take(90).collect()).collect::<Vec<String>>().join(" | ")
}
