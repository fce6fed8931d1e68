//! From parts to a pipeline, once, at start.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_boundary::{
    Boundary, BoundaryError, Config as BoundaryConfig, Geo, Mode, PathPattern, QueryRule, RouteConfig,
    SiteConfig, SiteId,
};
use cloakroom_crowd::{Config as CrowdConfig, Crowd, CrowdError, RouteCrowd};
use cloakroom_measure::{AccessLog, Measure, RouteLabel};
use cloakroom_origin::{Origin, OriginConfig};
use cloakroom_plugin_host::Plugin;
use cloakroom_policy::{PolicyError, PolicySet};
use cloakroom_rewrite::{OutputPolicy, Removed};
use cloakroom_variants::{CacheConfig, VariantCache};
use cloakroom_vocabulary::{DomainError, Signal, SiteVocabulary};
use ipnet::IpNet;
use moka::sync::Cache;

use crate::decision::{Decision, Ingredients, Prepared, signals_of};
use crate::flights::Flights;
use crate::route::{DistinctPaths, Route};
use crate::{Pipeline, RelayTarget, Site};

/// How long a page that may not be stored is not asked for again.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// How many such pages are remembered.
const REFUSED_MOST: u64 = 10_000;

/// Everything a pipeline is built of.
pub struct Parts {
    /// The sites.
    pub sites: Vec<SiteParts>,
    /// The country database, if there is one.
    pub geo: Option<Geo>,
    /// Networks that may say whom they forward for.
    pub trusted_proxies: Vec<IpNet>,
    /// Bounds of the cache.
    pub cache: CacheConfig,
    /// Where access log lines go, if anywhere.
    pub access_log: Option<Box<dyn Write + Send>>,
    /// Show cell and variant in answers: `dev` and `demo` only.
    pub reveal: bool,
}

/// One site's parts.
pub struct SiteParts {
    /// Its hosts; the first is what the origin is asked for.
    pub hosts: Vec<String>,
    /// Its vocabulary.
    pub vocabulary: Arc<SiteVocabulary>,
    /// The cookie that says what the visitor agreed to.
    pub consent_cookie: String,
    /// The parameter that names the campaign.
    pub campaign_parameter: Option<String>,
    /// The most bits that its signals may tell of a visitor together.
    pub signal_bits: u32,
    /// Its policies, defaults included.
    pub policies: PolicySet,
    /// Its crowd rule.
    pub crowd: CrowdConfig,
    /// Its origin.
    pub origin: OriginConfig,
    /// The longest silence of the origin on passthrough routes.
    pub relay_timeout: Duration,
    /// Passthrough tells the origin the client's address.
    pub forward_client_ip: bool,
    /// Hosts besides its own from which edits may load images.
    pub output_hosts: Vec<String>,
    /// Its plugins, by the names that routes use.
    pub plugins: Vec<(String, Plugin)>,
    /// Its routes.
    pub routes: Vec<RouteParts>,
}

/// One route's parts.
pub struct RouteParts {
    /// The path as configured, for labels and reports.
    pub path: String,
    /// The path as matched.
    pub pattern: PathPattern,
    /// Methods; `None` is those that the mode implies.
    pub methods: Option<Vec<http::Method>>,
    /// Its mode.
    pub mode: Mode,
    /// Query parameters that pass.
    pub query: Vec<QueryRule>,
    /// Others may include it.
    pub fragment: bool,
    /// Its plugins, by name.
    pub plugins: Vec<String>,
    /// Signals whose released value the origin is told.
    pub origin_sees: Vec<Signal>,
    /// Its own freshness.
    pub freshness: Option<Duration>,
    /// Relay unstorable answers instead of refusing them.
    pub relay_unstorable: bool,
    /// Labels for policies.
    pub labels: Vec<String>,
    /// The most distinct pages in an epoch.
    pub distinct_paths: usize,
}

/// What `check` tells of a site.
pub struct SiteReport {
    /// Its first host.
    pub host: String,
    /// Its routes.
    pub routes: Vec<RouteReport>,
    /// The signals that anything on the site may be told, each with the bits that it can tell at most.
    pub signals: Vec<(Signal, f64)>,
    /// The most bits that they may tell together.
    pub signal_bits: u32,
    /// What the door took out of plugins: plugin, slot, variant, and what.
    pub removed: Vec<(String, String, String, Removed)>,
}

/// What `check` tells of a route.
pub struct RouteReport {
    /// Its path.
    pub path: String,
    /// Its mode.
    pub mode: Mode,
    /// Cells that its visitors can be in; 0 where nothing is chosen.
    pub cells: u32,
    /// Joint variants that it can show.
    pub joint_variants: usize,
    /// Contexts in which a policy failed, so that nothing is permitted there.
    pub policy_errors: Vec<String>,
}

/// The parts do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A route's signals make too many cells.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A policy cannot be evaluated.
    #[error("{}", .0.message())]
    Policy(#[from] PolicyError),
    /// The crowd rule does not fit the routes.
    #[error(transparent)]
    Crowd(#[from] CrowdError),
    /// Hosts or routes contradict each other.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// Too many joint variants.
    #[error("{arithmetic} = {product} joint variants, at most 1000 are allowed on a route")]
    JointVariants {
        /// The product written out.
        arithmetic: String,
        /// Its value.
        product: u64,
    },
    /// The site's signals tell too much together.
    #[error(
        "the signals of `{host}` tell up to {arithmetic} bits, its budget is {budget}: \
             list fewer values, ask for fewer signals, or raise `[signals] budget`"
    )]
    SignalBits {
        /// The site's first host.
        host: String,
        /// The sum written out.
        arithmetic: String,
        /// The budget.
        budget: u32,
    },
    /// Something about one route.
    #[error("route `{path}` of `{host}`: {cause}")]
    Route {
        /// The site's first host.
        host: String,
        /// The route's path.
        path: String,
        /// What is wrong.
        cause: Box<BuildError>,
    },
    /// The access log's thread cannot be started.
    #[error("the access log cannot be started: {0}")]
    AccessLog(#[source] std::io::Error),
}

impl Pipeline {
    /// Builds a pipeline, and the report of what was built.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn new(parts: Parts) -> Result<(Arc<Self>, Vec<SiteReport>), BuildError> {
        let boundary = BoundaryConfig {
            trusted_proxies: parts.trusted_proxies,
            sites: parts.sites.iter().map(SiteParts::boundary).collect(),
        };
        let boundary = Arc::new(Boundary::new(boundary, parts.geo)?);
        let mut labels = Vec::new();
        let mut sites = Vec::new();
        let mut reports = Vec::new();
        for (id, site) in boundary.sites().zip(parts.sites) {
            let (site, report) = build_site(site, id, &boundary, &mut labels)?;
            sites.push(site);
            reports.push(report);
        }
        let access = parts
            .access_log
            .map(|out| AccessLog::start(labels.clone(), out))
            .transpose()
            .map_err(BuildError::AccessLog)?;
        let pipeline = Self {
            boundary,
            sites,
            cache: VariantCache::new(parts.cache),
            measure: Measure::new(labels, access),
            making: Flights::new(),
            fetching: Flights::new(),
            refused: Cache::builder().max_capacity(REFUSED_MOST).time_to_live(REFUSED_FOR).build(),
            reveal: parts.reveal,
            ended_epochs: Arc::default(),
        };
        Ok((Arc::new(pipeline), reports))
    }
}

impl SiteParts {
    /// The part of a site's configuration that the boundary works on.
    fn boundary(&self) -> SiteConfig {
        let routes = self.routes.iter().map(|route| {
            let plugins = self.plugins.iter().filter(|(name, _)| route.plugins.contains(name));
            RouteConfig {
                pattern: route.pattern.clone(),
                methods: route.methods.clone(),
                mode: route.mode,
                query: route.query.clone(),
                fragment: route.fragment,
                signals: signals_of(plugins.map(|(_, plugin)| plugin), &route.origin_sees),
            }
        });
        SiteConfig {
            hosts: self.hosts.clone(),
            vocabulary: Arc::clone(&self.vocabulary),
            consent_cookie: self.consent_cookie.clone(),
            campaign_parameter: self.campaign_parameter.clone(),
            routes: routes.collect(),
        }
    }
}

fn build_site(
    parts: SiteParts,
    id: SiteId,
    boundary: &Arc<Boundary>,
    labels: &mut Vec<RouteLabel>,
) -> Result<(Site, SiteReport), BuildError> {
    let host = parts.hosts.first().cloned().unwrap_or_default();
    let routes_of = Arc::clone(boundary);
    let passthrough = move |path: &str| routes_of.is_passthrough(id, path);
    let output = OutputPolicy::new(parts.hosts, parts.output_hosts, passthrough);
    let mut removed = Vec::new();
    let prepared: Vec<Prepared> = parts
        .plugins
        .into_iter()
        .map(|(name, plugin)| prepare(name, plugin, &output, &mut removed))
        .collect();
    let signals = signals_within(&host, &parts.vocabulary, &prepared, &parts.routes, parts.signal_bits)?;
    let mut label = |route: &str| {
        labels.push(RouteLabel { site: host.clone(), route: route.to_owned() });
        labels.len() - 1
    };
    let mut routes = Vec::new();
    let mut crowds = Vec::new();
    let mut reports = Vec::new();
    for route in parts.routes {
        let (decision, crowd) =
            decide(&route, &prepared, &parts.vocabulary, &parts.policies).map_err(|cause| {
                BuildError::Route { host: host.clone(), path: route.path.clone(), cause: Box::new(cause) }
            })?;
        reports.push(report(&route, decision.as_ref()));
        crowds.push(crowd);
        routes.push(Arc::new(Route {
            label: label(&route.path),
            mode: route.mode,
            freshness: route.freshness,
            relay_unstorable: route.relay_unstorable,
            paths: DistinctPaths::new(route.distinct_paths),
            decision,
        }));
    }
    let undeclared = Arc::new(Route {
        label: label("undeclared"),
        mode: Mode::Anonymous,
        freshness: None,
        relay_unstorable: false,
        paths: DistinctPaths::new(UNDECLARED_PATHS),
        decision: None,
    });
    let relay = Arc::new(RelayTarget {
        authority: parts.origin.authority.to_string(),
        connect_timeout: parts.origin.connect_timeout,
        read_timeout: parts.relay_timeout,
        forward_client_ip: parts.forward_client_ip,
    });
    let epoch = parts.crowd.epoch;
    let crowd = Crowd::new(parts.crowd, parts.vocabulary, crowds)?;
    let origin = Origin::new(parts.origin);
    let site = Site { routes, undeclared, crowd, epoch, origin, relay, output };
    Ok((site, SiteReport { host, routes: reports, signals, signal_bits: parts.signal_bits, removed }))
}

/// The signals that the site's routes use and the bits of each, if their sum is within the budget.
fn signals_within(
    host: &str,
    vocabulary: &SiteVocabulary,
    prepared: &[Prepared],
    routes: &[RouteParts],
    budget: u32,
) -> Result<Vec<(Signal, f64)>, BuildError> {
    let used = prepared.iter().filter(|p| routes.iter().any(|route| route.plugins.contains(&p.name)));
    let seen: Vec<_> = routes.iter().flat_map(|route| route.origin_sees.iter().copied()).collect();
    let signals: Vec<_> = signals_of(used.map(|p| &p.plugin), &seen)
        .into_iter()
        .map(|signal| (signal, vocabulary.hierarchy(signal).bits()))
        .collect();
    let sum: f64 = signals.iter().map(|(_, bits)| bits).sum();
    if sum <= f64::from(budget) {
        return Ok(signals);
    }
    let words: Vec<_> = signals.iter().map(|(signal, bits)| format!("{signal} {bits:.1}")).collect();
    let arithmetic = format!("{} = {sum:.1}", words.join(" + "));
    Err(BuildError::SignalBits { host: host.to_owned(), arithmetic, budget })
}

/// The most distinct pages in an epoch on paths that no route declares.
const UNDECLARED_PATHS: usize = 10_000;

fn prepare(
    name: String,
    plugin: Plugin,
    output: &OutputPolicy,
    removed: &mut Vec<(String, String, String, Removed)>,
) -> Prepared {
    let mut edits = Vec::new();
    for (at, slot) in plugin.manifest().slots().iter().enumerate() {
        let mut of_slot = Vec::new();
        for (position, variant) in slot.variants().iter().enumerate() {
            let (safe, gone) = output.admit(plugin.edits(at, position).to_vec());
            of_slot.push(Arc::new(safe));
            removed
                .extend(gone.into_iter().map(|r| (name.clone(), slot.name().to_owned(), variant.clone(), r)));
        }
        edits.push(of_slot);
    }
    Prepared { name, plugin, edits }
}

fn decide(
    route: &RouteParts,
    prepared: &[Prepared],
    vocabulary: &Arc<SiteVocabulary>,
    policies: &PolicySet,
) -> Result<(Option<Decision>, Option<RouteCrowd>), BuildError> {
    // A plugin that was refused at load is not here: its slots keep the origin's content.
    let plugins: Vec<_> =
        route.plugins.iter().filter_map(|name| prepared.iter().find(|p| p.name == *name)).collect();
    if route.mode != Mode::Personalize || (plugins.is_empty() && route.origin_sees.is_empty()) {
        return Ok((None, None));
    }
    let ingredients = Ingredients {
        vocabulary,
        policies,
        labels: &route.labels,
        plugins: &plugins,
        origin_sees: &route.origin_sees,
    };
    let (decision, crowd) = ingredients.build()?;
    Ok((Some(decision), Some(crowd)))
}

fn report(route: &RouteParts, decision: Option<&Decision>) -> RouteReport {
    RouteReport {
        path: route.path.clone(),
        mode: route.mode,
        cells: decision.map_or(0, Decision::cells),
        joint_variants: decision.map_or(1, Decision::joint_variants),
        policy_errors: decision.map_or(Vec::new(), |decision| {
            let failed = decision.permits().errors().iter();
            failed
                .map(|f| format!("`{}` in `{}` fails when {}: {}", f.policy, f.file, f.context, f.message))
                .collect()
        }),
    }
}
