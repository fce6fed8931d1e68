//! From settings to the parts of a pipeline: each room gets its own configuration, once.

use std::time::Duration;

use cloakroom_boundary::{
    ConsentSource, Geo, Mode, PathPattern, QueryPattern, QueryRule, TcfTerms, TopicConfig, TopicPath,
};
use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_notice::Config as NoticeConfig;
use cloakroom_origin::{OriginConfig, Tls};
use cloakroom_pipeline::{Compression, Downstream, Parts, RouteParts, SiteParts};
use cloakroom_plugin_host::Plugin;
use cloakroom_plugin_store::Index;
use cloakroom_policy::{Jurisdictions, ORIGIN, PolicySet};
use cloakroom_settings::{self as settings, Problem, QueryValues, Settings, Site, Source};
use cloakroom_variants::{CacheConfig, Heuristic, Rules};
use http::uri::Authority;
use http::{HeaderValue, Method};

use crate::shown::{Plugins, Shown};

/// The parts, and what a person should know of how they came about.
pub(crate) struct Assembled {
    pub(crate) parts: Parts,
    /// By site: what it shows under the name of each plugin.
    pub(crate) shown: Vec<Vec<Shown>>,
    /// The proxy works, but less than was configured, or most likely not as was meant.
    pub(crate) warnings: Vec<Problem>,
}

impl Assembled {
    /// Plugins that have nothing to show although something is installed or nobody knows what is: positions of
    /// sites, and of plugins in them.
    pub(crate) fn cannot_be_shown(&self) -> impl Iterator<Item = (usize, usize)> {
        let missing =
            |shown: &Shown| (shown.installed.is_some() || !shown.is_known) && shown.plugin.is_none();
        let of_site = move |(site, of): (usize, &Vec<Shown>)| {
            let missing = of.iter().enumerate().filter(|(_, shown)| missing(shown));
            missing.map(|(plugin, _)| (site, plugin)).collect::<Vec<_>>()
        };
        self.shown.iter().enumerate().flat_map(of_site)
    }

    /// Why plugins are refused.
    pub(crate) fn refusals(self) -> impl Iterator<Item = Problem> {
        self.warnings.into_iter().filter(|warning| !warning.is_warning())
    }
}

/// What to assemble, besides the settings.
pub(crate) struct Around<'a> {
    pub(crate) plugins: &'a Plugins,
    /// Overrules the configured database.
    pub(crate) geo: Option<Geo>,
    /// What is installed on sites, by the site's name, in place of what the store says.
    pub(crate) pending: &'a [(&'a str, &'a Index)],
}

/// Lowers settings.
///
/// # Errors
/// All mistakes of rule files, policies, patterns and the country database.
pub(crate) fn assemble(settings: &Settings, around: Around<'_>) -> Result<Assembled, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let geo = around.geo.or_else(|| open_geo(settings, &mut problems, &mut warnings));
    let shown = around.plugins.of_sites(settings, around.pending, &mut warnings);
    let shown = shown.map_err(|found| problems.extend(found)).unwrap_or_default();
    let mut sites = Vec::new();
    for (at, site) in settings.sites.iter().enumerate() {
        let plugins = shown.get(at).into_iter().flatten();
        let plugins = plugins.filter_map(|shown| Some((shown.name.clone(), shown.plugin.clone()?)));
        match assemble_site(settings, site, plugins.collect(), &mut warnings) {
            Ok(parts) => sites.push(parts),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let parts = Parts {
        sites,
        geo,
        trusted_proxies: settings.trusted_proxies.clone(),
        cache: CacheConfig { max_bytes: settings.cache_bytes },
        disk: None,
        compression: compression(&settings.compress),
        store: None,
        access_log: None,
        reveal: false,
    };
    Ok(Assembled { parts, shown, warnings })
}

fn open_geo(settings: &Settings, problems: &mut Vec<Problem>, warnings: &mut Vec<Problem>) -> Option<Geo> {
    let Some(path) = &settings.geo_database else {
        warnings.push(
            Problem::nowhere("no country database is configured: `country` is `other` for everyone, and the jurisdiction is unknown")
                .help("set `[geo] database` to an mmdb file with countries; the shipped policies permit nothing where the jurisdiction is unknown")
                .warning(),
        );
        return None;
    };
    let geo = Geo::open(path).map_err(|cause| problems.push(Problem::nowhere(cause.to_string()))).ok()?;
    if !geo.tells_parts() {
        warnings.extend(undivided());
    }
    Some(geo)
}

/// What it means that a database tells countries and not their parts.
fn undivided() -> Option<Problem> {
    let places = Jurisdictions::shipped().ok()?.into_places();
    let laws: Vec<_> = places
        .divided()
        .map(|(country, law)| format!("all of {} stands under `{}`", country.as_str(), law.name()))
        .collect();
    Some(
        Problem::nowhere(format!(
            "the country database tells no states and provinces, so the strictest law holds: {}",
            laws.join(", ")
        ))
        .help("take a database with subdivisions, such as those for cities; they are used for this alone")
        .warning(),
    )
}

fn assemble_site(
    settings: &Settings,
    site: &Site,
    plugins: Vec<(String, Plugin)>,
    warnings: &mut Vec<Problem>,
) -> Result<SiteParts, Vec<Problem>> {
    let mut problems = Vec::new();
    let rules = rules(&settings.caching);
    let policies = policies(site, warnings).map_err(|problem| problems.push(problem)).ok();
    let routes: Vec<_> = site
        .routes
        .iter()
        .filter_map(|route| assemble_route(site, rules, route).map_err(|problem| problems.push(problem)).ok())
        .collect();
    let topics = topics(site).map_err(|problem| problems.push(problem)).ok();
    let origin = origin(settings, site).map_err(|problem| problems.push(problem)).ok();
    match (policies, origin, topics) {
        (Some(policies), Some(origin), Some(topics)) if problems.is_empty() => Ok(SiteParts {
            hosts: site.hosts.clone(),
            vocabulary: site.vocabulary.clone(),
            consent: site.consent.iter().map(consent_source).collect(),
            notice: site.notice.as_ref().map(notice),
            gpc_since: site.gpc_since.clone(),
            campaign_parameter: site.campaign_parameter.clone(),
            topics,
            signal_bits: site.signal_bits,
            policies,
            crowd: crowd(&site.crowd),
            relay_timeout: settings.limits.origin_first_byte.max(Duration::from_secs(1)),
            origin,
            forward_client_ip: site.forward_client_ip,
            output_hosts: site.output_hosts.clone(),
            content_security_policy: site.content_security_policy,
            // The names were checked with the rest of the settings.
            output_headers: site.output_headers.iter().filter_map(|name| name.parse().ok()).collect(),
            rules,
            recheck_after: site.canary_after,
            plugins,
            routes,
        }),
        _ => Err(problems),
    }
}

pub(crate) fn crowd(crowd: &settings::Crowd) -> CrowdConfig {
    CrowdConfig {
        k: crowd.k,
        epoch: crowd.epoch,
        noise: crowd.noise,
        generalize: crowd.generalize.clone(),
        ..CrowdConfig::default()
    }
}

fn topics(site: &Site) -> Result<Vec<TopicConfig>, Problem> {
    let read = |path: &String| TopicPath::parse(path).map_err(|cause| Problem::nowhere(cause.to_string()));
    let topics = site.values.topics.iter().zip(&site.topic_paths);
    topics
        .map(|(name, paths)| {
            let paths = paths.iter().map(read).collect::<Result<_, _>>()?;
            Ok(TopicConfig { name: name.clone(), paths })
        })
        .collect()
}

fn policies(site: &Site, warnings: &mut Vec<Problem>) -> Result<PolicySet, Problem> {
    let sources: Vec<_> = site.policies.iter().map(|source| (source.name(), source.text())).collect();
    let placed = |error: &cloakroom_policy::PolicyError| {
        let source = site.policies.iter().find(|source| Some(source.name()) == error.file());
        let problem = match (source, error.span()) {
            (Some(source), Some(span)) => source.problem(span, "here", error.message()),
            _ => Problem::nowhere(error.message()),
        };
        match error.help() {
            Some(help) => problem.help(help),
            None => problem,
        }
    };
    let set = PolicySet::with_defaults(&sources).map_err(|error| placed(&error))?;
    warnings.extend(set.warnings().iter().map(placed));
    let plugins: Vec<_> = site.plugins.iter().map(|plugin| plugin.name.as_str()).chain([ORIGIN]).collect();
    let labels: Vec<_> = site.routes.iter().flat_map(|route| &route.labels).map(String::as_str).collect();
    warnings.extend(set.strangers(&plugins, &labels).iter().map(placed));
    Ok(set)
}

fn origin(settings: &Settings, site: &Site) -> Result<OriginConfig, Problem> {
    let limits = settings.limits;
    let authority = format!("{}:{}", site.origin.host, site.origin.port);
    let host = site.hosts.first().map_or("", String::as_str);
    let wrong = |what: &str| Problem::nowhere(format!("`{what}` cannot be asked for pages"));
    Ok(OriginConfig {
        host: HeaderValue::from_str(host).map_err(|_| wrong(host))?,
        tls: tls(site)?,
        authority: Authority::try_from(authority.as_str()).map_err(|_| wrong(&authority))?,
        connect_timeout: limits.origin_connect,
        first_byte_timeout: limits.origin_first_byte,
        total_timeout: limits.origin_timeout,
        max_body: limits.origin_body,
    })
}

fn tls(site: &Site) -> Result<Option<Tls>, Problem> {
    if !site.origin.tls {
        return Ok(None);
    }
    Tls::new(site.origin_ca.as_deref()).map(Some).map_err(|cause| match site.origin_ca {
        Some(_) => Problem::nowhere(format!("`origin_ca` of `{}` cannot be used: {cause}", site.name))
            .help("name a file of certificates that begin with `-----BEGIN CERTIFICATE-----`"),
        None => Problem::nowhere(cause.to_string())
            .help("install the system's certificates, or name the origin's authority in `origin_ca`"),
    })
}

fn compression(compress: &settings::Compress) -> Compression {
    let settings::Compress { codings, from_bytes, threads } = compress.clone();
    Compression { codings, from: from_bytes, threads }
}

/// How long pages are fresh on a route that says nothing of it.
fn rules(caching: &settings::Caching) -> Rules {
    Rules {
        own: None,
        heuristic: Heuristic { share: caching.heuristic, most: caching.heuristic_most },
        negative: caching.negative,
        stale_if_error: caching.stale_if_error,
    }
}

fn assemble_route(site: &Site, rules: Rules, route: &settings::Route) -> Result<RouteParts, Problem> {
    let at = |message: String| -> Problem { placed_at(&site.source, route, message) };
    let pattern =
        PathPattern::parse(&route.path, route.segment.as_deref()).map_err(|cause| at(cause.to_string()))?;
    let query = route
        .query
        .iter()
        .map(|rule| {
            let pattern = match &rule.values {
                QueryValues::Plain => None,
                QueryValues::Pattern(pattern) => Some(QueryPattern::Pattern(pattern.clone())),
                QueryValues::Listed(values) => Some(QueryPattern::Values(values.clone())),
            };
            QueryRule::new(&rule.name, pattern).map_err(|cause| at(cause.to_string()))
        })
        .collect::<Result<_, _>>()?;
    let methods = route
        .methods
        .as_ref()
        .map(|names| names.iter().map(|name| Method::from_bytes(name.as_bytes())).collect::<Result<_, _>>())
        .transpose()
        .map_err(|_| at("a method is malformed".to_owned()))?;
    let named = |position: &usize| site.plugins.get(*position).map(|plugin| plugin.name.clone());
    Ok(RouteParts {
        path: route.path.clone(),
        pattern,
        methods,
        mode: match route.mode {
            settings::Mode::Personalize => Mode::Personalize,
            settings::Mode::Anonymous => Mode::Anonymous,
            settings::Mode::Passthrough => Mode::Passthrough,
        },
        query,
        fragment: route.fragment,
        plugins: route.plugins.iter().filter_map(named).collect(),
        origin_sees: route.origin_sees.clone(),
        rules: Rules { own: route.freshness, ..rules },
        volatile: route.volatile.clone(),
        relay_unstorable: route.unstorable == settings::Unstorable::Relay,
        downstream: match route.downstream {
            settings::Downstream::Safe => Downstream::Safe,
            settings::Downstream::Origin => Downstream::Origin,
        },
        compress: route.compress,
        labels: route.labels.clone(),
        distinct_paths: route.distinct_paths as usize,
    })
}

fn consent_source(source: &settings::ConsentSource) -> ConsentSource {
    match source {
        settings::ConsentSource::Cookie(name) => ConsentSource::Cookie { name: name.clone() },
        settings::ConsentSource::Tcf(terms) => ConsentSource::Tcf(tcf_terms(terms)),
        settings::ConsentSource::Gpp(cookie, terms) => {
            ConsentSource::Gpp { cookie: cookie.clone(), terms: tcf_terms(terms) }
        }
        settings::ConsentSource::UsPrivacy => ConsentSource::UsPrivacy,
        settings::ConsentSource::OneTrust => ConsentSource::OneTrust,
        settings::ConsentSource::Cookiebot => ConsentSource::Cookiebot,
        settings::ConsentSource::Didomi { personalization, measurement } => ConsentSource::Didomi {
            personalization: personalization.clone(),
            measurement: measurement.clone(),
        },
    }
}

fn tcf_terms(terms: &settings::TcfTerms) -> TcfTerms {
    TcfTerms { vendor: terms.vendor, canadian_vendor: terms.canadian_vendor, unprofiled: terms.unprofiled }
}

fn notice(notice: &settings::Notice) -> NoticeConfig {
    NoticeConfig {
        languages: notice.languages.clone(),
        privacy_policy: notice.privacy_policy.clone(),
        lifetime: notice.lifetime,
    }
}

fn placed_at(source: &Source, route: &settings::Route, message: String) -> Problem {
    source.problem(route.path_at.clone(), "this route", message)
}
