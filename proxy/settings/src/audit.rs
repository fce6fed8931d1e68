//! The section `[audit]`: what plugins may do to people on a site, and who may say that they may do more.

use std::path::Path;

use cloakroom_vocabulary::{Shares, Signal, SiteVocabulary};

use crate::checker::Checker;
use crate::names::{Refused, closest, is_slug, refuse};
use crate::settings::{Audit, AuditLimits};
use crate::{bounds, files, raw, shares};

/// Reads the section.
pub(crate) fn read(
    checker: &mut Checker<'_>,
    folder: &Path,
    raw: &raw::SiteFile,
    vocabulary: Option<&SiteVocabulary>,
) -> Audit {
    let traffic = raw.audit.traffic.as_ref().and_then(|written| {
        let named = Some((checker.source, written.span()));
        let read = files::text(&folder.join(written.get_ref()), bounds::MAX_SHARES_FILE, named);
        let source = read.map_err(|problem| checker.problems.add(problem)).ok()?;
        // Without the site's values nothing can be said of those in the file.
        shares::read(&source, Some(vocabulary?), &mut checker.problems)
    });
    let plugins: Vec<&str> = raw.plugin.iter().map(|plugin| plugin.name.get_ref().as_str()).collect();
    let price_like = checker.list("price_like", bounds::MAX_PRICE_LIKE, false, raw.audit.price_like.as_ref());
    let price_like = checker.each(price_like, |text| slot(text, &plugins));
    let by = checker.list("override_by", bounds::MAX_OVERRIDERS, true, raw.audit.override_by.as_ref());
    let override_by = checker.each(by, account);
    let networks = traffic.as_ref().and_then(Shares::networks);
    if let Some(limit) = raw.audit.limits.pushed_to_default.as_ref().filter(|_| networks.is_none()) {
        let help =
            "state `networks` at the top of the file of `traffic`: how many networks visit in an epoch";
        let message = "`pushed_to_default` holds only where the traffic says how many networks visit";
        checker.report(limit.span(), "here", message, help);
    }
    Audit { traffic, price_like, override_by, limits: limits(checker, &raw.audit.limits) }
}

fn slot(text: &str, plugins: &[&str]) -> Result<(String, String), Refused> {
    let parts = text.split_once('.').filter(|(plugin, slot)| is_slug(plugin) && is_slug(slot));
    let Some((plugin, slot)) = parts else {
        return Err(refuse(
            format!("`{text}` names no slot"),
            "write the site's name of a plugin, a dot, and the slot's name: `hero.offer`",
        ));
    };
    if !plugins.contains(&plugin) {
        let help = match closest(plugin, plugins) {
            Some(near) => format!("did you mean `{near}.{slot}`?"),
            None => "list the plugin in a `[[plugin]]`".to_owned(),
        };
        return Err(refuse(format!("the site has no plugin `{plugin}`"), help));
    }
    Ok((plugin.to_owned(), slot.to_owned()))
}

fn account(text: &str) -> Result<String, Refused> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(refuse(
        format!("`{text}` is neither an account nor a group"),
        "write the name of an account of this system, or `@` and the name of a group",
    ))
}

fn limits(checker: &mut Checker<'_>, raw: &raw::AuditLimits) -> AuditLimits {
    // Words and numbers were checked with the shape of the file.
    let unknown = |word: &str| refuse(format!("there is no signal `{word}`"), "name a signal");
    let protected = checker.list("protected", Signal::COUNT, true, raw.protected.as_ref());
    let protected = checker.each(protected, |word| Signal::from_name(word).ok_or_else(|| unknown(word)));
    let number = |written: &Option<raw::Fraction>| written.as_ref().map(|number| *number.get_ref());
    AuditLimits {
        protected,
        demographic_parity_difference: number(&raw.demographic_parity_difference),
        demographic_parity_ratio: number(&raw.demographic_parity_ratio),
        exposure_difference: number(&raw.exposure_difference),
        exposure_ratio: number(&raw.exposure_ratio),
        flip_rate: number(&raw.flip_rate),
        total_variation: number(&raw.total_variation),
        shannon_bits: number(&raw.shannon_bits),
        worst_case_bits: number(&raw.worst_case_bits),
        pushed_to_default: number(&raw.pushed_to_default),
        unused_signals: checker.optional("unused_signals", &bounds::AUDIT_COUNT, raw.unused_signals.as_ref()),
        dead_variants: checker.optional("dead_variants", &bounds::AUDIT_COUNT, raw.dead_variants.as_ref()),
    }
}
