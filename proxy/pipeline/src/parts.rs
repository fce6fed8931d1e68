//! What a pipeline is built of, what is told of it, and what can be wrong with it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_boundary::{
    BoundaryError, ConsentSource, Geo, Mode, PathPattern, QueryRule, RouteConfig, SiteConfig, TopicConfig,
};
use cloakroom_crowd::{Config as CrowdConfig, CrowdError};
use cloakroom_disk::Config as DiskConfig;
use cloakroom_notice::{Config as NoticeConfig, NoticeError};
use cloakroom_origin::{OriginConfig, TlsError};
use cloakroom_plugin_host::{Lost, Plugin};
use cloakroom_policy::{PolicyError, PolicySet};
use cloakroom_variants::{CacheConfig, Rules};
use cloakroom_vocabulary::{DomainError, Entropy, Signal, SiteVocabulary, bucket_bits};
use http::HeaderName;
use ipnet::IpNet;

use crate::compress::Compression;
use crate::decision::{Decision, signals_of};
use crate::downstream::Downstream;

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
    /// Where pages are kept on disk, if anywhere.
    pub disk: Option<DiskConfig>,
    /// What is compressed.
    pub compression: Compression,
    /// The folder in which released cells outlive a restart, if they shall.
    pub store: Option<PathBuf>,
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
    /// Where it is told what the visitor agreed to.
    pub consent: Vec<ConsentSource>,
    /// Cloakroom's own banner, status and preference page, where the site has them.
    pub notice: Option<NoticeConfig>,
    /// Since when the operator asserts that the site honours Global Privacy Control, as a date.
    pub gpc_since: Option<String>,
    /// The parameter that names the campaign.
    pub campaign_parameter: Option<String>,
    /// The topics of its vocabulary with their pages.
    pub topics: Vec<TopicConfig>,
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
    /// Its pages get a Content-Security-Policy that fits its hosts.
    pub content_security_policy: bool,
    /// Fields of the origin's answers that its visitors are sent besides the shipped list.
    pub output_headers: Vec<HeaderName>,
    /// How long pages are fresh that no route declares.
    pub rules: Rules,
    /// How long after it was fetched a page is fetched again, twice, to see whether it depends on more
    /// than what was asked.
    pub recheck_after: Duration,
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
    /// How long its pages are fresh, its own freshness included.
    pub rules: Rules,
    /// Regular expressions of what may differ in its pages from fetch to fetch.
    pub volatile: Vec<String>,
    /// Relay unstorable answers instead of refusing them.
    pub relay_unstorable: bool,
    /// What caches in front and browsers are told.
    pub downstream: Downstream,
    /// Send its pages compressed to those who take that.
    pub compress: bool,
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
    /// The signals that anything on the site may be told.
    pub signals: Vec<SignalReport>,
    /// The most bits that they may tell together.
    pub signal_bits: u32,
    /// What the door took out of plugins, each with the plugin's name.
    pub removed: Vec<(String, Lost)>,
}

/// What `check` tells of a signal.
pub struct SignalReport {
    /// Which one; `bucket` is none of the vocabulary's, but tells as much as its ranges.
    pub name: &'static str,
    /// How many values it has on the site, generalized ones not counted.
    pub values: u32,
    /// Its grains, finest first, `any` last.
    pub grains: Vec<&'static str>,
    /// The most bits that it can tell on the site; these are what the budget counts.
    pub bits: f64,
    /// What is published of it.
    pub published: Entropy,
}

impl SignalReport {
    /// Of a signal of the vocabulary.
    pub(crate) fn new(signal: Signal, vocabulary: &SiteVocabulary) -> Self {
        let hierarchy = vocabulary.hierarchy(signal);
        Self {
            name: signal.name(),
            values: u32::try_from(hierarchy.leaves().count()).unwrap_or(u32::MAX),
            grains: hierarchy.grains().to_vec(),
            bits: hierarchy.bits(),
            published: signal.entropy(),
        }
    }

    /// Of the random bucket, of which plugins tell `ranges` ranges apart.
    pub(crate) fn bucket(ranges: u32) -> Self {
        Self {
            name: "bucket",
            values: ranges,
            grains: vec!["range", "any"],
            bits: bucket_bits(ranges),
            published: Entropy::DRAWN_EVENLY,
        }
    }
}

/// What `check` tells of a route.
pub struct RouteReport {
    /// Its path.
    pub path: String,
    /// Its mode.
    pub mode: Mode,
    /// Cells that its visitors can be in; 0 where nothing is chosen.
    pub cells: u32,
    /// Ranges of buckets that its plugins tell apart together; 0 where none splits traffic.
    pub bucket_ranges: usize,
    /// Joint variants that it can show.
    pub joint_variants: usize,
    /// Contexts in which a policy failed, so that nothing is permitted there.
    pub policy_errors: Vec<String>,
}

impl RouteReport {
    /// Of a route, on which nothing may be chosen.
    pub(crate) fn new(route: &RouteParts, decision: Option<&Decision>) -> Self {
        Self {
            path: route.path.clone(),
            mode: route.mode,
            cells: decision.map_or(0, Decision::cells),
            bucket_ranges: decision.map_or(0, Decision::bucket_ranges),
            joint_variants: decision.map_or(1, Decision::joint_variants),
            policy_errors: decision.map_or(Vec::new(), |decision| {
                decision.permits().errors().iter().map(ToString::to_string).collect()
            }),
        }
    }
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
    /// The notice cannot be shown.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// Too many joint variants.
    #[error("{arithmetic} = {product} joint variants, at most 1000 are allowed on a route")]
    JointVariants {
        /// The product written out.
        arithmetic: String,
        /// Its value.
        product: u64,
    },
    /// The edits that one page would get together are too many, or too costly to place.
    #[error("the edits of `{variants}` together have {too_much}")]
    Edits {
        /// The joint variant.
        variants: String,
        /// What there is too much of, with its bound.
        too_much: String,
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
    /// What may differ is no regular expression.
    #[error("`{pattern}` is not a regular expression: {cause}")]
    Volatile {
        /// As configured.
        pattern: String,
        /// The parser's reason.
        cause: String,
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
    /// Plugins are replaced, and so are sites or routes.
    #[error("sites and routes are others than those that are served: start `cloakroom serve` again")]
    OtherRoutes,
    /// TLS towards an origin cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The access log's thread cannot be started.
    #[error("the access log cannot be started: {0}")]
    AccessLog(#[source] std::io::Error),
    /// The system starts no more threads.
    #[error("the threads that compress cannot be started")]
    Threads(#[source] std::io::Error),
}

impl SiteParts {
    /// The part of a site's configuration that the boundary works on.
    pub(crate) fn boundary(&self) -> SiteConfig {
        let routes = self.routes.iter().map(|route| {
            let plugins = || self.plugins.iter().filter(|(name, _)| route.plugins.contains(name));
            RouteConfig {
                pattern: route.pattern.clone(),
                methods: route.methods.clone(),
                mode: route.mode,
                query: route.query.clone(),
                fragment: route.fragment,
                signals: signals_of(plugins().map(|(_, plugin)| plugin), &route.origin_sees),
                bucket: plugins().any(|(_, plugin)| plugin.manifest().splits()),
            }
        });
        SiteConfig {
            hosts: self.hosts.clone(),
            vocabulary: Arc::clone(&self.vocabulary),
            consent: self.consent.clone(),
            campaign_parameter: self.campaign_parameter.clone(),
            topics: self.topics.clone(),
            routes: routes.collect(),
        }
    }
}
