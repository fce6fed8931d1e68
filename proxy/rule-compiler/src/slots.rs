//! The slots of a rule file: their variants, and the edits of each variant.

use toml::Spanned;
use toml::de::DeValue;

use crate::error::{Errors, did_you_mean_or_list};
use crate::keys::{Keys, Text, kind, list, quoted, text};

const MAX_VARIANTS: usize = 64;
const MAX_EDITS: usize = 32;
const MAX_SELECTOR_BYTES: usize = 256;
const MAX_CONTENT_BYTES: usize = 64 * 1024;
const MAX_ATTRIBUTE_BYTES: usize = 2_048;

const SLOT_KEYS: [&str; 5] = ["name", "selector", "default", "delivery", "variant"];
const VARIANT_KEYS: [&str; 9] =
    ["name", "content", "text", "include", "before", "after", "remove", "attributes", "edit"];
const EDIT_KEYS: [&str; 8] =
    ["selector", "content", "text", "include", "before", "after", "remove", "attributes"];

/// A place in a page.
pub(crate) struct Slot {
    pub(crate) name: Text,
    pub(crate) default: Text,
    pub(crate) origin_variant: bool,
    pub(crate) variants: Vec<Variant>,
}

/// What can stand in a slot.
pub(crate) struct Variant {
    pub(crate) name: Text,
    pub(crate) edits: Vec<Edit>,
}

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

/// Reads a `[[slot]]`.
pub(crate) fn read(value: &Spanned<DeValue<'_>>, errors: &mut Errors) -> Option<Slot> {
    let keys = Keys::open(value, "a slot", &SLOT_KEYS, errors)?;
    let name = keys.name("name", errors);
    let default = keys.required("default", errors);
    let origin_variant = delivery(&keys, errors);
    let selector = selector(&keys, errors);
    let variants = variants(&keys, selector.as_ref(), errors);
    if origin_variant && let Some(variant) = variants.iter().find(|variant| !variant.edits.is_empty()) {
        let help = "the origin makes the variants of this slot: leave the edits out".to_owned();
        errors.add_help(
            &variant.name.span,
            format!("`{}` has edits, but its slot is delivered by `origin-variant`", variant.name.value),
            Some(help),
        );
    }
    let (name, default) = (name?, default?);
    if !variants.iter().any(|variant| variant.name.value == default.value) {
        let help = did_you_mean_or_list(&default.value, variants.iter().map(|v| v.name.value.as_str()));
        errors.add_help(
            &default.span,
            format!("slot `{}` has no variant `{}`", name.value, quoted(&default.value)),
            help,
        );
    }
    Some(Slot { name, default, origin_variant, variants })
}

fn delivery(keys: &Keys<'_, '_>, errors: &mut Errors) -> bool {
    match keys.text("delivery", errors) {
        Some(delivery) if delivery.value == "origin-variant" => true,
        Some(delivery) if delivery.value != "edits" => {
            let help = did_you_mean_or_list(&delivery.value, ["edits", "origin-variant"]);
            errors.add_help(&delivery.span, format!("`{}` is not a delivery", quoted(&delivery.value)), help);
            false
        }
        _ => false,
    }
}

fn variants(keys: &Keys<'_, '_>, selector: Option<&Text>, errors: &mut Errors) -> Vec<Variant> {
    let Some(value) = keys.get("variant") else {
        errors.add(&keys.span, "a slot needs at least one `[[slot.variant]]`");
        return Vec::new();
    };
    let mut read: Vec<Variant> = Vec::new();
    for element in list(value, "`variant`", errors) {
        if read.len() == MAX_VARIANTS {
            errors.add(&element.span(), format!("a slot has at most {MAX_VARIANTS} variants"));
            break;
        }
        let Some(variant) = variant(element, selector, errors) else { continue };
        if read.iter().any(|earlier| earlier.name.value == variant.name.value) {
            errors.add(&variant.name.span, format!("variant `{}` is there twice", variant.name.value));
        }
        read.push(variant);
    }
    read
}

fn variant(value: &Spanned<DeValue<'_>>, selector: Option<&Text>, errors: &mut Errors) -> Option<Variant> {
    let keys = Keys::open(value, "a variant", &VARIANT_KEYS, errors)?;
    let name = keys.name("name", errors);
    let mut edits = Vec::new();
    changes(&keys, selector, &mut edits, errors);
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
    Some(Variant { name: name?, edits })
}

/// Reads the keys that change a page, all at one selector.
fn changes(keys: &Keys<'_, '_>, selector: Option<&Text>, edits: &mut Vec<Edit>, errors: &mut Errors) {
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
        edits.push(Edit::SetContent { selector: at.clone(), content });
    }
    if let Some(content) = content("text", errors) {
        edits.push(Edit::Text { selector: at.clone(), content });
    }
    if let Some(path) = content("include", errors) {
        if !path.starts_with('/') {
            errors.add(&keys.place("include"), "`include` must be a path of this site: it begins with `/`");
        }
        edits.push(Edit::Include { selector: at.clone(), path });
    }
    if let Some(content) = content("before", errors) {
        edits.push(Edit::Before { selector: at.clone(), content });
    }
    if let Some(content) = content("after", errors) {
        edits.push(Edit::After { selector: at.clone(), content });
    }
    attributes(keys, at, edits, errors);
    if removes(keys, errors) {
        if used.len() > 1 {
            errors.add(&keys.place("remove"), "what is removed cannot be changed as well");
        }
        edits.push(Edit::Remove { selector: at.clone() });
    }
}

fn attributes(keys: &Keys<'_, '_>, at: &str, edits: &mut Vec<Edit>, errors: &mut Errors) {
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
        edits.push(Edit::SetAttribute { selector: at.to_owned(), name: name.to_owned(), value: text.value });
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

fn selector(keys: &Keys<'_, '_>, errors: &mut Errors) -> Option<Text> {
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
