//! An audit as JSON: every figure, unrounded. Only what the audit holds is written.

use cloakroom_plugin_host::Line;
use serde_json::{Value, json};

use crate::audit::{Audit, Brief};
use crate::figures::{Figures, SlotAudit, SlotFigures};
use crate::limits::Breach;
use crate::parity::{Parity, Spread};
use crate::reach::Reach;

impl Audit {
    /// The whole audit. Keys are those of `proxy/AUDIT.md`; shares and rates are from 0 to 1.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "plugin": self.name,
            "version": self.version,
            "digest": self.digest.to_string(),
            "cells": self.cells,
            "site": self.site,
            "signals": self.signals.iter().map(|used| json!({
                "signal": used.signal().name(), "reason": used.reason(), "values": used.values(),
            })).collect::<Vec<_>>(),
            "unused_signals": self.unused,
            "slots": self.slots.iter().map(slot).collect::<Vec<_>>(),
            "rules": self.rules(),
            "figures": self.figures.iter().map(|figures| self.figures(figures)).collect::<Vec<_>>(),
            "removed": self.lost.iter().map(|lost| json!({
                "slot": lost.slot, "variant": lost.variant, "edit": lost.removed.edit, "what": lost.removed.what,
                "why": lost.removed.why, "instead": lost.removed.instead,
            })).collect::<Vec<_>>(),
            "crowd": self.crowd(),
            "judged_by": self.judged_by.name(),
            "has_limits": self.has_limits,
            "within_limits": self.breaches.is_empty(),
            "breaches": self.breaches.iter().map(Breach::value).collect::<Vec<_>>(),
        })
    }

    fn rules(&self) -> Value {
        let line = |(line, share): (&Line, &f64)| {
            let when: Vec<_> = line.conditions().iter().map(ToString::to_string).collect();
            json!({ "when": when, "variant": line.variant_name(), "cells": line.cells(), "share": share, "depends": line.depends() })
        };
        let slots = self.readable.slots().iter().zip(&self.slots);
        slots
            .map(|(rules, slot)| {
                let lines = rules.lines().iter().zip(&slot.line_shares);
                let untold = rules.untold().iter();
                let untold = untold.map(|of| json!({ "variant": of.variant_name, "cells": of.cells }));
                json!({
                    "slot": slot.name, "lines": lines.map(line).collect::<Vec<_>>(),
                    "whole": rules.is_whole(), "untold": untold.collect::<Vec<_>>(),
                })
            })
            .collect()
    }

    fn figures(&self, figures: &Figures) -> Value {
        let bits = &figures.bits;
        let slots = self.slots.iter().zip(&figures.slots);
        json!({
            "weighting": figures.weighting.name(),
            "bits": {
                "shannon": bits.shannon, "drawn": bits.drawn,
                "worst_case": bits.worst_case, "bound": bits.bound,
            },
            "slots": slots.map(|(slot, figures)| slot_figures(slot, figures)).collect::<Vec<_>>(),
        })
    }

    fn crowd(&self) -> Value {
        let Some(crowding) = &self.crowding else { return Value::Null };
        let pushed = crowding.pushed.iter().map(|pushed| {
            let slots = self.slots.iter().zip(&pushed.by_slot);
            let slots: Vec<_> =
                slots.map(|(slot, share)| json!({ "slot": slot.name, "share": share })).collect();
            json!({ "networks": pushed.networks, "stated": pushed.is_stated, "slots": slots })
        });
        json!({
            "weighting": crowding.weighting.name(), "k": crowding.k,
            "pushed_to_default": pushed.collect::<Vec<_>>(), "enough_networks": crowding.enough,
        })
    }
}

impl Brief {
    /// The figures as JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        let bits = &self.bits;
        let slots =
            self.changed.iter().map(|(slot, share)| json!({ "slot": slot, "total_variation": share }));
        json!({
            "judged_by": self.judged_by.name(), "slots": slots.collect::<Vec<_>>(),
            "bits": {
                "shannon": bits.shannon, "drawn": bits.drawn,
                "worst_case": bits.worst_case, "bound": bits.bound,
            },
            "within_limits": self.breaches.is_empty(),
            "breaches": self.breaches.iter().map(Breach::value).collect::<Vec<_>>(),
        })
    }
}

impl Breach {
    /// The breach as JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "key": self.key(), "limit": self.limit.name(), "slot": self.slot,
            "signal": self.signal.map(|signal| signal.name()),
            "figure": self.figure, "allowed": self.allowed, "words": self.words,
        })
    }
}

fn slot(slot: &SlotAudit) -> Value {
    let variants = slot.variants.iter().zip(&slot.reach).enumerate();
    let variants: Vec<_> = variants
        .map(|(at, (name, reach))| {
            let shown = match reach {
                Reach::Shown => "yes",
                Reach::NotOnSite => "not_on_site",
                Reach::Dead => "no",
            };
            json!({ "name": name, "default": at == usize::from(slot.default), "shown": shown })
        })
        .collect();
    let name = |at: u8| slot.variants.get(usize::from(at));
    let flips: Vec<_> = slot
        .price_flips
        .iter()
        .map(|flip| {
            let example =
                flip.example.iter().map(|(cell, variant)| json!({ "cell": cell, "variant": name(*variant) }));
            json!({
                "signal": flip.signal.name(), "count": flip.count, "example": example.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "name": slot.name, "price_like": slot.is_price_like, "variants": variants, "price_flips": flips })
}

fn slot_figures(slot: &SlotAudit, figures: &SlotFigures) -> Value {
    let shares: Vec<_> = slot
        .variants
        .iter()
        .zip(&figures.shares)
        .map(|(name, share)| json!({ "variant": name, "share": share }))
        .collect();
    let signals: Vec<_> = figures
        .parity
        .iter()
        .zip(&figures.flips)
        .map(|(parity, flips)| {
            let exposure = slot.variants.iter().zip(&parity.exposure);
            let exposure: Vec<_> = exposure
                .map(|(name, spread)| json!({ "variant": name, "parity": self::spread(parity, spread.as_ref()) }))
                .collect();
            json!({
                "signal": parity.signal.name(),
                "groups": groups(slot, parity),
                "demographic_parity": spread(parity, parity.demographic.as_ref()),
                "exposure_parity": exposure,
                "flip_rate": flips.weighted,
                "flip_rate_unweighted": flips.plain,
            })
        })
        .collect();
    let worst = figures.worst_cell.as_ref().map(|worst| {
        let variant = slot.variants.get(usize::from(worst.variant));
        json!({ "cell": worst.cell, "variant": variant, "flip_rate": worst.rate })
    });
    json!({
        "slot": slot.name, "shares": shares, "total_variation": figures.total_variation,
        "signals": signals, "worst_cell": worst,
    })
}

fn groups(slot: &SlotAudit, parity: &Parity) -> Vec<Value> {
    let group = |group: &crate::parity::Group| {
        let shares = slot.variants.iter().cloned().zip(group.shares.iter().map(|share| json!(share)));
        json!({
            "value": group.value, "weight": group.weight, "total_variation": group.changed,
            "shares": shares.collect::<serde_json::Map<_, _>>(),
        })
    };
    parity.groups.iter().map(group).collect()
}

fn spread(parity: &Parity, spread: Option<&Spread>) -> Value {
    let group = |at: usize| parity.groups.get(at).map(|group| group.value.as_str());
    let Some(spread) = spread else { return Value::Null };
    json!({
        "difference": spread.difference, "ratio": spread.ratio,
        "lowest": group(spread.lowest), "highest": group(spread.highest),
    })
}
