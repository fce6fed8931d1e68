//! What was found of a plugin, property by property, in words and in figures.

use cloakroom_audit::Brief;
use cloakroom_plugin_host::{Limits, LoadError, Lost, MAX_CELLS, Manifest, Plugin, Property};

/// The most names that a warning lists.
const NAMED: usize = 10;

/// How a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok,
    Warning,
    Wrong,
    /// Something before it was wrong.
    Unknown,
}

impl Verdict {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }
}

/// One line of a check.
pub(crate) struct Finding {
    pub(crate) property: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) words: String,
    pub(crate) figure: Option<u64>,
    pub(crate) limit: Option<u64>,
}

impl Finding {
    fn ok(property: Property, words: impl Into<String>) -> Self {
        let (property, words) = (property.name(), words.into());
        Self { property, verdict: Verdict::Ok, words, figure: None, limit: None }
    }

    fn of(mut self, figure: u64, limit: u64) -> Self {
        (self.figure, self.limit) = (Some(figure), Some(limit));
        self
    }

    /// A finding of the whole table, which fails nothing.
    fn unmeant(property: &'static str, names: &[String], fine: String, unmeant: &str) -> Self {
        let (verdict, words) = match names {
            [] => (Verdict::Ok, fine),
            names => {
                let shown: Vec<_> = names.iter().take(NAMED).map(String::as_str).collect();
                let more = match names.len() - shown.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                (Verdict::Warning, format!("{unmeant}: {}{more}", shown.join(", ")))
            }
        };
        Self { property, verdict, words, figure: Some(names.len() as u64), limit: None }
    }
}

/// Those of a plugin that was loaded.
pub(crate) fn all(plugin: &Plugin) -> Vec<Finding> {
    let (limits, usage, manifest) = (Limits::default(), plugin.usage(), plugin.manifest());
    let size = plugin.table().size();
    let decided = size.saturating_sub(1);
    let variants: usize = manifest.slots().iter().map(|slot| slot.variants().len()).sum();
    let (component, memory) = (limits.component_bytes as u64, limits.memory_bytes as u64);
    let costliest = manifest.cell_in_words(&plugin.table().ids(usage.costliest_cell));
    let fuel = usage.decide_fuel.max(usage.describe_fuel).max(usage.render_fuel);
    let in_which = match fuel {
        fuel if fuel == usage.decide_fuel && decided > 0 => format!("`decide` for {costliest}"),
        fuel if fuel == usage.describe_fuel => "`describe`".to_owned(),
        _ => "`render`".to_owned(),
    };
    let decide = match decided {
        0 => String::new(),
        _ if fuel == usage.decide_fuel => {
            format!("; {} for all cells together", grouped(usage.decide_fuel_total))
        }
        _ => format!(
            "; `decide` takes {} at most, for {costliest}, and {} together",
            grouped(usage.decide_fuel),
            grouped(usage.decide_fuel_total)
        ),
    };
    vec![
        Finding::ok(
            Property::Size,
            format!("{} of {} bytes", grouped(usage.component_bytes), grouped(component)),
        )
        .of(usage.component_bytes, component),
        Finding::ok(Property::Component, "the engine compiles it"),
        Finding::ok(Property::Imports, "none"),
        Finding::ok(Property::Exports, "the contract, and nothing that is not known"),
        Finding::ok(Property::Manifest, described(manifest)),
        Finding::ok(Property::Cells, cells(manifest, size)).of(size.into(), MAX_CELLS.into()),
        Finding::ok(
            Property::Fuel,
            format!(
                "{} of {} instructions at most, in {in_which}{decide}",
                grouped(fuel),
                grouped(limits.fuel_per_call)
            ),
        )
        .of(fuel, limits.fuel_per_call),
        Finding::ok(
            Property::Memory,
            format!("{} of {} bytes at most", grouped(usage.memory_bytes), grouped(memory)),
        )
        .of(usage.memory_bytes, memory),
        Finding::ok(
            Property::Answers,
            format!(
                "{} and {} are within the contract",
                counted(decided.into(), "cell"),
                counted(variants as u64, "variant")
            ),
        ),
        Finding::ok(
            Property::Determinism,
            "all of it asked twice, in fresh instances and in another order: the same answers after as many instructions",
        ),
        Finding::ok(Property::Time, "compiled and asked within its time"),
        bits(plugin),
        variants_that_nobody_sees(plugin),
        signals_that_change_nothing(plugin),
    ]
}

/// What its audit says; without a site only a price-like slot can fail.
pub(crate) fn audited(brief: &Brief) -> Finding {
    let (verdict, words) = match brief.breaches.as_slice() {
        [] => (Verdict::Ok, brief.to_string()),
        breaches => {
            let words: Vec<_> =
                breaches.iter().map(|breach| format!("{}: {}", breach.key(), breach.words)).collect();
            (Verdict::Wrong, words.join("; "))
        }
    };
    Finding { property: "audit", verdict, words, figure: Some(brief.breaches.len() as u64), limit: Some(0) }
}

/// Those of a plugin that was refused; `size` is that of its component, where it is known.
pub(crate) fn until(cause: &LoadError, size: Option<u64>) -> Vec<Finding> {
    let lacking = cause.property();
    let finding = |property: Property| {
        let verdict = match property {
            property if Some(property) == lacking => Verdict::Wrong,
            property if cause.passed().contains(&property) => Verdict::Ok,
            _ => Verdict::Unknown,
        };
        let words = match verdict {
            Verdict::Wrong => cause.to_string(),
            Verdict::Unknown => "not known".to_owned(),
            Verdict::Ok | Verdict::Warning => String::new(),
        };
        let finding = Finding { verdict, words, ..Finding::ok(property, "") };
        let limit = Limits::default().component_bytes as u64;
        match (property, size) {
            (Property::Size, Some(size)) if verdict == Verdict::Ok => {
                let words = format!("{} of {} bytes", grouped(size), grouped(limit));
                Finding { words, ..finding }.of(size, limit)
            }
            _ => finding,
        }
    };
    Property::ALL.into_iter().map(finding).collect()
}

fn described(manifest: &Manifest) -> String {
    let slots = manifest.slots().iter();
    let slots: Vec<_> = slots
        .map(|slot| {
            let variants = counted(slot.variants().len() as u64, "variant");
            let kind = if slot.price_like() { ", price-like" } else { "" };
            format!("slot {} ({variants}{kind})", slot.name())
        })
        .collect();
    let signals = manifest.signals().iter();
    let signals: Vec<_> = signals
        .map(|used| format!("signal {} ({})", used.signal(), counted(used.values().len() as u64, "value")))
        .collect();
    let split = match manifest.bucket_ranges().len() {
        0 => Vec::new(),
        ranges => vec![format!("bucket in {ranges} ranges")],
    };
    [slots, signals, split].concat().join(", ")
}

/// The arithmetic: every signal has its values, `other` and `any`.
fn cells(manifest: &Manifest, size: u32) -> String {
    let signals =
        manifest.signals().iter().map(|used| format!("{} {}", used.signal(), u16::from(used.any()) + 1));
    let bucket = manifest.splits().then(|| format!("bucket {}", u16::from(manifest.unknown_bucket()) + 1));
    let factors: Vec<_> = signals.chain(bucket).collect();
    let sum = format!("{} of {}", grouped(size.into()), grouped(MAX_CELLS.into()));
    if factors.is_empty() { sum } else { format!("{sum}: {}", factors.join(" × ")) }
}

fn bits(plugin: &Plugin) -> Finding {
    let joint = plugin.joint_variants();
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand variants")]
    let bits = (joint.max(1) as f64).log2();
    let words =
        format!("{bits:.1} bits about a visitor at most, in {}", counted(joint as u64, "joint variant"));
    Finding { property: "bits", verdict: Verdict::Ok, words, figure: Some(joint as u64), limit: None }
}

fn variants_that_nobody_sees(plugin: &Plugin) -> Finding {
    let slots = plugin.manifest().slots();
    let unshown: Vec<_> = plugin
        .unshown()
        .into_iter()
        .filter_map(|(slot, variant)| {
            Some(format!("`{}={}`", slots.get(slot)?.name(), slots.get(slot)?.variants().get(variant)?))
        })
        .collect();
    Finding::unmeant("variants", &unshown, "somebody sees each of them".to_owned(), "nobody can see")
}

fn signals_that_change_nothing(plugin: &Plugin) -> Finding {
    let manifest = plugin.manifest();
    let name = |position: usize| match manifest.signals().get(position) {
        Some(used) => format!("`{}`", used.signal()),
        None => "`bucket`".to_owned(),
    };
    let idle: Vec<_> = plugin.idle_signals().into_iter().map(name).collect();
    let fine = if manifest.signals().is_empty() && !manifest.splits() {
        "it asks for none"
    } else {
        "each of them makes a difference"
    };
    Finding::unmeant("signals", &idle, fine.to_owned(), "asked for without making a difference")
}

/// What a site's door, or one without a site, takes out of its edits.
pub(crate) fn edits(plugin: &Plugin, lost: &[Lost], site: Option<&str>) -> Finding {
    let slots = plugin.manifest().slots().iter().enumerate();
    let edits = slots.map(|(at, slot)| {
        (0..slot.variants().len()).map(|variant| plugin.edits(at, variant).len()).sum::<usize>()
    });
    let by = site.map_or_else(|| "judged without a site".to_owned(), |site| format!("judged by `{site}`"));
    let edits = counted(edits.sum::<usize>() as u64, "edit");
    let (verdict, words) = match lost.len() {
        0 => (Verdict::Ok, format!("{edits}, shown as written; {by}")),
        gone => (Verdict::Warning, format!("{edits}, {} taken out; {by}", counted(gone as u64, "part"))),
    };
    Finding { property: "edits", verdict, words, figure: Some(lost.len() as u64), limit: None }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (16_777_216, "16,777,216")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((counted(1, "cell"), counted(2, "cell")), ("1 cell".to_owned(), "2 cells".to_owned()));
    }
}
