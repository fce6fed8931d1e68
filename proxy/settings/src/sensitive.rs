//! Campaigns and topics on sensitive matters: refused by the shipped list, unless the site says in writing
//! that it has to have them.

use cloakroom_vocabulary::sensitive;

use crate::bounds;
use crate::checker::Checker;
use crate::names::{closest, refuse};
use crate::raw::{Sensitive, Signals, Text};
use crate::settings::SensitiveNames;

/// Reports every sensitive name that is not allowed; gives those that are.
pub(crate) fn names(checker: &mut Checker<'_>, raw: &Signals) -> Option<SensitiveNames> {
    let campaigns = raw.campaign.iter().flat_map(|campaign| campaign.values.get_ref());
    let topics = raw.interest.iter().flat_map(|interest| &interest.topics).map(|topic| &topic.name);
    let listed: Vec<(&Text, &str)> =
        campaigns.map(|name| (name, "campaign")).chain(topics.map(|name| (name, "topic"))).collect();
    let allowed = raw.sensitive.as_ref();
    let allows = |name: &str| {
        allowed.is_some_and(|allowed| allowed.allow.get_ref().iter().any(|entry| entry.get_ref() == name))
    };
    for (written, kind) in &listed {
        let name = written.get_ref().as_str();
        let Some(found) = sensitive(name).filter(|_| !allows(name)) else { continue };
        let message =
            format!("the {kind} `{name}` would tell of a visitor's {} (`{}`)", found.matter, found.word);
        let help = format!(
            "leave it out; if the site may and must have it, write \
             `sensitive = {{ allow = [\"{name}\"], reason = \"…\" }}` under `[signals]`"
        );
        checker.report(written.span(), "sensitive", message, help);
    }
    let listed: Vec<&str> = listed.iter().map(|(name, _)| name.get_ref().as_str()).collect();
    allowed.and_then(|allowed| override_of(checker, allowed, &listed))
}

fn override_of(checker: &mut Checker<'_>, raw: &Sensitive, listed: &[&str]) -> Option<SensitiveNames> {
    let most = bounds::MAX_LISTED_VALUES + cloakroom_vocabulary::MAX_TOPICS;
    let entries = checker.list("allow", most, true, Some(&raw.allow));
    let names = checker.each(entries, |name| {
        if !listed.contains(&name) {
            let help = match closest(name, listed) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove it".to_owned(),
            };
            return Err(refuse(format!("the site has no campaign and no topic `{name}`"), help));
        }
        let found =
            sensitive(name).ok_or_else(|| refuse(format!("`{name}` is not sensitive"), "remove it"))?;
        Ok((name.to_owned(), found.matter))
    });
    let reason = raw.reason.get_ref().trim();
    if !bounds::REASON.contains(&reason.chars().count()) {
        let (least, most) = (bounds::REASON.start(), bounds::REASON.end());
        let help = format!("write {least} to {most} characters: the ground in law, and who decided it");
        checker.report(raw.reason.span(), "here", "the reason is too short or too long", help);
        return None;
    }
    Some(SensitiveNames { names, reason: reason.to_owned() })
}
