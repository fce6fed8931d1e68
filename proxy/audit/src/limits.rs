//! What a site lets a plugin do, and where a plugin goes beyond it. Figures enter; nothing of a visitor.

use std::fmt;

use cloakroom_vocabulary::Signal;

use crate::crowding::Crowding;
use crate::figures::{Figures, SlotAudit, SlotFigures};
use crate::parity::Spread;
use crate::reach::Reach;

/// Bounds on the figures of an audit. What is not set is not bounded; a price-like slot that depends on
/// country or language is beyond every site's limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The signals whose groups are compared, for the figures of fairness; all if it is empty.
    pub protected: Vec<Signal>,
    /// The largest demographic parity difference, 0 to 1.
    pub demographic_parity_difference: Option<f64>,
    /// The smallest demographic parity ratio, 0 to 1.
    pub demographic_parity_ratio: Option<f64>,
    /// The largest exposure difference of a variant, 0 to 1.
    pub exposure_difference: Option<f64>,
    /// The smallest exposure ratio of a variant, 0 to 1.
    pub exposure_ratio: Option<f64>,
    /// The largest counterfactual flip rate, weighed by nearness, 0 to 1.
    pub flip_rate: Option<f64>,
    /// The largest total variation from the default, 0 to 1.
    pub total_variation: Option<f64>,
    /// The most bits that a variant tells on average.
    pub shannon_bits: Option<f64>,
    /// The most bits that somebody's variant tells.
    pub worst_case_bits: Option<f64>,
    /// The largest share pushed to the default by the crowd rule, 0 to 1; where the site states how many
    /// networks visit.
    pub pushed_to_default: Option<f64>,
    /// How many signals may be asked for without making a difference.
    pub unused_signals: Option<u32>,
    /// How many variants may be shown to nobody.
    pub dead_variants: Option<u32>,
}

/// What was bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// Price-like slots must not depend on country or language; no site can lift that.
    PriceLike,
    /// [`Limits::demographic_parity_difference`].
    DemographicParityDifference,
    /// [`Limits::demographic_parity_ratio`].
    DemographicParityRatio,
    /// [`Limits::exposure_difference`].
    ExposureDifference,
    /// [`Limits::exposure_ratio`].
    ExposureRatio,
    /// [`Limits::flip_rate`].
    FlipRate,
    /// [`Limits::total_variation`].
    TotalVariation,
    /// [`Limits::shannon_bits`].
    ShannonBits,
    /// [`Limits::worst_case_bits`].
    WorstCaseBits,
    /// [`Limits::pushed_to_default`].
    PushedToDefault,
    /// [`Limits::unused_signals`].
    UnusedSignals,
    /// [`Limits::dead_variants`].
    DeadVariants,
}

impl Limit {
    /// Its name, which is also its key in a site's file; `price_like` has none there.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PriceLike => "price_like",
            Self::DemographicParityDifference => "demographic_parity_difference",
            Self::DemographicParityRatio => "demographic_parity_ratio",
            Self::ExposureDifference => "exposure_difference",
            Self::ExposureRatio => "exposure_ratio",
            Self::FlipRate => "flip_rate",
            Self::TotalVariation => "total_variation",
            Self::ShannonBits => "shannon_bits",
            Self::WorstCaseBits => "worst_case_bits",
            Self::PushedToDefault => "pushed_to_default",
            Self::UnusedSignals => "unused_signals",
            Self::DeadVariants => "dead_variants",
        }
    }
}

/// A figure beyond its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// Which limit.
    pub limit: Limit,
    /// The slot, if the figure is of one.
    pub slot: Option<String>,
    /// The signal, if the figure is along one.
    pub signal: Option<Signal>,
    /// The figure.
    pub figure: f64,
    /// What the site allows.
    pub allowed: f64,
    /// What that means, for people.
    pub words: String,
}

impl Breach {
    /// A name that stays the same from audit to audit: `flip_rate hero country`.
    #[must_use]
    pub fn key(&self) -> String {
        let slot = self.slot.as_deref();
        let parts = [Some(self.limit.name()), slot, self.signal.map(Signal::name)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (figure, allowed) = (number(self.figure), number(self.allowed));
        match self.limit {
            Limit::PriceLike => write!(f, "{}: {}", self.key(), self.words),
            _ => write!(f, "{}: {figure}, allowed is {allowed}: {}", self.key(), self.words),
        }
    }
}

/// All that an audit found, to be held against the limits.
pub(crate) struct Found<'a> {
    pub(crate) slots: &'a [SlotAudit],
    pub(crate) judged: &'a Figures,
    pub(crate) crowding: Option<&'a Crowding>,
    pub(crate) unused: &'a [String],
    /// Slots that the site holds to be price-like.
    pub(crate) price_like: &'a [String],
}

impl Limits {
    pub(crate) fn breaches(&self, found: &Found<'_>) -> Vec<Breach> {
        let mut breaches = Vec::new();
        breaches.extend(absent(found));
        for (slot, figures) in found.slots.iter().zip(&found.judged.slots) {
            breaches.extend(price(slot));
            self.of_slot(slot, figures, &mut breaches);
        }
        let bits = &found.judged.bits;
        let whole = Place { slot: None, signal: None };
        let words = |what: &str, bits: f64| format!("it tells {bits:.1} bits of a visitor {what}");
        whole.most(Limit::ShannonBits, bits.told(), self.shannon_bits, &mut breaches, || {
            words("on average", bits.told())
        });
        whole.most(Limit::WorstCaseBits, bits.worst_case, self.worst_case_bits, &mut breaches, || {
            words("where it tells most", bits.worst_case)
        });
        let dead: Vec<String> = found.slots.iter().flat_map(dead).collect();
        for (limit, names, allowed, what) in [
            (
                Limit::UnusedSignals,
                found.unused,
                self.unused_signals,
                "asked for without making a difference",
            ),
            (Limit::DeadVariants, dead.as_slice(), self.dead_variants, "shown to nobody"),
        ] {
            let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
            let allowed = allowed.map(f64::from);
            whole.most(limit, f64::from(count), allowed, &mut breaches, || {
                format!("{what}: {}", names.join(", "))
            });
        }
        self.of_crowding(found, &mut breaches);
        breaches
    }

    fn of_slot(&self, slot: &SlotAudit, figures: &SlotFigures, breaches: &mut Vec<Breach>) {
        let place = Place { slot: Some(&slot.name), signal: None };
        place.most(Limit::TotalVariation, figures.total_variation, self.total_variation, breaches, || {
            format!("{} of visitors see something else than the default", percent(figures.total_variation))
        });
        let is_protected = |signal: Signal| self.protected.is_empty() || self.protected.contains(&signal);
        for parity in figures.parity.iter().filter(|parity| is_protected(parity.signal)) {
            let place = Place { slot: Some(&slot.name), signal: Some(parity.signal) };
            let group = |at: usize| parity.groups.get(at).map_or("", |group| &group.value);
            if let Some(spread) = &parity.demographic {
                let share = |at: usize| parity.groups.get(at).map_or(0.0, |group| group.changed);
                let words = || {
                    let (low, high) = (spread.lowest, spread.highest);
                    format!(
                        "{} of `{}` see something else than the default, and {} of `{}`",
                        percent(share(high)),
                        group(high),
                        percent(share(low)),
                        group(low)
                    )
                };
                place.most(
                    Limit::DemographicParityDifference,
                    spread.difference,
                    self.demographic_parity_difference,
                    breaches,
                    words,
                );
                place.least(
                    Limit::DemographicParityRatio,
                    spread.ratio,
                    self.demographic_parity_ratio,
                    breaches,
                    words,
                );
            }
            let variants = slot.variants.iter().zip(&parity.exposure);
            let spreads = || variants.clone().filter_map(|(name, spread)| Some((name, spread.as_ref()?)));
            let words = |variant: &str, spread: &Spread| {
                let share = |at: usize| {
                    let of = parity.groups.get(at).zip(slot.variants.iter().position(|name| name == variant));
                    percent(of.and_then(|(group, at)| group.shares.get(at)).copied().unwrap_or_default())
                };
                let (low, high) = (spread.lowest, spread.highest);
                format!(
                    "`{variant}` is shown to {} of `{}` and to {} of `{}`",
                    share(high),
                    group(high),
                    share(low),
                    group(low)
                )
            };
            let widest = spreads().max_by(|(_, a), (_, b)| a.difference.total_cmp(&b.difference));
            if let Some((variant, spread)) = widest {
                place.most(
                    Limit::ExposureDifference,
                    spread.difference,
                    self.exposure_difference,
                    breaches,
                    || words(variant, spread),
                );
            }
            let steepest = spreads().min_by(|(_, a), (_, b)| a.ratio.total_cmp(&b.ratio));
            if let Some((variant, spread)) = steepest {
                place.least(Limit::ExposureRatio, spread.ratio, self.exposure_ratio, breaches, || {
                    words(variant, spread)
                });
            }
        }
        for flips in figures.flips.iter().filter(|flips| is_protected(flips.signal)) {
            let place = Place { slot: Some(&slot.name), signal: Some(flips.signal) };
            place.most(Limit::FlipRate, flips.weighted, self.flip_rate, breaches, || {
                format!(
                    "with another `{}` and all else the same, {} of changes show another variant",
                    flips.signal,
                    percent(flips.weighted)
                )
            });
        }
    }

    fn of_crowding(&self, found: &Found<'_>, breaches: &mut Vec<Breach>) {
        let stated =
            found.crowding.and_then(|crowding| crowding.pushed.iter().find(|pushed| pushed.is_stated));
        let Some(pushed) = stated else { return };
        for (slot, share) in found.slots.iter().zip(&pushed.by_slot) {
            let place = Place { slot: Some(&slot.name), signal: None };
            place.most(Limit::PushedToDefault, *share, self.pushed_to_default, breaches, || {
                format!(
                    "with {} networks in an epoch, {} of visitors are too few and get the default",
                    pushed.networks,
                    percent(*share)
                )
            });
        }
    }
}

/// What a figure is of.
struct Place<'a> {
    slot: Option<&'a str>,
    signal: Option<Signal>,
}

/// Sums of shares are exact to this; a figure that stands on its limit is within it.
const ROUNDING: f64 = 1e-9;

impl Place<'_> {
    fn most(
        &self,
        limit: Limit,
        figure: f64,
        allowed: Option<f64>,
        breaches: &mut Vec<Breach>,
        words: impl FnOnce() -> String,
    ) {
        if let Some(allowed) = allowed.filter(|allowed| figure > allowed + ROUNDING) {
            breaches.push(self.breach(limit, figure, allowed, words()));
        }
    }

    fn least(
        &self,
        limit: Limit,
        figure: f64,
        allowed: Option<f64>,
        breaches: &mut Vec<Breach>,
        words: impl FnOnce() -> String,
    ) {
        if let Some(allowed) = allowed.filter(|allowed| figure < allowed - ROUNDING) {
            breaches.push(self.breach(limit, figure, allowed, words()));
        }
    }

    fn breach(&self, limit: Limit, figure: f64, allowed: f64, words: String) -> Breach {
        Breach { limit, slot: self.slot.map(str::to_owned), signal: self.signal, figure, allowed, words }
    }
}

/// Slots that the site holds to be price-like and the plugin has not: under another name they would be held to
/// nothing.
fn absent<'f>(found: &Found<'f>) -> impl Iterator<Item = Breach> + use<'f> {
    let slots = found.slots;
    let missing = found.price_like.iter().filter(|name| slots.iter().all(|slot| slot.name != **name));
    missing.map(move |name| {
        let names: Vec<_> = slots.iter().map(|slot| format!("`{}`", slot.name)).collect();
        Breach {
            limit: Limit::PriceLike,
            slot: Some(name.clone()),
            signal: None,
            figure: 1.0,
            allowed: 0.0,
            words: format!(
                "the site holds this slot to be price-like, and the plugin has none of that name: it has {}",
                names.join(", ")
            ),
        }
    })
}

fn dead(slot: &SlotAudit) -> impl Iterator<Item = String> + '_ {
    let variants = slot.variants.iter().zip(&slot.reach).filter(|(_, reach)| **reach == Reach::Dead);
    variants.map(|(variant, _)| format!("`{}={variant}`", slot.name))
}

fn price(slot: &SlotAudit) -> impl Iterator<Item = Breach> + '_ {
    slot.price_flips.iter().map(|flip| {
        let variant = |at: u8| slot.variants.get(usize::from(at)).map_or("", String::as_str);
        let [one, other] = &flip.example;
        Breach {
            limit: Limit::PriceLike,
            slot: Some(slot.name.clone()),
            signal: Some(flip.signal),
            figure: f64::from(u32::try_from(flip.count).unwrap_or(u32::MAX)),
            allowed: 0.0,
            words: format!(
                "it is price-like and differs by `{}`: `{}` in {}, `{}` in {}",
                flip.signal,
                variant(one.1),
                one.0,
                variant(other.1),
                other.0
            ),
        }
    })
}

/// A share for people.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_owned(),
        small if small < 0.1 => "under 0.1 %".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// A figure for people: at most three digits behind the point, none that say nothing.
pub(crate) fn number(figure: f64) -> String {
    let text = format!("{figure:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
