//! The slots of a rule file: their variants, and the blocks that become one variant a language.

use toml::Spanned;
use toml::de::DeValue;

use crate::block::{self, Block};
use crate::edits::{self, Edit};
use crate::error::{Errors, did_you_mean_or_list};
use crate::keys::{Keys, Text, list, quoted};

const MAX_VARIANTS: usize = 64;

const SLOT_KEYS: [&str; 7] = ["name", "selector", "default", "delivery", "price_like", "variant", "block"];
const VARIANT_KEYS: [&str; 9] =
    ["name", "content", "text", "include", "before", "after", "remove", "attributes", "edit"];

/// A place in a page.
pub(crate) struct Slot {
    pub(crate) name: Text,
    pub(crate) default: Text,
    pub(crate) origin_variant: bool,
    /// Whether nobody should get another variant for their country or language.
    pub(crate) price_like: bool,
    pub(crate) variants: Vec<Variant>,
    /// Families of variants, one a language; their variants are among `variants`.
    pub(crate) blocks: Vec<Block>,
}

/// What a name stands for that a rule shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Position of a variant.
    Variant(usize),
    /// Position of a block.
    Block(usize),
}

/// What can stand in a slot.
pub(crate) struct Variant {
    pub(crate) name: Text,
    pub(crate) edits: Vec<Edit>,
}

impl Slot {
    /// What `name` stands for, or an error with its place.
    pub(crate) fn shown(&self, name: &Text, errors: &mut Errors) -> Option<Shown> {
        let block = self.blocks.iter().position(|block| block.name.value == name.value);
        let variant = || self.variants.iter().position(|variant| variant.name.value == name.value);
        let found = block.map(Shown::Block).or_else(|| variant().map(Shown::Variant));
        if found.is_none() {
            let blocks = self.blocks.iter().map(|block| block.name.value.as_str());
            let known: Vec<_> =
                blocks.chain(self.variants.iter().map(|variant| variant.name.value.as_str())).collect();
            let help = did_you_mean_or_list(&name.value, known);
            let message = format!("slot `{}` has no variant `{}`", self.name.value, quoted(&name.value));
            errors.add_help(&name.span, message, help);
        }
        found
    }
}

/// Reads a `[[slot]]`. `room` is how many bytes the texts of blocks may still fill.
pub(crate) fn read(value: &Spanned<DeValue<'_>>, room: &mut usize, errors: &mut Errors) -> Option<Slot> {
    let keys = Keys::open(value, "a slot", &SLOT_KEYS, errors)?;
    let name = keys.name("name", errors);
    let default = keys.required("default", errors);
    let origin_variant = delivery(&keys, errors);
    let price_like = keys.switch("price_like", errors);
    let selector = edits::selector(&keys, errors);
    let mut variants = variants(&keys, selector.as_ref(), errors);
    let blocks = blocks(&keys, selector.as_ref(), &mut variants, room, errors);
    if origin_variant && let Some(variant) = variants.iter().find(|variant| !variant.edits.is_empty()) {
        let help = "the origin makes the variants of this slot: leave the edits out".to_owned();
        errors.add_help(
            &variant.name.span,
            format!("`{}` has edits, but its slot is delivered by `origin-variant`", variant.name.value),
            Some(help),
        );
    }
    let slot = Slot { name: name?, default: default?, origin_variant, price_like, variants, blocks };
    slot.shown(&slot.default, errors);
    Some(slot)
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
        if keys.get("block").is_none() {
            errors.add(&keys.span, "a slot needs at least one `[[slot.variant]]`");
        }
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

/// Reads the blocks, and adds what becomes of them to the variants.
fn blocks(
    keys: &Keys<'_, '_>,
    selector: Option<&Text>,
    variants: &mut Vec<Variant>,
    room: &mut usize,
    errors: &mut Errors,
) -> Vec<Block> {
    let Some(value) = keys.get("block") else { return Vec::new() };
    let mut read: Vec<Block> = Vec::new();
    for element in list(value, "`block`", errors) {
        let Some((mut block, family)) = block::read(element, selector, room, errors) else { continue };
        let taken = |name: &str| {
            read.iter().any(|block| block.name.value == name)
                || variants.iter().any(|variant| variant.name.value == name)
        };
        let names = family.iter().map(|variant| variant.name.value.as_str());
        if let Some(twice) = names.chain([block.name.value.as_str()]).find(|name| taken(name)) {
            errors.add(&block.name.span, format!("variant `{twice}` is there twice"));
        }
        let count = variants.len() + family.len();
        if count > MAX_VARIANTS {
            let message = format!(
                "with the {} languages of `{}` the slot has {count} variants, at most {MAX_VARIANTS} are allowed",
                family.len(),
                block.name.value
            );
            let help = "a block becomes one variant for each of its languages".to_owned();
            errors.add_help(&block.name.span, message, Some(help));
            break;
        }
        block.first_variant = variants.len();
        variants.extend(family);
        read.push(block);
    }
    read
}

fn variant(value: &Spanned<DeValue<'_>>, selector: Option<&Text>, errors: &mut Errors) -> Option<Variant> {
    let keys = Keys::open(value, "a variant", &VARIANT_KEYS, errors)?;
    let name = keys.name("name", errors);
    let edits = edits::read(&keys, selector, errors).into_iter().map(|(edit, _)| edit).collect();
    Some(Variant { name: name?, edits })
}
