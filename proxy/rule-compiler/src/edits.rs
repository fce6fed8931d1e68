//! The edits of a variant or of a block, as they are written: what is put where in the page.

use crate::error::Errors;
use crate::keys::{Keys, Span, Text, kind, list, quoted, text};

const MAX_EDITS: usize = 32;
const MAX_SELECTOR_BYTES: usize = 256;
pub(crate) const MAX_CONTENT_BYTES: usize = 64 * 1024;
pub(crate) const MAX_ATTRIBUTE_BYTES: usize = 2_048;

/// The keys that change a page, beside `edit`, which is a list of them.
const EDIT_KEYS: [&str; 8] =
    ["selector", "content", "text", "include", "before", "after", "remove", "attributes"];

/// A change to the page: the contract's cases, in its order.
pub(crate) enum Edit {
    SetContent { selector: String, content: String },
    Before { selector: String, content: String },
    After { selector: String, content: String },
    Remove { selector: String },
    SetAttribute { selector: String, name: String, value: String },
    Text { selector: String, content: String },
    Include { selector: String, path: String },
}

impl Edit {
    /// What is put into the page; nothing where something is removed.
    pub(crate) fn written(&self) -> &str {
        match self {
            Self::SetContent { content, .. }
            | Self::Before { content, .. }
            | Self::After { content, .. }
            | Self::Text { content, .. } => content,
            Self::SetAttribute { value, .. } => value,
            Self::Include { path, .. } => path,
            Self::Remove { .. } => "",
        }
    }

    /// The same edit, that puts `text` into the page.
    pub(crate) fn with(&self, text: String) -> Self {
        let at = |selector: &String| selector.clone();
        match self {
            Self::SetContent { selector, .. } => Self::SetContent { selector: at(selector), content: text },
            Self::Before { selector, .. } => Self::Before { selector: at(selector), content: text },
            Self::After { selector, .. } => Self::After { selector: at(selector), content: text },
            Self::Text { selector, .. } => Self::Text { selector: at(selector), content: text },
            Self::Include { selector, .. } => Self::Include { selector: at(selector), path: text },
            Self::Remove { selector } => Self::Remove { selector: at(selector) },
            Self::SetAttribute { selector, name, .. } => {
                Self::SetAttribute { selector: at(selector), name: name.clone(), value: text }
            }
        }
    }
}

/// Reads all edits of a variant or block, each with its place; `selector` is that of the slot.
pub(crate) fn read(keys: &Keys<'_, '_>, selector: Option<&Text>, errors: &mut Errors) -> Vec<(Edit, Span)> {
    let mut edits = Vec::new();
    changes(keys, selector, &mut edits, errors);
    if let Some(value) = keys.get("edit") {
        for element in list(value, "`edit`", errors) {
            let Some(keys) = Keys::open(element, "an edit", &EDIT_KEYS, errors) else { continue };
            let own = self::selector(&keys, errors);
            let before = edits.len();
            changes(&keys, own.as_ref().or(selector), &mut edits, errors);
            if edits.len() == before {
                let help = "one of `content`, `text`, `include`, `before`, `after`, `attributes`, `remove`";
                errors.add_help(&keys.span, "an edit changes nothing", Some(help.to_owned()));
            }
        }
    }
    if edits.len() > MAX_EDITS {
        let message = format!("a variant has {} edits, at most {MAX_EDITS} are allowed", edits.len());
        errors.add(&keys.span, message);
    }
    edits
}

/// Reads the keys that change a page, all at one selector.
fn changes(keys: &Keys<'_, '_>, selector: Option<&Text>, edits: &mut Vec<(Edit, Span)>, errors: &mut Errors) {
    let used: Vec<&str> = EDIT_KEYS.into_iter().skip(1).filter(|key| keys.get(key).is_some()).collect();
    let Some(first) = used.first() else { return };
    let Some(selector) = selector else {
        let help = "give the slot, or the edit, a `selector`".to_owned();
        errors.add_help(&keys.place(first), "nothing says where in the page this goes", Some(help));
        return;
    };
    let inner: Vec<&&str> = used.iter().filter(|key| ["content", "text", "include"].contains(key)).collect();
    if let [one, other, ..] = inner.as_slice() {
        errors.add(&keys.place(other), format!("`{one}` and `{other}` both replace what is inside"));
    }
    let at = &selector.value;
    let content = |key: &str, errors: &mut Errors| bounded(keys, key, MAX_CONTENT_BYTES, errors);
    if let Some(content) = content("content", errors) {
        edits.push((Edit::SetContent { selector: at.clone(), content }, keys.place("content")));
    }
    if let Some(content) = content("text", errors) {
        edits.push((Edit::Text { selector: at.clone(), content }, keys.place("text")));
    }
    if let Some(path) = content("include", errors) {
        if !path.starts_with('/') {
            errors.add(&keys.place("include"), "`include` must be a path of this site: it begins with `/`");
        }
        edits.push((Edit::Include { selector: at.clone(), path }, keys.place("include")));
    }
    if let Some(content) = content("before", errors) {
        edits.push((Edit::Before { selector: at.clone(), content }, keys.place("before")));
    }
    if let Some(content) = content("after", errors) {
        edits.push((Edit::After { selector: at.clone(), content }, keys.place("after")));
    }
    attributes(keys, at, edits, errors);
    if removes(keys, errors) {
        if used.len() > 1 {
            errors.add(&keys.place("remove"), "what is removed cannot be changed as well");
        }
        edits.push((Edit::Remove { selector: at.clone() }, keys.place("remove")));
    }
}

fn attributes(keys: &Keys<'_, '_>, at: &str, edits: &mut Vec<(Edit, Span)>, errors: &mut Errors) {
    let Some(value) = keys.get("attributes") else { return };
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("`attributes` must be a table, not {}", kind(value.get_ref()));
        return errors.add(&value.span(), message);
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(text) = text(value, "an attribute", errors) else { continue };
        if text.value.len() > MAX_ATTRIBUTE_BYTES {
            errors.add(&text.span, format!("an attribute has at most {MAX_ATTRIBUTE_BYTES} bytes"));
        }
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !fits {
            errors.add(&key.span(), format!("`{}` is not the name of an attribute", quoted(name)));
        }
        let edit = Edit::SetAttribute { selector: at.to_owned(), name: name.to_owned(), value: text.value };
        edits.push((edit, key.span()));
    }
}

fn removes(keys: &Keys<'_, '_>, errors: &mut Errors) -> bool {
    let Some(value) = keys.get("remove") else { return false };
    if value.get_ref().as_bool() != Some(true) {
        errors.add(&value.span(), "`remove` is either `true` or left out");
        return false;
    }
    true
}

fn bounded(keys: &Keys<'_, '_>, key: &str, most: usize, errors: &mut Errors) -> Option<String> {
    let text = keys.text(key, errors)?;
    if text.value.len() > most {
        errors.add(&text.span, format!("`{key}` has {} bytes, at most {most} are allowed", text.value.len()));
    }
    Some(text.value)
}

pub(crate) fn selector(keys: &Keys<'_, '_>, errors: &mut Errors) -> Option<Text> {
    let selector = keys.text("selector", errors)?;
    if selector.value.trim().is_empty() {
        errors.add(&selector.span, "a selector is empty");
    } else if selector.value.len() > MAX_SELECTOR_BYTES {
        errors.add(&selector.span, format!("a selector has at most {MAX_SELECTOR_BYTES} bytes"));
    } else if selector.value.contains('[') {
        errors.add(&selector.span, "attribute selectors are not allowed");
    }
    Some(selector)
}
