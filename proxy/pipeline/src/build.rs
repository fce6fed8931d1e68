//! From parts to a pipeline, once, at start.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use cloakroom_boundary::{Boundary, Config as BoundaryConfig, Geo, Mode, SiteId};
use cloakroom_crowd::{Crowd, RouteCrowd};
use cloakroom_disk::Config as DiskConfig;
use cloakroom_measure::{AccessLog, Measure, RouteLabel};
use cloakroom_origin::Origin;
use cloakroom_plugin_host::{Lost, Plugin};
use cloakroom_policy::{Jurisdictions, PolicySet};
use cloakroom_rewrite::OutputPolicy;
use cloakroom_variants::VariantCache;
use cloakroom_vocabulary::SiteVocabulary;
use ipnet::IpNet;

use crate::canary::Canary;
use crate::compress::Forms;
use crate::decision::{Decision, Ingredients, Prepared, signals_of};
use crate::downstream::{Downstream, FieldList};
use crate::flights::Flights;
use crate::keeping::Keeping;
use crate::own::Own;
use crate::page_policy::page_policy;
use crate::partition::Partition;
use crate::parts::{BuildError, Parts, RouteParts, RouteReport, SignalReport, SiteParts, SiteReport};
use crate::recheck::Room;
use crate::refused::Refused;
use crate::route::{Asks, DistinctPaths, Route, Trust};
use crate::scratch::Scratch;
use crate::shelf::Shelf;
use crate::store::Store;
use crate::{Pipeline, RelayTarget, Site, own};

impl Pipeline {
    /// What a site takes out of a plugin, which it need not list; `None` if there is no such site. `site`
    /// is its position in the parts.
    #[must_use]
    pub fn lost(&self, site: usize, plugin: &Plugin) -> Option<Vec<Lost>> {
        self.sites.get(site).map(|site| plugin.lost(&site.output))
    }

    /// Builds a pipeline, and the report of what was built.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn new(parts: Parts) -> Result<(Arc<Self>, Vec<SiteReport>), BuildError> {
        let (cache, reveal) = (VariantCache::new(parts.cache), parts.reveal);
        let forms = Arc::new(Forms::start(parts.compression).map_err(BuildError::Threads)?);
        let Foundation { boundary, sites, reports, labels } =
            Foundation::new(parts.sites, parts.geo, parts.trusted_proxies, parts.store.as_deref())?;
        for site in &sites {
            site.store.iter().for_each(|store| store.restore(&site.crowd));
        }
        let access = parts
            .access_log
            .map(|out| AccessLog::start(labels.clone(), out))
            .transpose()
            .map_err(BuildError::AccessLog)?;
        let pipeline = Self {
            shelf: shelf(parts.disk.as_ref(), &boundary, &sites, &cache),
            boundary,
            sites,
            cache,
            forms,
            measure: Arc::new(Measure::new(labels, access)),
            making: Flights::new(),
            fetching: Flights::new(),
            room: Arc::new(Room::new()),
            scratch: Scratch::new(),
            refused: Refused::new(),
            reveal,
            ended_epochs: Arc::default(),
        };
        Ok((Arc::new(pipeline), reports))
    }

    /// Builds a pipeline of the same sites and routes that goes on with what this one has stored and
    /// counted. Its sites have yet to [follow](Site::follow) those of this one.
    pub(crate) fn successor(&self, parts: Parts) -> Result<(Self, Vec<SiteReport>), BuildError> {
        let reveal = parts.reveal;
        let Foundation { boundary, sites, reports, labels } =
            Foundation::new(parts.sites, parts.geo, parts.trusted_proxies, parts.store.as_deref())?;
        if !self.measure.is_labelled(&labels) {
            return Err(BuildError::OtherRoutes);
        }
        let pipeline = Self {
            boundary,
            sites,
            cache: self.cache.clone(),
            forms: Arc::clone(&self.forms),
            shelf: self.shelf.clone(),
            measure: Arc::clone(&self.measure),
            making: Arc::clone(&self.making),
            fetching: Arc::clone(&self.fetching),
            room: Arc::clone(&self.room),
            scratch: self.scratch.clone(),
            refused: self.refused.clone(),
            reveal,
            ended_epochs: Arc::clone(&self.ended_epochs),
        };
        Ok((pipeline, reports))
    }
}

/// The pages on disk, where there shall be some. A folder that cannot be used costs the survival of pages, and
/// nothing else.
fn shelf(
    config: Option<&DiskConfig>,
    boundary: &Boundary,
    sites: &[Site],
    cache: &VariantCache,
) -> Option<Arc<Shelf>> {
    let by_host = sites.iter().map(|site| site.host.as_str()).zip(boundary.sites());
    match Shelf::open(config?, by_host, cache.began()) {
        Ok(shelf) => Some(Arc::new(shelf)),
        Err(cause) => {
            tracing::warn!(%cause, "pages are not kept on disk");
            None
        }
    }
}

/// What a pipeline has of its own, before anything is stored or counted.
struct Foundation {
    boundary: Arc<Boundary>,
    sites: Vec<Site>,
    reports: Vec<SiteReport>,
    labels: Vec<RouteLabel>,
}

impl Foundation {
    fn new(
        parts: Vec<SiteParts>,
        geo: Option<Geo>,
        trusted_proxies: Vec<IpNet>,
        store: Option<&Path>,
    ) -> Result<Self, BuildError> {
        let boundary = BoundaryConfig {
            trusted_proxies,
            places: Jurisdictions::shipped()?.into_places(),
            sites: parts.iter().map(SiteParts::boundary).collect(),
        };
        let own_pages: Vec<_> = parts.iter().map(own::pages).collect();
        let boundary = Arc::new(Boundary::new(boundary, geo)?.with_own_pages(&own_pages));
        let mut built = Self { boundary, sites: vec![], reports: vec![], labels: vec![] };
        let boundary = Arc::clone(&built.boundary);
        for (id, site) in boundary.sites().zip(parts) {
            let (mut site, report) = build_site(site, id, &boundary, &mut built.labels)?;
            site.store = store.map(|folder| Store::new(folder, &report.host));
            built.sites.push(site);
            built.reports.push(report);
        }
        Ok(built)
    }
}

fn build_site(
    parts: SiteParts,
    id: SiteId,
    boundary: &Arc<Boundary>,
    labels: &mut Vec<RouteLabel>,
) -> Result<(Site, SiteReport), BuildError> {
    let host = parts.hosts.first().cloned().unwrap_or_default();
    let relay = Arc::new(relay(&parts, id));
    // What decides whose consent counts, and what a campaign and a topic are.
    let identity = format!("{host}\0{:?}\0{:?}\0{:?}", parts.consent, parts.campaign_parameter, parts.topics);
    let routes_of = Arc::clone(boundary);
    let passthrough = move |path: &str| routes_of.is_passthrough(id, path);
    let policy =
        parts.content_security_policy.then(|| page_policy(&parts.hosts, &parts.output_hosts)).flatten();
    let fragments_of = Arc::clone(boundary);
    let output = OutputPolicy::new(parts.hosts, parts.output_hosts, passthrough)
        .with_fragments(move |path| fragments_of.fragment(id, path, false).is_some());
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
    let own = Own::new(parts.notice, parts.gpc_since.as_deref(), &mut label)?;
    let context = Context {
        host: &host,
        identity: &identity,
        prepared: &prepared,
        vocabulary: &parts.vocabulary,
        policies: &parts.policies,
        own: &own,
    };
    let Built { routes, crowds, reports, keeping } = context.build(parts.routes, &mut label)?;
    let undeclared = Arc::new(Route {
        label: label("undeclared"),
        mode: Mode::Anonymous,
        downstream: Downstream::default(),
        compress: true,
        rules: parts.rules,
        relay_unstorable: false,
        canary: None,
        paths: Arc::new(DistinctPaths::new(UNDECLARED_PATHS)),
        asks: None,
        decision: None,
        along: Trust::default(),
    });
    let crowd = Crowd::new(parts.crowd, parts.vocabulary, crowds, SystemTime::now())?;
    let origin = Arc::new(Origin::new(parts.origin)?);
    let fields = FieldList::new(&parts.output_headers, policy);
    let site = Site {
        host: host.clone(),
        routes,
        undeclared,
        keeping,
        crowd,
        store: None,
        origin,
        fields,
        recheck_after: parts.recheck_after,
        relay,
        output,
        own,
    };
    Ok((site, SiteReport { host, routes: reports, signals, signal_bits: parts.signal_bits, removed }))
}

/// What the routes of a site share while they are built.
struct Context<'a> {
    host: &'a str,
    identity: &'a str,
    prepared: &'a [Prepared],
    vocabulary: &'a Arc<SiteVocabulary>,
    policies: &'a PolicySet,
    own: &'a Own,
}

/// The routes of a site, and what was met on the way.
struct Built {
    routes: Vec<Arc<Route>>,
    crowds: Vec<Option<RouteCrowd>>,
    reports: Vec<RouteReport>,
    keeping: Keeping,
}

impl Context<'_> {
    fn build(
        &self,
        routes: Vec<RouteParts>,
        label: &mut impl FnMut(&str) -> usize,
    ) -> Result<Built, BuildError> {
        let (own, policies) = (self.own, self.policies);
        let mut built =
            Built { routes: vec![], crowds: vec![], reports: vec![], keeping: Keeping::nothing() };
        for route in routes {
            let of_route = |cause| BuildError::Route {
                host: self.host.to_owned(),
                path: route.path.clone(),
                cause: Box::new(cause),
            };
            let decided = decide(&route, self.identity, self.prepared, self.vocabulary, policies);
            let (decision, crowd) = decided.map_err(of_route)?;
            let canary = canary(&route).map_err(of_route)?;
            if let Some(decision) = &decision {
                built.keeping.add(decision.permits(), |class| decision.kept(class));
            }
            built.reports.push(RouteReport::new(&route, decision.as_ref()));
            built.crowds.push(crowd);
            built.routes.push(Arc::new(Route {
                label: label(&route.path),
                mode: route.mode,
                rules: route.rules,
                relay_unstorable: route.relay_unstorable,
                downstream: route.downstream,
                compress: route.compress,
                canary: canary.map(Arc::new),
                paths: Arc::new(DistinctPaths::new(route.distinct_paths)),
                asks: own.has_notice().then(|| Asks::new(decision.as_ref(), own.honours_signals())),
                decision,
                along: Trust::default(),
            }));
        }
        Ok(built)
    }
}

/// The signals that the site's routes use, if the sum of their bits is within the budget.
fn signals_within(
    host: &str,
    vocabulary: &SiteVocabulary,
    prepared: &[Prepared],
    routes: &[RouteParts],
    budget: u32,
) -> Result<Vec<SignalReport>, BuildError> {
    let used = prepared.iter().filter(|p| routes.iter().any(|route| route.plugins.contains(&p.name)));
    let used: Vec<_> = used.collect();
    // Whoever joins visits to different routes learns what all their plugins tell apart.
    let ranges = Partition::new(&used).ranges.len();
    let ranges = u32::try_from(ranges).ok().filter(|ranges| *ranges > 0);
    let seen: Vec<_> = routes.iter().flat_map(|route| route.origin_sees.iter().copied()).collect();
    let signals: Vec<_> = signals_of(used.iter().map(|p| &p.plugin), &seen)
        .into_iter()
        .map(|signal| SignalReport::new(signal, vocabulary))
        .chain(ranges.map(SignalReport::bucket))
        .collect();
    let sum: f64 = signals.iter().map(|report| report.bits).sum();
    if sum <= f64::from(budget) {
        return Ok(signals);
    }
    let words: Vec<_> = signals.iter().map(|r| format!("{} {:.1}", r.name, r.bits)).collect();
    let arithmetic = format!("{} = {sum:.1}", words.join(" + "));
    Err(BuildError::SignalBits { host: host.to_owned(), arithmetic, budget })
}

/// Where passthrough requests of a site go.
fn relay(parts: &SiteParts, site: SiteId) -> RelayTarget {
    let origin = &parts.origin;
    RelayTarget {
        authority: origin.authority.to_string(),
        // In certificates an IPv6 address stands without its brackets.
        server_name: origin.authority.host().trim_matches(['[', ']']).to_owned(),
        tls: origin.tls.clone(),
        site,
        connect_timeout: origin.connect_timeout,
        read_timeout: parts.relay_timeout,
        forward_client_ip: parts.forward_client_ip,
    }
}

/// What watches the pages of a route; `None` where nobody has to. A route that hands on what cannot be
/// stored has been told that its pages may be made for one visitor.
fn canary(route: &RouteParts) -> Result<Option<Canary>, BuildError> {
    let is_shared = route.mode == Mode::Personalize && !route.relay_unstorable;
    (is_shared || route.rules.own.is_some())
        .then(|| Canary::new(&route.volatile, route.distinct_paths))
        .transpose()
}

/// The most distinct pages in an epoch on paths that no route declares.
const UNDECLARED_PATHS: usize = 10_000;

fn prepare(
    name: String,
    plugin: Plugin,
    output: &OutputPolicy,
    removed: &mut Vec<(String, Lost)>,
) -> Prepared {
    let mut edits = Vec::new();
    for (at, slot) in plugin.manifest().slots().iter().enumerate() {
        let mut of_slot = Vec::new();
        for (position, variant) in slot.variants().iter().enumerate() {
            let (safe, gone) = output.admit(plugin.edits(at, position).to_vec());
            of_slot.push(Arc::new(safe));
            removed.extend(gone.into_iter().map(|removed| {
                let (slot, variant) = (slot.name().to_owned(), variant.clone());
                (name.clone(), Lost { slot, variant, at: (at, position), removed })
            }));
        }
        edits.push(of_slot);
    }
    Prepared { name, plugin, edits }
}

fn decide(
    route: &RouteParts,
    identity: &str,
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
        identity: format!("{identity}\0{}\0{:?}\0{:?}", route.path, route.methods, route.origin_sees),
        labels: &route.labels,
        plugins: &plugins,
        origin_sees: &route.origin_sees,
    };
    let (decision, crowd) = ingredients.build()?;
    Ok((Some(decision), Some(crowd)))
}
