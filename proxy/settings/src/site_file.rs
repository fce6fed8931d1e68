//! A site's file: its sections in turn, and the site that they make.

use std::path::Path;
use std::sync::Arc;

use cloakroom_vocabulary::Signal;

use crate::bounds;
use crate::checker::Checker;
use crate::keys::SITE;
use crate::main_file::Taken;
use crate::names::{self, host};
use crate::problem::{Problems, Source};
use crate::raw::{self, OneOrMany};
use crate::response_field::response_field;
use crate::settings::{Crowd, Site};
use crate::{audit, consent, notice, route, sensitive, shape, site_parts, topics};

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
    let origin_ca = site_parts::origin_ca(&mut checker, folder, origin.as_ref(), raw.origin_ca.as_ref());
    let consent = consent::sources(&mut checker, &raw.consent);
    let (values, vocabulary) = site_parts::values(&mut checker, &raw.signals);
    let campaign_parameter = raw
        .signals
        .campaign
        .as_ref()
        .and_then(|campaign| site_parts::parameter(&mut checker, &campaign.parameter, &[]));
    let topic_paths = topics::paths(&mut checker, raw.signals.interest.as_ref());
    let sensitive = sensitive::names(&mut checker, &raw.signals);
    let signal_bits = checker.number("budget", &bounds::SIGNAL_BITS, raw.signals.budget.as_ref());
    let notice = notice::read(&mut checker, &raw, &consent);
    let crowd = crowd(&mut checker, &raw.crowd);
    let output = checker.list("hosts", bounds::MAX_OUTPUT_HOSTS, false, raw.output.hosts.as_ref());
    let output_hosts = checker.each(output, host);
    let output = checker.list("headers", bounds::MAX_OUTPUT_HEADERS, false, raw.output.headers.as_ref());
    let output_headers = checker.each(output, response_field);
    let audit = audit::read(&mut checker, folder, &raw, vocabulary.as_ref());
    let canary_after = checker.duration("after", &bounds::CANARY_AFTER, raw.canary.after.as_ref());
    let policies = site_parts::policies(&mut checker, folder, raw.policy.files.as_ref());
    let plugins = site_parts::plugins(&mut checker, folder, &raw.plugin);
    let names: Vec<&str> = raw.plugin.iter().map(|plugin| plugin.name.get_ref().as_str()).collect();
    let routes = route::routes(&mut checker, &names, &raw.route);
    problems.append(checker.problems);
    Some(Site {
        name,
        hosts,
        origin: origin?,
        origin_ca,
        forward_client_ip: raw.forward_client_ip,
        consent,
        notice: notice.shown,
        gpc_since: notice.gpc_since,
        values,
        vocabulary: Arc::new(vocabulary?),
        campaign_parameter,
        topic_paths,
        sensitive,
        signal_bits: signal_bits?,
        crowd: crowd?,
        output_hosts,
        content_security_policy: raw.output.content_security_policy,
        output_headers,
        audit,
        canary_after: canary_after?,
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
