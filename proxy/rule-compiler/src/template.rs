//! Texts with places to fill in: `{title}` in a block's markup, and what a language puts there.

/// The longest name of a place.
const MAX_NAME_BYTES: usize = 32;

/// A text, cut at its places.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

/// How what is filled in is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// Into markup: what could be markup is escaped.
    Markup,
    /// As it is.
    Plain,
}

/// Why a template cannot be filled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// Nothing stands under this name.
    Missing(String),
    /// More bytes than allowed.
    TooLong,
}

impl Template {
    /// Cuts `text`; an error says which brace opens or closes nothing.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            let doubled = ["{{", "}}"].into_iter().find(|doubled| brace.starts_with(doubled));
            if let Some(doubled) = doubled {
                pieces.push(Piece::Text(before.to_owned() + doubled.get(..1).unwrap_or_default()));
                rest = brace.get(2..).unwrap_or_default();
                continue;
            }
            let place = brace.strip_prefix('{').and_then(|open| open.split_once('}'));
            let Some((name, after)) = place.filter(|(name, _)| is_name(name)) else {
                return Err("a brace stands for nothing here".to_owned());
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Place(name.to_owned()));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The names of the places.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Place(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with what `text_of` says at each place, of at most `most` bytes.
    pub(crate) fn fill<'a>(
        &self,
        writing: Writing,
        most: usize,
        text_of: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Place(name) => {
                    let text = text_of(name).ok_or_else(|| Unfilled::Missing(name.clone()))?;
                    match writing {
                        Writing::Markup => escape(text, &mut filled),
                        Writing::Plain => filled.push_str(text),
                    }
                }
            }
            if filled.len() > most {
                return Err(Unfilled::TooLong);
            }
        }
        Ok(filled)
    }
}

/// Whether a place may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

/// Everything that could end a text or a quoted attribute.
fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, writing: Writing) -> Result<String, Unfilled> {
        Template::parse(template).unwrap().fill(writing, 100, |name| match name {
            "title" => Some("<b> & \"you\" 'n' me"),
            "x" => Some("y"),
            _ => None,
        })
    }

    #[test]
    fn places_are_filled_and_escaped_in_markup_alone() {
        assert_eq!(
            fill("<h1>{title}</h1>", Writing::Markup).unwrap(),
            "<h1>&lt;b&gt; &amp; &quot;you&quot; &#39;n&#39; me</h1>"
        );
        assert_eq!(fill("{title}", Writing::Plain).unwrap(), "<b> & \"you\" 'n' me");
        assert_eq!(fill("{x}{x}-{{x}}", Writing::Plain).unwrap(), "yy-{x}");
        assert_eq!(fill("{nothing}", Writing::Plain), Err(Unfilled::Missing("nothing".into())));
        assert_eq!(fill(&"{x}".repeat(101), Writing::Plain), Err(Unfilled::TooLong));
    }

    #[test]
    fn braces_that_mean_nothing_are_errors() {
        for wrong in ["{", "}", "a { b }", "{}", "{Title}", "{title", "title}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Template::parse("{{ }} ü").is_ok());
    }
}
