//! From what a plugin returns to what the proxy trusts: every bound of the contract is checked.

use cloakroom_rewrite::Edit;
use cloakroom_vocabulary::{Domain, DomainError, MAX_CELLS, Signal, is_value};

use crate::contract::exports::cloakroom::personalizer::plugin as wit;
use crate::error::{LoadError, short};
use crate::manifest::{Delivery, Manifest, SignalUse, Slot};
use crate::split::BUCKETS;

pub(crate) const MAX_SLOTS: usize = 8;
pub(crate) const MAX_VARIANTS: usize = 64;
const MAX_CHOICES: u16 = 1_000;
const MAX_SIGNALS: usize = 4;
const MAX_VALUES: usize = 250;
pub(crate) const MAX_EDITS: usize = 32;
const MAX_SELECTOR_BYTES: usize = 256;
const MAX_CONTENT_BYTES: usize = 64 * 1024;
const MAX_ATTRIBUTE_NAME_BYTES: usize = 64;
const MAX_ATTRIBUTE_BYTES: usize = 2_048;

/// Checks a manifest.
pub(crate) fn manifest(raw: wit::Manifest) -> Result<Manifest, LoadError> {
    let broken = |what| LoadError::Manifest { what };
    name("the plugin", &raw.name).map_err(broken)?;
    sized("the version", &raw.version, 64).map_err(broken)?;
    if raw.version.chars().any(is_unseen) {
        return Err(broken(
            "the version holds a control character, or one that turns text around".to_owned(),
        ));
    }
    bucket_ranges(&raw.bucket_ranges).map_err(broken)?;
    let slots = slots(raw.slots).map_err(broken)?;
    let signals = signals(raw.signals).map_err(broken)?;
    let choices = slots
        .iter()
        .try_fold(1_u16, |product, slot| product.checked_mul(slot.radix()))
        .filter(|choices| *choices <= MAX_CHOICES)
        .ok_or_else(|| {
            let factors: Vec<_> =
                slots.iter().map(|slot| format!("{} {}", slot.name, slot.variants.len())).collect();
            broken(format!("{} are more than {MAX_CHOICES} joint variants", factors.join(" × ")))
        })?;
    let domain = Domain::new(
        signals.iter().map(|signal| (signal.signal, u32::from(signal.any()).saturating_add(1))).collect(),
    )?;
    let bucket_ranges = raw.bucket_ranges;
    let manifest =
        Manifest { name: raw.name, version: raw.version, slots, signals, bucket_ranges, domain, choices };
    bounded_with_bucket(&manifest)?;
    Ok(manifest)
}

/// Whether a character is not seen, and makes others look as what they are not.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn bucket_ranges(widths: &[u8]) -> Result<(), String> {
    if widths.is_empty() {
        return Ok(());
    }
    counted("bucket ranges", widths.len(), 2, BUCKETS)?;
    if widths.contains(&0) {
        return Err("a bucket range has a width of 0".to_owned());
    }
    let sum: usize = widths.iter().map(|width| usize::from(*width)).sum();
    if sum == BUCKETS { Ok(()) } else { Err(format!("the bucket ranges add up to {sum}, not to {BUCKETS}")) }
}

/// The plugin is asked about each cell in each bucket range, and without one.
fn bounded_with_bucket(manifest: &Manifest) -> Result<(), LoadError> {
    let ways = u64::from(manifest.unknown_bucket()) + 1;
    let size = u64::from(manifest.domain.size()).saturating_mul(ways);
    if size <= u64::from(MAX_CELLS) {
        return Ok(());
    }
    let axes = manifest.domain.axes().iter().map(|(signal, values)| format!("{signal} {values}"));
    let factors: Vec<_> = axes.chain([format!("bucket {ways}")]).collect();
    Err(LoadError::Domain(DomainError::Cells { arithmetic: factors.join(" × "), size }))
}

fn slots(raw: Vec<wit::Slot>) -> Result<Vec<Slot>, String> {
    counted("slots", raw.len(), 1, MAX_SLOTS)?;
    let mut slots: Vec<Slot> = Vec::with_capacity(raw.len());
    for slot in raw {
        name("a slot", &slot.name)?;
        if slots.iter().any(|earlier| earlier.name == slot.name) {
            return Err(format!("slot `{}` is there twice", slot.name));
        }
        counted("variants in a slot", slot.variants.len(), 1, MAX_VARIANTS)?;
        for (position, variant) in slot.variants.iter().enumerate() {
            name("a variant", variant)?;
            if slot.variants.iter().take(position).any(|earlier| earlier == variant) {
                return Err(format!("variant `{variant}` of slot `{}` is there twice", slot.name));
            }
        }
        if usize::from(slot.default) >= slot.variants.len() {
            let what = "the default of slot";
            return Err(format!(
                "{what} `{}` is {}, but it has {} variants",
                slot.name,
                slot.default,
                slot.variants.len()
            ));
        }
        let delivery = match slot.delivery {
            wit::Delivery::Edits => Delivery::Edits,
            wit::Delivery::OriginVariant => Delivery::OriginVariant,
        };
        let wit::Slot { name, variants, default, price_like, .. } = slot;
        slots.push(Slot { name, variants, default, delivery, price_like });
    }
    Ok(slots)
}

fn signals(raw: Vec<wit::SignalUse>) -> Result<Vec<SignalUse>, String> {
    counted("signals", raw.len(), 0, MAX_SIGNALS)?;
    let mut signals: Vec<SignalUse> = Vec::with_capacity(raw.len());
    for wanted in raw {
        let signal = Signal::from_name(&wanted.name)
            .ok_or_else(|| format!("there is no signal `{}`", short(&wanted.name, 64)))?;
        if signals.iter().any(|earlier| earlier.signal == signal) {
            return Err(format!("signal `{signal}` is there twice"));
        }
        sized("the reason for a signal", &wanted.reason, 400)?;
        counted("values of a signal", wanted.values.len(), 1, MAX_VALUES)?;
        for (position, value) in wanted.values.iter().enumerate() {
            if !is_value(signal, value) {
                let article = signal.article();
                return Err(format!("`{}` is not {article} {signal} value", short(value, 64)));
            }
            if wanted.values.iter().take(position).any(|earlier| earlier == value) {
                return Err(format!("{signal} value `{value}` is there twice"));
            }
        }
        signals.push(SignalUse { signal, reason: wanted.reason, values: wanted.values });
    }
    Ok(signals)
}

/// Checks the edits of one variant, and says how many bytes they hold.
pub(crate) fn edits(raw: Vec<wit::Edit>, delivery: Delivery) -> Result<(Vec<Edit>, usize), String> {
    if delivery == Delivery::OriginVariant && !raw.is_empty() {
        return Err("it returns edits, but its slot is delivered by `origin-variant`".to_owned());
    }
    if raw.len() > MAX_EDITS {
        return Err(format!("it returns {} edits, at most {MAX_EDITS} are allowed", raw.len()));
    }
    let mut bytes = 0;
    let mut edits = Vec::with_capacity(raw.len());
    for edit in raw {
        bytes += bounded(&edit)?;
        edits.push(ours(edit));
    }
    Ok((edits, bytes))
}

fn bounded(edit: &wit::Edit) -> Result<usize, String> {
    let fields: [(&str, &str, usize); 3] = match edit {
        wit::Edit::SetContent(markup)
        | wit::Edit::Before(markup)
        | wit::Edit::After(markup)
        | wit::Edit::Text(markup)
        | wit::Edit::Include(markup) => [
            ("selector", &markup.selector, MAX_SELECTOR_BYTES),
            ("content", &markup.content, MAX_CONTENT_BYTES),
            ("", "", 0),
        ],
        wit::Edit::Remove(selector) => [("selector", selector, MAX_SELECTOR_BYTES), ("", "", 0), ("", "", 0)],
        wit::Edit::SetAttribute(attribute) => [
            ("selector", &attribute.selector, MAX_SELECTOR_BYTES),
            ("name of an attribute", &attribute.name, MAX_ATTRIBUTE_NAME_BYTES),
            ("value of an attribute", &attribute.value, MAX_ATTRIBUTE_BYTES),
        ],
    };
    for (what, text, most) in fields {
        if text.len() > most {
            return Err(format!("a {what} has {} bytes, at most {most} are allowed", text.len()));
        }
    }
    Ok(fields.iter().map(|(_, text, _)| text.len()).sum())
}

fn ours(edit: wit::Edit) -> Edit {
    match edit {
        wit::Edit::SetContent(wit::Markup { selector, content }) => Edit::SetContent { selector, content },
        wit::Edit::Before(wit::Markup { selector, content }) => Edit::Before { selector, content },
        wit::Edit::After(wit::Markup { selector, content }) => Edit::After { selector, content },
        wit::Edit::Remove(selector) => Edit::Remove { selector },
        wit::Edit::SetAttribute(wit::Attribute { selector, name, value }) => {
            Edit::SetAttribute { selector, name, value }
        }
        wit::Edit::Text(wit::Markup { selector, content }) => Edit::Text { selector, content },
        wit::Edit::Include(wit::Markup { selector, content }) => Edit::Include { selector, path: content },
    }
}

fn name(what: &str, name: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        return Ok(());
    }
    Err(format!("`{}` is not a name for {what}: 1 to 64 of a-z, 0-9 and `-`", short(name, 64)))
}

fn sized(what: &str, text: &str, most: usize) -> Result<(), String> {
    if (1..=most).contains(&text.len()) {
        return Ok(());
    }
    Err(format!("{what} has {} bytes, 1 to {most} are allowed", text.len()))
}

fn counted(what: &str, count: usize, least: usize, most: usize) -> Result<(), String> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(format!("there are {count} {what}, {least} to {most} are allowed"))
}
