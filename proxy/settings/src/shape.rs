//! The shape of a file: TOML, then every key known, of the right type, and none missing.
//!
//! All problems of shape are found in one pass; what the values mean is looked at afterwards.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::bounds::{Bounded, Fraction};
use crate::keys::{Key, Kind, LATER, MAIN, SITE, within};
use crate::names::closest;
use crate::problem::{Problems, Source, Span};
use crate::quantity::{DURATION, SIZE};

/// Reads a file into its raw form if its shape is right.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    source: &Source,
    keys: &'static [Key],
    problems: &mut Problems,
) -> Option<T> {
    let (document, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        add_syntax_errors(source, &errors, problems);
        return None;
    }
    let mut shape = Shape { source, keys, problems: Problems::default(), misplaced: Vec::new() };
    shape.table("", document.get_ref(), first_line(source.text()));
    if !shape.problems.is_empty() {
        problems.take_in(shape.problems);
        return None;
    }
    match T::deserialize(toml::de::Deserializer::from(document)) {
        Ok(raw) => Some(raw),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            problems.add(source.problem(span, "here", error.message()));
            None
        }
    }
}

/// One error a line: what follows on the same line is mostly its consequence.
pub(crate) fn add_syntax_errors(source: &Source, errors: &[toml::de::Error], problems: &mut Problems) {
    let mut last_line = 0;
    for error in errors {
        let span = error.span().unwrap_or_default();
        let (line, _) = source.line_and_column(span.start);
        if line == last_line {
            continue;
        }
        last_line = line;
        let key = source.text().get(span.clone()).unwrap_or_default();
        problems.add(source.problem(span, "here", error.message()).help(syntax_help(error.message(), key)));
    }
}

fn syntax_help(message: &str, written: &str) -> String {
    if message == "duplicate key" {
        format!("`{written}` stands twice: keep one, or join the two")
    } else if message.contains("array") {
        "put `,` between the entries of a list and `]` at its end".to_owned()
    } else if message.contains("inline table") {
        "put `,` between the keys of an entry and `}` at its end".to_owned()
    } else if message.contains("table") {
        "write the name of a section in brackets: `[crowd]`, or `[[route]]` where there may be several"
            .to_owned()
    } else if message.contains("string") {
        "begin and end a text with the same quotes, on one line".to_owned()
    } else {
        "write `key = value` on a line of its own: texts in double quotes, lists in `[ ]`".to_owned()
    }
}

fn first_line(text: &str) -> Span {
    0..text.find('\n').unwrap_or(text.len())
}

struct Shape<'a> {
    source: &'a Source,
    keys: &'static [Key],
    problems: Problems,
    /// Keys of this file that stand in the wrong section.
    misplaced: Vec<&'static str>,
}

impl Shape<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>, span: Span) {
        let mut meant = Vec::new();
        for (written, value) in table {
            let name: &str = written.get_ref();
            match within(self.keys, section).find(|key| key.name() == name) {
                Some(key) => self.value(key, value),
                None => meant.extend(self.unknown(section, name, written.span())),
            }
        }
        for key in within(self.keys, section) {
            let elsewhere = meant.contains(&key.name()) || self.misplaced.contains(&key.name());
            if key.required && !table.contains_key(key.name()) && !elsewhere {
                self.missing(section, key, span.clone());
            }
        }
    }

    /// Reports an unknown key; returns the key that was probably meant.
    fn unknown(&mut self, section: &str, name: &str, span: Span) -> Option<&'static str> {
        let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        let siblings: Vec<&'static str> = within(self.keys, section).map(Key::name).collect();
        let later = LATER.iter().find(|(later, _)| *later == path);
        let meant = closest(name, &siblings);
        let help = if let Some((_, help)) = later {
            (*help).to_owned()
        } else if let Some(meant) = meant {
            format!("did you mean `{meant}`?")
        } else if let Some(home) = self.home(name) {
            home
        } else {
            let listed: Vec<_> = siblings.iter().map(|sibling| format!("`{sibling}`")).collect();
            format!("the keys {} are {}", place_of(section), listed.join(", "))
        };
        let message = format!("unknown key `{name}` {}", place_of(section));
        self.problems.add(self.source.problem(span, "not a key here", message).help(help));
        meant.filter(|_| later.is_none())
    }

    /// Where a key of this name belongs, if it does anywhere.
    fn home(&mut self, name: &str) -> Option<String> {
        let key = |keys: &'static [Key]| keys.iter().find(|key| key.name() == name);
        if let Some(key) = key(self.keys) {
            self.misplaced.push(key.name());
            return Some(match key.section() {
                "" => format!("`{name}` belongs at the top, before the first section"),
                section => format!("`{name}` belongs {}", place_of(section)),
            });
        }
        if key(MAIN).is_some() {
            return Some(format!("`{name}` belongs in the main file, `cloakroom.toml`"));
        }
        key(SITE).map(|_| format!("`{name}` belongs in the `site.toml` of a site"))
    }

    fn missing(&mut self, section: &str, key: &Key, span: Span) {
        let message = format!("the key `{}` is missing {}", key.name(), place_of(section));
        let help = match key.kind {
            Kind::Section => format!("add a section `[{}]`: {}", key.path, key.meaning),
            _ => format!("add `{} = …`: {}", key.name(), key.meaning),
        };
        self.problems.add(self.source.problem(span, "missing here", message).help(help));
    }

    fn value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        match (key.kind, value.get_ref()) {
            (Kind::Section, DeValue::Table(table)) => self.table(key.path, table, span),
            (Kind::Sections | Kind::TextsOrTables, DeValue::Array(entries)) => {
                let names_too = matches!(key.kind, Kind::TextsOrTables);
                for entry in entries {
                    match entry.get_ref() {
                        DeValue::Table(table) => self.table(key.path, table, entry.span()),
                        DeValue::String(_) if names_too => {}
                        _ => self.wrong_type(key, entry),
                    }
                }
            }
            (Kind::Choice(words), DeValue::String(word)) => self.choice(key, words, word, span),
            (Kind::Choices(words), DeValue::Array(entries)) => {
                for entry in entries {
                    match entry.get_ref() {
                        DeValue::String(word) => self.choice(key, words, word, entry.span()),
                        _ => self.wrong_type(key, entry),
                    }
                }
            }
            (Kind::Texts | Kind::TextOrTexts, DeValue::Array(entries)) => {
                for entry in entries.iter().filter(|entry| !entry.get_ref().is_str()) {
                    self.wrong_type(key, entry);
                }
            }
            (Kind::Flag, DeValue::Boolean(_))
            | (Kind::Text | Kind::TextOrTexts | Kind::Duration(_) | Kind::Size(_), DeValue::String(_)) => {}
            (Kind::Number(bounded), DeValue::Integer(number)) => self.number(key, bounded, number, span),
            (Kind::Fraction(fraction), DeValue::Integer(_) | DeValue::Float(_)) => {
                self.fraction(key, fraction, span);
            }
            _ => self.wrong_type(key, value),
        }
    }

    fn fraction(&mut self, key: &Key, fraction: &Fraction, span: Span) {
        let written = self.source.text().get(span.clone()).unwrap_or_default().trim();
        let number = written.replace('_', "").parse::<f64>();
        if !number.is_ok_and(|number| (0.0..=fraction.most).contains(&number)) {
            let message = format!("`{written}` is out of bounds for `{}`", key.name());
            let help = format!("write a number from 0 to {}, such as 0.25", fraction.most);
            self.problems.add(self.source.problem(span, "out of bounds", message).help(help));
        }
    }

    /// Numbers are read as 64 bits without a sign; their bounds are checked with their meaning.
    fn number(&mut self, key: &Key, bounded: &Bounded, number: &toml::de::DeInteger<'_>, span: Span) {
        if number.as_str().starts_with('-') || u64::from_str_radix(number.as_str(), number.radix()).is_err() {
            let message = format!("`{}` is out of bounds for `{}`", number.as_str(), key.name());
            let help = format!("write a value from {} to {}", bounded.least, bounded.most);
            self.problems.add(self.source.problem(span, "out of bounds", message).help(help));
        }
    }

    fn choice(&mut self, key: &Key, words: &'static [&'static str], word: &str, span: Span) {
        if words.contains(&word) {
            return;
        }
        let listed: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        let help = match closest(word, words) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write {}", listed.join(", ")),
        };
        let message = format!("`{word}` is not a value of `{}`", key.name());
        self.problems.add(self.source.problem(span, "unknown value", message).help(help));
    }

    fn wrong_type(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let found = value.get_ref();
        let message = format!("`{}` must be {}, not {}", key.name(), wanted(key.kind), named(found));
        let written = self.source.text().get(value.span()).unwrap_or_default().trim();
        let help = match (key.kind, found) {
            (Kind::Texts | Kind::Choices(_), DeValue::String(_)) if !written.contains('\n') => {
                Some(format!("write `{} = [{written}]`", key.name()))
            }
            (Kind::TextsOrTables, DeValue::String(_)) => {
                Some(format!("write `{} = [{written}]`", key.name()))
            }
            (Kind::Flag, DeValue::String(text)) => {
                let yes = ["true", "yes", "on", "1"].contains(&text.to_ascii_lowercase().as_str());
                Some(format!("write `{} = {yes}`, without quotes", key.name()))
            }
            (Kind::Number(_), DeValue::String(text)) if text.parse::<u64>().is_ok() => {
                Some(format!("write `{} = {text}`, without quotes", key.name()))
            }
            (Kind::Sections, DeValue::Table(_)) => {
                Some(format!("write `[[{}]]`, with two brackets", key.path))
            }
            (Kind::Section, DeValue::Array(_)) => Some(format!("write `[{}]`, with one bracket", key.path)),
            (Kind::Duration(_), DeValue::Integer(_)) => Some(DURATION.example.to_owned()),
            (Kind::Size(_), DeValue::Integer(_)) => Some(SIZE.example.to_owned()),
            _ => None,
        };
        let problem = self.source.problem(value.span(), "wrong type", message);
        self.problems.add(match help {
            Some(help) => problem.help(help),
            None => problem.help(key.meaning),
        });
    }
}

fn place_of(section: &str) -> String {
    match section {
        "" => "at the top of the file".to_owned(),
        "plugin" | "route" | "listen.certificate" => format!("in `[[{section}]]`"),
        "signals.interest.topics" => "in an entry of `topics`".to_owned(),
        "route.query" => "in an entry of `query`".to_owned(),
        section => format!("in `[{section}]`"),
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Section => "a section",
        Kind::Sections => "a list of sections",
        Kind::Flag => "`true` or `false`",
        Kind::Number(_) => "a whole number",
        Kind::Fraction(_) => "a number such as `0.25`",
        Kind::Duration(_) => "a text with a duration such as `\"60s\"`",
        Kind::Size(_) => "a text with a size such as `\"8MiB\"`",
        Kind::Text | Kind::Choice(_) => "a text",
        Kind::Texts | Kind::Choices(_) => "a list of texts",
        Kind::TextOrTexts => "a text or a list of texts",
        Kind::TextsOrTables => "a list of names, or of tables such as `{ name = \"page\" }`",
    }
}

fn named(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
