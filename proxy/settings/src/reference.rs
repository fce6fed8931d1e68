//! The printed reference of all keys, made from the table that the files are checked against.

use std::fmt::Write as _;

use crate::bounds::Bounded;
use crate::keys::{Key, Kind, MAIN, SITE, within};
use crate::quantity::{DURATION, SIZE};
use crate::signals_page;

const INTRODUCTION: &str = "\
# Configuration reference

This page is printed from the program's own table of keys; a test keeps the two alike.

Configuration is one main file and one folder a site. Keys that are not listed here are refused, with \
the place and a suggestion. Relative paths start at the folder of the file that names them. Durations \
are a whole number and `ms`, `s`, `m`, `h` or `d` (`60s`, `24h`); sizes a whole number and `B`, `KiB`, \
`MiB` or `GiB` (`8MiB`). Each configuration file is UTF-8 and at most 1MiB.
";

/// What Cloakroom keeps in browsers, byte for byte.
const COOKIES: &str = include_str!("cookies.md");

/// The configuration reference in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    file(&mut page, "The main file, `cloakroom.toml`", MAIN);
    file(&mut page, "A site, `site.toml` in a folder of its own", SITE);
    page.push_str(&signals_page::page());
    page.push_str(COOKIES);
    page
}

fn file(page: &mut String, title: &str, keys: &[Key]) {
    line(page, &format!("\n## {title}"));
    table(page, keys, "");
    for section in keys.iter().filter(|key| holds_keys(key.kind)) {
        let (heading, what) = match section.kind {
            Kind::Sections => (format!("[[{}]]", section.path), "Section, may be repeated. "),
            Kind::TextsOrTables => (section.path.to_owned(), "Entries that are tables. "),
            _ if section.required => (format!("[{}]", section.path), "Required. "),
            _ => (format!("[{}]", section.path), ""),
        };
        line(page, &format!("\n### `{heading}`\n\n{what}{}", section.meaning));
        table(page, keys, section.path);
    }
}

fn table(page: &mut String, keys: &[Key], section: &str) {
    let plain = |key: &&Key| !matches!(key.kind, Kind::Section | Kind::Sections);
    if !within(keys, section).any(|key| plain(&key)) {
        return;
    }
    line(page, "\n| key | type | default | bounds | meaning |\n|---|---|---|---|---|");
    for key in within(keys, section).filter(plain) {
        let cells = [format!("`{}`", key.name()), kind(key.kind).to_owned(), default(key), bounds(key)];
        line(page, &format!("| {} | {} |", cells.join(" | "), key.meaning));
    }
}

fn line(page: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(page, "{text}");
}

fn holds_keys(kind: Kind) -> bool {
    matches!(kind, Kind::Section | Kind::Sections | Kind::TextsOrTables)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Section | Kind::Sections => "section",
        Kind::Flag => "flag",
        Kind::Number(_) => "number",
        Kind::Fraction(_) => "number",
        Kind::Duration(_) => "duration",
        Kind::Size(_) => "size",
        Kind::Text => "text",
        Kind::Choice(_) => "word",
        Kind::Texts => "list of texts",
        Kind::TextOrTexts => "text or list",
        Kind::Choices(_) => "list of words",
        Kind::TextsOrTables => "list of texts or tables",
    }
}

fn default(key: &Key) -> String {
    let quantity = |bounded: &Bounded, show: fn(u64) -> String| bounded.default.map(show);
    let shown = match key.kind {
        Kind::Number(bounded) => quantity(bounded, |number| number.to_string()),
        Kind::Duration(bounded) => quantity(bounded, |ms| DURATION.show(ms)),
        Kind::Size(bounded) => quantity(bounded, |bytes| SIZE.show(bytes)),
        _ => None,
    };
    match shown {
        _ if key.required => "required".to_owned(),
        Some(shown) => format!("`{shown}`"),
        None => key.default.to_owned(),
    }
}

/// What may be written behind a key, in words.
fn bounds(key: &Key) -> String {
    let between = |bounded: &Bounded, show: fn(u64) -> String| {
        format!("`{}` to `{}`", show(bounded.least), show(bounded.most))
    };
    match key.kind {
        Kind::Number(bounded) => between(bounded, grouped).replace('`', ""),
        Kind::Fraction(fraction) => format!("0 to {}", fraction.most),
        Kind::Duration(bounded) => between(bounded, |ms| DURATION.show(ms)),
        Kind::Size(bounded) => between(bounded, |bytes| SIZE.show(bytes)),
        Kind::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Choices(words) => {
            let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            if key.bounds.is_empty() { listed } else { format!("{listed}; {}", key.bounds) }
        }
        _ => key.bounds.to_owned(),
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_the_one_that_the_program_prints() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../CONFIGURATION.md");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written, reference(), "run the test with UPDATE_REFERENCE=1 to write the page");
    }

    #[test]
    fn every_key_says_what_it_means_and_stands_on_the_page() {
        let page = reference();
        for key in MAIN.iter().chain(SITE) {
            assert!(key.meaning.ends_with('.'), "{}", key.path);
            assert!(page.contains(&format!("`{}`", key.name())) || holds_keys(key.kind), "{}", key.path);
        }
    }

    #[test]
    fn defaults_stand_within_their_bounds() {
        for key in MAIN.iter().chain(SITE) {
            if let Kind::Number(b) | Kind::Duration(b) | Kind::Size(b) = key.kind {
                assert!(b.least <= b.most, "{}", key.path);
                assert!(b.default.is_none_or(|d| (b.least..=b.most).contains(&d)), "{}", key.path);
            }
        }
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
