//! A block: content written once, with its text in several languages. It becomes one variant a language.

use std::collections::BTreeMap;

use cloakroom_vocabulary::{Signal, is_value};
use toml::Spanned;
use toml::de::DeValue;

use crate::edits::{self, Edit, MAX_ATTRIBUTE_BYTES, MAX_CONTENT_BYTES};
use crate::error::{Errors, did_you_mean, did_you_mean_or_list};
use crate::keys::{Keys, Span, Text, kind, quoted, text};
use crate::slots::Variant;
use crate::template::{Template, Unfilled, Writing, is_name};

const BLOCK_KEYS: [&str; 11] = [
    "name",
    "fallback",
    "language",
    "content",
    "text",
    "include",
    "before",
    "after",
    "remove",
    "attributes",
    "edit",
];
/// What every template may use without anybody having written it: the language itself.
const LANGUAGE: &str = "language";

/// A family of variants, one a language.
pub(crate) struct Block {
    pub(crate) name: Text,
    /// In the order of its variants.
    pub(crate) languages: Vec<String>,
    /// Position in `languages` of the one for everybody else.
    pub(crate) fallback: usize,
    /// Position in the slot of the first language's variant.
    pub(crate) first_variant: usize,
}

/// What a language says at each place.
struct Language {
    tag: Text,
    texts: BTreeMap<String, Text>,
}

/// Reads a `[[slot.block]]` and makes its variants.
pub(crate) fn read(
    value: &Spanned<DeValue<'_>>,
    selector: Option<&Text>,
    room: &mut usize,
    errors: &mut Errors,
) -> Option<(Block, Vec<Variant>)> {
    let keys = Keys::open(value, "a block", &BLOCK_KEYS, errors)?;
    let name = keys.name("name", errors);
    let fallback = keys.required("fallback", errors);
    let languages = languages(&keys, errors);
    let templates = templates(edits::read(&keys, selector, errors), errors);
    let (name, fallback, templates) = (name?, fallback?, templates?);
    unused(&languages, &templates, errors);
    let tags: Vec<_> = languages.iter().map(|language| language.tag.value.clone()).collect();
    let position = tags.iter().position(|tag| *tag == fallback.value);
    if position.is_none() && !tags.is_empty() {
        let help = did_you_mean_or_list(&fallback.value, tags.iter().map(String::as_str));
        let message = format!("block `{}` has no text in `{}`", name.value, quoted(&fallback.value));
        errors.add_help(&fallback.span, message, help);
    }
    let written =
        keys.get("language").and_then(|value| value.get_ref().as_table()).map_or(0, |table| table.len());
    if written == 1 {
        let help = "for one language write a `[[slot.variant]]`".to_owned();
        errors.add_help(&name.span, "a block has text in at least two languages", Some(help));
    }
    let family =
        languages.iter().map(|language| variant(&name, language, &templates, room, errors)).collect();
    Some((Block { name, languages: tags, fallback: position?, first_variant: 0 }, family))
}

fn languages(keys: &Keys<'_, '_>, errors: &mut Errors) -> Vec<Language> {
    let Some(value) = keys.get("language") else {
        let help = "for example `[slot.block.language.fr]` with `title = \"…\"` in it".to_owned();
        errors.add_help(&keys.span, "a block needs its texts", Some(help));
        return Vec::new();
    };
    let Some(table) = value.get_ref().as_table() else {
        errors.add(&value.span(), format!("`language` must be a table, not {}", kind(value.get_ref())));
        return Vec::new();
    };
    let mut languages = Vec::with_capacity(table.len());
    for (key, value) in table {
        let tag = Text { value: key.get_ref().to_string(), span: key.span() };
        if !is_value(Signal::Language, &tag.value) {
            let help = "a lower-case primary language tag such as `fr`".to_owned();
            errors.add_help(&tag.span, format!("`{}` is not a language", quoted(&tag.value)), Some(help));
            continue;
        }
        let Some(texts) = value.get_ref().as_table() else {
            let message = format!("the texts of a language must be a table, not {}", kind(value.get_ref()));
            errors.add(&value.span(), message);
            continue;
        };
        let mut read = BTreeMap::new();
        for (place, value) in texts {
            let name = place.get_ref().to_string();
            if !is_name(&name) || name == LANGUAGE {
                let message = format!("`{}` cannot be the name of a text", quoted(&name));
                let help = "1 to 32 of a-z, 0-9, `-` and `_`; `language` is there by itself".to_owned();
                errors.add_help(&place.span(), message, Some(help));
            } else if let Some(text) = text(value, "a text", errors) {
                read.insert(name, Text { value: text.value, span: place.span() });
            }
        }
        languages.push(Language { tag, texts: read });
    }
    languages.sort_by_key(|language| language.tag.span.start);
    languages
}

/// An edit whose text is still to be filled in.
type Unwritten = (Edit, Template, Span);

fn templates(edits: Vec<(Edit, Span)>, errors: &mut Errors) -> Option<Vec<Unwritten>> {
    let mut templates = Vec::with_capacity(edits.len());
    let count = edits.len();
    for (edit, span) in edits {
        match Template::parse(edit.written()) {
            Ok(template) => templates.push((edit, template, span)),
            Err(message) => {
                let help = "`{title}` stands for a text; for a brace itself write `{{` or `}}`".to_owned();
                errors.add_help(&span, message, Some(help));
            }
        }
    }
    (templates.len() == count).then_some(templates)
}

fn unused(languages: &[Language], templates: &[Unwritten], errors: &mut Errors) {
    let places: Vec<&str> = templates.iter().flat_map(|(_, template, _)| template.places()).collect();
    for language in languages {
        for (name, text) in &language.texts {
            if !places.contains(&name.as_str()) {
                let help = did_you_mean(name, places.iter().copied())
                    .unwrap_or_else(|| format!("put `{{{name}}}` where it is to stand, or remove it"));
                errors.add_help(&text.span, format!("the block has no place for `{name}`"), Some(help));
            }
        }
    }
}

fn variant(
    block: &Text,
    language: &Language,
    templates: &[Unwritten],
    room: &mut usize,
    errors: &mut Errors,
) -> Variant {
    let tag = &language.tag;
    let name = Text { value: format!("{}-{}", block.value, tag.value), span: tag.span.clone() };
    if name.value.len() > 64 {
        errors.add(&block.span, format!("`{}` is too long for a name: at most 64 bytes", name.value));
    }
    let text_of = |place: &str| match place {
        LANGUAGE => Some(tag.value.as_str()),
        _ => language.texts.get(place).map(|text| text.value.as_str()),
    };
    let mut edits = Vec::with_capacity(templates.len());
    let mut told: Vec<String> = Vec::new();
    for (edit, template, span) in templates {
        let (writing, most) = match edit {
            Edit::SetContent { .. } | Edit::Before { .. } | Edit::After { .. } => {
                (Writing::Markup, MAX_CONTENT_BYTES)
            }
            Edit::SetAttribute { .. } => (Writing::Plain, MAX_ATTRIBUTE_BYTES),
            Edit::Remove { .. } | Edit::Text { .. } | Edit::Include { .. } => {
                (Writing::Plain, MAX_CONTENT_BYTES)
            }
        };
        match template.fill(writing, most.min(*room), text_of) {
            Ok(text) => {
                *room -= text.len();
                edits.push(edit.with(text));
            }
            Err(Unfilled::Missing(place)) if told.contains(&place) => {}
            Err(Unfilled::Missing(place)) => {
                let help = did_you_mean(&place, language.texts.keys().map(String::as_str))
                    .unwrap_or_else(|| format!("add `{place} = \"…\"` here"));
                errors.add_help(&tag.span, format!("`{}` has no text `{place}`", tag.value), Some(help));
                told.push(place);
            }
            Err(Unfilled::TooLong) => {
                let most = most.min(*room);
                errors.add(span, format!("with the text in `{}` this has more than {most} bytes", tag.value));
            }
        }
    }
    Variant { name, edits }
}
