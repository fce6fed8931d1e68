//! A site's file: its sections in turn, and the site that they make.

use std::path::Path;
use std::sync::Arc;

use cloakroom_vocabulary::Signal;
use toml::Spanned;

use crate::bounds;
use crate::checker::Checker;
use crate::keys::{CONSENT_SOURCES, SITE};
use crate::main_file::Taken;
use crate::names::{self, host};
use crate::problem::{Problems, Source, Span};
use crate::raw::{self, OneOrMany, Text};
use crate::settings::{ConsentSource, Crowd, Site};
use crate::{route, sensitive, shape, site_parts, topics};

/// The consent cookie where the file names none.
const CONSENT_COOKIE: &str = "cloakroom_consent";

/// Reads one site.
pub(crate) fn read(
    name: String,
    source: Source,
    folder: &Path,
    taken: &mut Vec<Taken>,
    problems: &mut Problems,
) -> Option<Site> {
    let raw: raw::SiteFile = shape::read(&source, SITE, problems)?;
    let mut checker = Checker::new(&source);
    let hosts = hosts(&mut checker, &raw, taken);
    let origin = site_parts::origin(&mut checker, &OneOrMany::list(&raw.origin));
    let consent = consent(&mut checker, &raw.consent);
    let (values, vocabulary) = site_parts::values(&mut checker, &raw.signals);
    let campaign_parameter = raw
        .signals
        .campaign
        .as_ref()
        .and_then(|campaign| site_parts::parameter(&mut checker, &campaign.parameter, &[]));
    let topic_paths = topics::paths(&mut checker, raw.signals.interest.as_ref());
    let sensitive = sensitive::names(&mut checker, &raw.signals);
    let signal_bits = checker.number("budget", &bounds::SIGNAL_BITS, raw.signals.budget.as_ref());
    let crowd = crowd(&mut checker, &raw.crowd);
    let output = checker.list("hosts", bounds::MAX_OUTPUT_HOSTS, false, raw.output.hosts.as_ref());
    let output_hosts = checker.each(output, host);
    let policies = site_parts::policies(&mut checker, folder, raw.policy.files.as_ref());
    let plugins = site_parts::plugins(&mut checker, folder, &raw.plugin);
    let names: Vec<&str> = raw.plugin.iter().map(|plugin| plugin.name.get_ref().as_str()).collect();
    let routes = route::routes(&mut checker, &names, &raw.route);
    problems.append(checker.problems);
    Some(Site {
        name,
        hosts,
        origin: origin?,
        forward_client_ip: raw.forward_client_ip,
        consent: consent?,
        values,
        vocabulary: Arc::new(vocabulary?),
        campaign_parameter,
        topic_paths,
        sensitive,
        signal_bits: signal_bits?,
        crowd: crowd?,
        output_hosts,
        policies,
        plugins,
        routes,
        source,
    })
}

/// Host names of the site, none of them another site's.
fn hosts(checker: &mut Checker<'_>, raw: &raw::SiteFile, taken: &mut Vec<Taken>) -> Vec<String> {
    let entries = checker.list("hosts", bounds::MAX_HOSTS, true, Some(&raw.hosts));
    let hosts = checker.each(entries, host);
    let mine = taken.len();
    for entry in entries {
        let Ok(host) = host(entry.get_ref()) else { continue };
        if let Some(other) = taken.iter().take(mine).find(|other| other.host == host) {
            let message = format!("the host `{host}` is another site's already");
            let help =
                format!("it is listed in `{}`, line {}: remove one of the two", other.file, other.line);
            checker.report(entry.span(), "again here", message, help);
            continue;
        }
        let (line, _) = checker.source.line_and_column(entry.span().start);
        taken.push(Taken { host, file: checker.source.name().to_owned(), line });
    }
    hosts
}

fn consent_cookie(checker: &mut Checker<'_>, written: Option<&Text>) -> Option<String> {
    let Some(written) = written else { return Some(CONSENT_COOKIE.to_owned()) };
    let name = written.get_ref();
    if names::is_parameter(name, &[]) {
        return Some(name.clone());
    }
    let help = "a name is 1 to 64 of letters, digits, `-`, `_` and `.`";
    checker.report(written.span(), "here", format!("`{name}` is not the name of a cookie"), help);
    None
}

/// Reads the sources of consent, and that no key is there for one that is not listed.
fn consent(checker: &mut Checker<'_>, raw: &raw::Consent) -> Option<Vec<ConsentSource>> {
    let cookie = consent_cookie(checker, raw.cookie.as_ref());
    let vendor = match &raw.vendor {
        None => None,
        written => Some(u16::try_from(checker.number("vendor", &bounds::VENDOR, written.as_ref())?).ok()?),
    };
    let Some(written) = &raw.sources else {
        if let Some(vendor) = &raw.vendor {
            unlisted(checker, "vendor", "tcf", vendor.span());
        }
        return Some(vec![ConsentSource::Cookie(cookie?)]);
    };
    let entries = checker.list("sources", CONSENT_SOURCES.len(), true, Some(written));
    let words = checker.each(entries, |word| Ok(word.to_owned()));
    let lists = |source: &str| words.iter().any(|word| word == source);
    if let Some(span) = raw.cookie.as_ref().map(Text::span).filter(|_| !lists("cookie")) {
        unlisted(checker, "cookie", "cookie", span);
    }
    if let Some(span) = raw.vendor.as_ref().map(Spanned::span).filter(|_| !lists("tcf")) {
        unlisted(checker, "vendor", "tcf", span);
    }
    let cookie = cookie?;
    // The words were checked with the shape of the file.
    let source = |word: &String| match word.as_str() {
        "tcf" => ConsentSource::Tcf(vendor),
        "onetrust" => ConsentSource::OneTrust,
        "cookiebot" => ConsentSource::Cookiebot,
        "usprivacy" => ConsentSource::UsPrivacy,
        _ => ConsentSource::Cookie(cookie.clone()),
    };
    Some(words.iter().map(source).collect())
}

fn unlisted(checker: &mut Checker<'_>, key: &str, source: &str, span: Span) {
    let help = format!("add `{source}` to `sources`, or remove the key");
    checker.report(span, "here", format!("`{key}` means nothing without the source `{source}`"), help);
}

fn crowd(checker: &mut Checker<'_>, raw: &raw::Crowd) -> Option<Crowd> {
    let k = checker.number("k", &bounds::CROWD_K, raw.k.as_ref());
    let noise = raw.noise.as_ref().map(|noise| checker.number("noise", &bounds::CROWD_NOISE, Some(noise)));
    let entries = checker.list("generalize", Signal::COUNT, true, raw.generalize.as_ref());
    // The words were checked with the shape of the file.
    let unknown = |word: &str| names::refuse(format!("there is no signal `{word}`"), "name a signal");
    let generalize = checker.each(entries, |word| Signal::from_name(word).ok_or_else(|| unknown(word)));
    let epoch = checker.duration("epoch", &bounds::EPOCH, raw.epoch.as_ref());
    let noise = match noise {
        None => None,
        Some(noise) => Some(noise?),
    };
    Some(Crowd { k: k?, noise, generalize, epoch: epoch? })
}
