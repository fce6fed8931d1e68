//! Names of topics and campaigns that tell of what the law protects most, found by a shipped list of
//! words. A site that needs such a name all the same says so in writing; here a name is only judged.

use std::sync::LazyLock;

/// The shipped list: matters in brackets, each with its words below.
const LIST: &str = include_str!("../../../policies/sensitive.txt");

/// What separates the parts of a name.
const SEPARATORS: [char; 3] = ['-', '_', '.'];

/// A word of the list that a name holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sensitive {
    /// What such a name tells of a visitor, in a few words.
    pub matter: &'static str,
    /// The word as it is listed; `*` stands for any letters.
    pub word: &'static str,
}

struct Entry {
    found: Sensitive,
    parts: Vec<Part>,
}

/// A listed word without its stars.
struct Part {
    text: &'static str,
    open_before: bool,
    open_after: bool,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| entries(LIST));

/// The sensitive matter that a name of a topic or campaign tells of, if it holds a listed word. Names are
/// compared part by part (`spring-hiv-test` has three), without digits, in lower case.
#[must_use]
pub fn sensitive(name: &str) -> Option<Sensitive> {
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> = name
        .split(|c: char| SEPARATORS.contains(&c) || c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let holds = |entry: &Entry| {
        parts
            .windows(entry.parts.len())
            .any(|window| window.iter().zip(&entry.parts).all(|(part, word)| word.matches(part)))
    };
    ENTRIES.iter().find(|entry| holds(entry)).map(|entry| entry.found)
}

impl Part {
    fn matches(&self, part: &str) -> bool {
        match (self.open_before, self.open_after) {
            (false, false) => part == self.text,
            (false, true) => part.starts_with(self.text),
            (true, false) => part.ends_with(self.text),
            (true, true) => part.contains(self.text),
        }
    }
}

fn entries(list: &'static str) -> Vec<Entry> {
    let mut matter = "";
    let mut entries = Vec::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(named) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            matter = named;
            continue;
        }
        entries.extend(line.split_whitespace().map(|word| {
            Entry {
                found: Sensitive { matter, word },
                parts: word
                    .split('-')
                    .map(|part| Part {
                        text: part.trim_matches('*'),
                        open_before: part.starts_with('*'),
                        open_after: part.ends_with('*'),
                    })
                    .collect(),
            }
        }));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_of_protected_matters_are_found_in_four_languages() {
        for name in [
            "hiv-test",
            "spring_hiv",
            "diabetes",
            "diabete.2026",
            "brustkrebs",
            "embarazo",
            "grossesse",
            "depression-help",
            "muslim-fashion",
            "eglise",
            "kirchentag",
            "election2026",
            "wahlkampf",
            "partido-politico",
            "lgbtq",
            "gay-travel",
            "homosexuell",
            "ethnic-food",
            "trade-union",
            "gewerkschaft",
            "syndicat",
            "sindicatos",
            "kids",
            "kinderkleidung",
            "enfants",
            "ninos",
            "handicap",
            "behinderung",
            "schulden",
            "GAY",
        ] {
            assert!(sensitive(name).is_some(), "{name}");
        }
    }

    #[test]
    fn everyday_names_are_not() {
        for name in [
            "spring",
            "garden",
            "sale",
            "tents",
            "black-friday",
            "trade-show",
            "union-jack",
            "race-bikes",
            "jewelry",
            "essex",
            "middlesex-store",
            "kitchen",
            "party",
            "christmas",
            "running",
            "books",
            "be-kind",
            "heal",
        ] {
            assert_eq!(sensitive(name), None, "{name}");
        }
    }

    #[test]
    fn every_listed_word_is_found_and_says_what_it_tells() {
        assert!(ENTRIES.len() > 150, "{} words", ENTRIES.len());
        for entry in ENTRIES.iter() {
            let Sensitive { matter, word } = entry.found;
            assert!(!matter.is_empty(), "{word} stands under no matter");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b"-*".contains(&b)), "{word}");
            assert!(entry.parts.iter().all(|part| part.text.len() >= 2), "{word}");
            assert!(sensitive(&word.replace('*', "")).is_some(), "{word}");
        }
    }
}
