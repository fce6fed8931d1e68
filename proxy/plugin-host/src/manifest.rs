//! What a plugin says of itself, checked: the rest of the proxy sees only this form.

use cloakroom_vocabulary::{Domain, Signal};

/// The manifest of a loaded plugin.
///
/// INVARIANT: within the contract's bounds; names are unique; every default exists; the product of
/// the slots' variants is at most 1,000; the domain, times the bucket ranges and one, is at most the
/// vocabulary's limit; the bucket ranges add up to 100, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) slots: Vec<Slot>,
    pub(crate) signals: Vec<SignalUse>,
    pub(crate) bucket_ranges: Vec<u8>,
    pub(crate) domain: Domain,
    pub(crate) choices: u16,
}

/// How a slot's variant reaches the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The proxy applies the variant's edits to the origin's page.
    Edits,
    /// The origin is told the variant.
    OriginVariant,
}

/// A place in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub(crate) name: String,
    pub(crate) variants: Vec<String>,
    pub(crate) default: u8,
    pub(crate) delivery: Delivery,
    pub(crate) price_like: bool,
}

/// A signal that a plugin wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalUse {
    pub(crate) signal: Signal,
    pub(crate) reason: String,
    pub(crate) values: Vec<String>,
}

impl Manifest {
    /// The plugin's name: 1 to 64 of a-z, 0-9 and `-`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, for people.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its slots: 1 to 8.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The signals it wants: at most 4, each once.
    #[must_use]
    pub fn signals(&self) -> &[SignalUse] {
        &self.signals
    }

    /// The cells it can be asked about: per signal its ids (values, `other`, `any`), in order. The
    /// bucket is not among them.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Number of choices: combinations of all slots' variants. At most 1,000.
    #[must_use]
    pub fn choices(&self) -> u16 {
        self.choices
    }

    /// The choice in which every slot shows its default.
    #[must_use]
    pub fn default_choice(&self) -> u16 {
        self.slots.iter().fold(0, |choice, slot| choice * slot.radix() + u16::from(slot.default))
    }

    /// The variant of every slot in a choice, by position.
    #[must_use]
    pub fn variants_of(&self, choice: u16) -> Vec<u8> {
        let mut rest = choice;
        let mut digits: Vec<u8> = self
            .slots
            .iter()
            .rev()
            .map(|slot| {
                let radix = slot.radix().max(1);
                let digit = rest % radix;
                rest /= radix;
                u8::try_from(digit).unwrap_or(slot.default)
            })
            .collect();
        digits.reverse();
        digits
    }

    /// A choice in words: `` `hero=spring`, `banner=plain` ``.
    pub(crate) fn choice_in_words(&self, choice: u16) -> String {
        let slots = self.slots.iter().zip(self.variants_of(choice));
        let words: Vec<_> = slots
            .map(|(slot, variant)| format!("`{}={}`", slot.name(), slot.variant_name(variant)))
            .collect();
        words.join(", ")
    }

    /// A cell in words: `country=FR, device=any`. After the signals' ids stands that of the bucket, if
    /// the plugin splits traffic.
    #[must_use]
    pub fn cell_in_words(&self, ids: &[u8]) -> String {
        let mut words: Vec<_> = self
            .signals
            .iter()
            .zip(ids)
            .map(|(signal, id)| format!("{}={}", signal.signal, signal.id_name(*id)))
            .collect();
        let bucket = ids.get(self.signals.len()).filter(|_| self.splits());
        words.extend(bucket.map(|id| format!("bucket={}", self.bucket_name(*id))));
        if words.is_empty() { "the only cell".to_owned() } else { words.join(", ") }
    }
}

impl Slot {
    /// Its name, unique within the plugin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of its variants: 1 to 64, unique within the slot.
    #[must_use]
    pub fn variants(&self) -> &[String] {
        &self.variants
    }

    /// Position of the variant shown when nothing is known.
    #[must_use]
    pub fn default(&self) -> u8 {
        self.default
    }

    /// How its variant reaches the page.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// Whether the plugin declares that the slot shows a price, an offer, or anything else of which nobody
    /// should get another version for being in another country or speaking another language.
    #[must_use]
    pub fn price_like(&self) -> bool {
        self.price_like
    }

    /// The name of a variant; that of the default for a position that does not exist.
    #[must_use]
    pub fn variant_name(&self, variant: u8) -> &str {
        let name = |position: u8| self.variants.get(usize::from(position)).map(String::as_str);
        name(variant).or_else(|| name(self.default)).unwrap_or_default()
    }

    pub(crate) fn radix(&self) -> u16 {
        u16::try_from(self.variants.len()).unwrap_or(u16::MAX)
    }
}

impl SignalUse {
    /// The signal.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Why it is wanted, for those who approve.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The values told apart, at any grain: 1 to 250. A value's position is its id.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The id of a value that is not declared.
    #[must_use]
    pub fn other(&self) -> u8 {
        u8::try_from(self.values.len()).unwrap_or(u8::MAX - 1)
    }

    /// The id that says nothing.
    #[must_use]
    pub fn any(&self) -> u8 {
        self.other().saturating_add(1)
    }

    /// The name of an id: a declared value, `other` or `any`.
    #[must_use]
    pub fn id_name(&self, id: u8) -> &str {
        match self.values.get(usize::from(id)) {
            Some(value) => value,
            None if id == self.other() => "other",
            None => "any",
        }
    }
}
