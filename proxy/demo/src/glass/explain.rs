//! What happened, in plain language: one line for each step between the two sides of the glass.

use http::HeaderMap;
use serde::Serialize;

use crate::visitor::{Consent, Device, Referrer, Visitor};

/// A step and its outcome.
#[derive(Serialize)]
pub(super) struct Step {
    name: &'static str,
    outcome: String,
    words: String,
    tone: Tone,
}

/// How the page shows a step.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Open,
    Partly,
    Shut,
}

/// One signal of the released cell.
#[derive(Serialize)]
pub(super) struct Released {
    name: String,
    value: String,
    grain: ReleasedGrain,
}

/// How much of the visitor's value was released.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ReleasedGrain {
    Exact,
    General,
    Any,
}

/// Where the answer came from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    Cache,
    /// Made from the stored page, for a variant that nobody had asked for before.
    Dressed,
    Stale,
    Origin,
    /// Passed through: no cache took part.
    Through,
}

/// What the response says of itself.
#[derive(Serialize)]
pub(super) struct Facts {
    /// Empty where no plugin has a say.
    pub cell: Vec<Released>,
    pub variant: Vec<(String, String)>,
    pub source: Source,
    pub cache_status: Option<String>,
    pub age: Option<u64>,
}

impl Facts {
    /// Reads the response's header fields.
    pub(super) fn read(headers: &HeaderMap, visitor: &Visitor) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let pairs = |name| {
            let listed = text(name).unwrap_or_default().split(',');
            let pairs = listed.filter_map(|pair| pair.trim().split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
        };
        let cache_status = text("cache-status").map(str::to_owned);
        let cell = pairs("cloakroom-cell").into_iter().map(|(name, value)| {
            let grain = match finest(visitor, &name) {
                _ if value == "any" => ReleasedGrain::Any,
                Some(exact) if exact != value => ReleasedGrain::General,
                _ => ReleasedGrain::Exact,
            };
            Released { name, value, grain }
        });
        Self {
            cell: cell.collect(),
            variant: pairs("cloakroom-variant"),
            source: match cache_status.as_deref() {
                None => Source::Through,
                Some(status) if status.contains("made-from-page") => Source::Dressed,
                Some(status) if status.contains("stale") => Source::Stale,
                Some(status) if status.contains("hit") => Source::Cache,
                Some(_) => Source::Origin,
            },
            cache_status,
            age: text("age").and_then(|age| age.parse().ok()),
        }
    }

    fn counts(&self) -> (usize, usize) {
        let of = |grain| self.cell.iter().filter(|r| r.grain == grain).count();
        (of(ReleasedGrain::Exact), of(ReleasedGrain::General))
    }
}

/// The value that the visitor has at the finest grain; `None` for what only the proxy's clock knows.
fn finest(visitor: &Visitor, signal: &str) -> Option<String> {
    let word = match signal {
        "country" => visitor.country,
        "language" => visitor.language,
        "campaign" => visitor.campaign.as_deref().unwrap_or("none"),
        "device" => Device::ALL.into_iter().find(|(d, _)| *d == visitor.device)?.1,
        "referrer" => Referrer::ALL.into_iter().find(|(r, _)| *r == visitor.referrer)?.1,
        _ => return None,
    };
    Some(word.to_owned())
}

/// The steps, in the order in which the proxy takes them.
pub(super) fn steps(facts: &Facts, visitor: &Visitor, k: u32, gathering: bool) -> Vec<Step> {
    let (exact, general) = facts.counts();
    let permitted = exact + general > 0 || (visitor.consent == Consent::All && !visitor.gpc);
    let mut steps = vec![consent(visitor), permit(facts, permitted)];
    if !facts.cell.is_empty() {
        steps.push(crowd(facts, permitted, k, gathering));
        steps.push(variant(facts));
    }
    steps.push(source(facts));
    steps
}

fn step(name: &'static str, tone: Tone, outcome: impl Into<String>, words: impl Into<String>) -> Step {
    Step { name, outcome: outcome.into(), words: words.into(), tone }
}

fn consent(visitor: &Visitor) -> Step {
    let (tone, outcome, words) = match visitor.consent {
        _ if visitor.gpc => {
            (Tone::Shut, "opted out", "The browser sends Sec-GPC: 1. That outweighs any cookie.")
        }
        Consent::All => (Tone::Open, "yes", "The visitor agreed in the shop’s banner."),
        Consent::None => (Tone::Shut, "no", "The visitor refused in the shop’s banner."),
        Consent::Unasked => {
            (Tone::Shut, "silent", "No answer yet. Where the law wants consent first, silence means no.")
        }
    };
    step("Consent", tone, outcome, words)
}

fn permit(facts: &Facts, permitted: bool) -> Step {
    if facts.cell.is_empty() {
        let words = match facts.source {
            Source::Through => "This page is passed through, so no plugin is asked about it.",
            _ => "This page is the same for everyone, so no plugin is asked about it.",
        };
        return step("Permit", Tone::Shut, "not asked", words);
    }
    if !permitted {
        return step("Permit", Tone::Shut, "nothing", "The policy lets plugins see no signal at all.");
    }
    let names: Vec<_> = facts.cell.iter().map(|r| r.name.as_str()).collect();
    let words =
        format!("Plugins of this page ask for {}. No more than that can reach them.", names.join(", "));
    step("Permit", Tone::Open, format!("{} signals", names.len()), words)
}

fn crowd(facts: &Facts, permitted: bool, k: u32, gathering: bool) -> Step {
    let (exact, general) = facts.counts();
    if !permitted {
        return step("Crowd", Tone::Shut, "not counted", "Without a permit the visitor is not even counted.");
    }
    if gathering {
        let words = format!(
            "Nothing is released until the first count is complete. Each combination needs {k} networks."
        );
        return step("Crowd", Tone::Shut, "gathering", words);
    }
    if exact == facts.cell.len() {
        let words = format!(
            "At least {k} networks looked just like this in the last count, so one more says nothing."
        );
        return step("Crowd", Tone::Open, format!("{k} or more"), words);
    }
    let withheld: Vec<_> = facts
        .cell
        .iter()
        .filter(|r| r.grain != ReleasedGrain::Exact)
        .map(|r| {
            if r.grain == ReleasedGrain::Any {
                r.name.clone()
            } else {
                format!("{} (now {})", r.name, r.value)
            }
        })
        .collect();
    if exact + general == 0 {
        let words = format!(
            "Too few networks looked like this, however coarsely described: {k} are needed, and some more the first time. Plugins are told nothing."
        );
        return step("Crowd", Tone::Shut, "too few", words);
    }
    let words =
        format!("Fewer than {k} looked just like this. Held back or made coarser: {}.", withheld.join(", "));
    step("Crowd", Tone::Partly, "generalized", words)
}

fn variant(facts: &Facts) -> Step {
    let (exact, general) = facts.counts();
    let listed: Vec<_> = facts.variant.iter().map(|(slot, variant)| format!("{slot} {variant}")).collect();
    let words = if exact + general == 0 {
        "Nothing is known, so every slot shows its default, as for anybody."
    } else {
        "Looked up in tables that were computed and shown before the plugins went live."
    };
    let tone = if exact + general == 0 { Tone::Shut } else { Tone::Open };
    step("Variant", tone, if listed.is_empty() { "default".to_owned() } else { listed.join(" · ") }, words)
}

fn source(facts: &Facts) -> Step {
    let (tone, outcome, words) = match facts.source {
        Source::Cache => {
            (Tone::Open, "from the cache", "Ready to send. The origin does not learn of this visit.")
        }
        Source::Dressed => (
            Tone::Open,
            "from the cache",
            "First visit to this variant: made from the stored page, without the origin.",
        ),
        Source::Stale => {
            (Tone::Partly, "from the cache, old", "The origin could not answer, so the older copy was sent.")
        }
        Source::Origin => (
            Tone::Open,
            "origin asked",
            "For a page, never for a person: the request is built from nothing of the visitor’s.",
        ),
        Source::Through => (
            Tone::Partly,
            "passed through",
            "Carts, logins and accounts need the person. They are listed by hand and never cached.",
        ),
    };
    step("Answer", tone, outcome, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(consent: Consent, gpc: bool) -> Visitor {
        Visitor {
            country: "FR",
            language: "fr",
            device: Device::Phone,
            referrer: Referrer::Email,
            campaign: Some("spring".into()),
            consent,
            gpc,
            number: 1,
        }
    }

    fn outcomes(
        cell: &'static str,
        status: Option<&'static str>,
        visitor: &Visitor,
        gathering: bool,
    ) -> Vec<String> {
        let mut headers = HeaderMap::new();
        if !cell.is_empty() {
            headers.insert("cloakroom-cell", cell.parse().unwrap());
            headers.insert("cloakroom-variant", "hero=spring-fr, banner=phone".parse().unwrap());
        }
        if let Some(status) = status {
            headers.insert("cache-status", status.parse().unwrap());
        }
        let facts = Facts::read(&headers, visitor);
        steps(&facts, visitor, 20, gathering).into_iter().map(|s| s.outcome).collect()
    }

    #[test]
    fn each_way_through_the_proxy_has_its_own_words() {
        let hit = Some("cloakroom; hit; ttl=40");
        let yes = visitor(Consent::All, false);
        let exact = "country=FR, device=phone, daypart=night";
        let to = "hero spring-fr · banner phone";
        assert_eq!(
            outcomes(exact, hit, &yes, false),
            ["yes", "3 signals", "20 or more", to, "from the cache"]
        );
        let coarse = "country=europe, device=any, daypart=night";
        assert_eq!(outcomes(coarse, hit, &yes, false)[2], "generalized");
        let any = "country=any, device=any, daypart=any";
        assert_eq!(outcomes(any, hit, &yes, false)[2], "too few");
        assert_eq!(outcomes(any, hit, &yes, true)[2], "gathering");
        let no = outcomes(any, hit, &visitor(Consent::None, false), false);
        assert_eq!(no[..3], ["no", "nothing", "not counted"]);
        let gpc =
            outcomes(any, Some("cloakroom; fwd=miss; stored; ttl=60"), &visitor(Consent::All, true), false);
        assert_eq!((gpc[0].as_str(), gpc[4].as_str()), ("opted out", "origin asked"));
        assert_eq!(outcomes("", None, &yes, false), ["yes", "not asked", "passed through"]);
    }
}
