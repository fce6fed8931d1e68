//! What the operator configures, in the form that the boundary works on. No client data.

use std::sync::Arc;

use cloakroom_vocabulary::{Signal, SiteVocabulary};
use http::Method;
use ipnet::IpNet;

use crate::{ConsentSource, PathPattern, QueryRule, TopicPath};

/// The most sites.
pub(crate) const MAX_SITES: usize = 1_024;
/// The most routes of a site.
pub(crate) const MAX_ROUTES: usize = 1_024;
/// The most query parameters that a route lets pass.
pub(crate) const MAX_QUERY_RULES: usize = 32;

/// Position of a site in [`Config::sites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub(crate) u16);

impl SiteId {
    /// The position.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Position of a route in [`SiteConfig::routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub(crate) u16);

impl RouteId {
    /// The position.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What is done with the requests of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Plugins choose; identity never goes upstream.
    Personalize,
    /// No plugin; identity never goes upstream.
    Anonymous,
    /// Forwarded with identity, never cached, never shown to a plugin.
    Passthrough,
}

impl Mode {
    /// The name used in configuration, policies and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Personalize => "personalize",
            Self::Anonymous => "anonymous",
            Self::Passthrough => "passthrough",
        }
    }
}

/// Everything that the boundary needs to know.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Networks of the proxies that may set `X-Forwarded-For`.
    pub trusted_proxies: Vec<IpNet>,
    /// The sites, in the order of [`SiteId`].
    pub sites: Vec<SiteConfig>,
}

/// One site.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Its host names without ports; the first is the one that the origin is asked for.
    pub hosts: Vec<String>,
    /// Its signals and values.
    pub vocabulary: Arc<SiteVocabulary>,
    /// Where the visitor's word is told; all that are there have to agree.
    pub consent: Vec<ConsentSource>,
    /// Name of the query parameter that holds the campaign.
    pub campaign_parameter: Option<String>,
    /// The topics of the vocabulary with their pages, in its order.
    pub topics: Vec<TopicConfig>,
    /// The declared routes, in the order of [`RouteId`].
    pub routes: Vec<RouteConfig>,
}

/// One topic of the signal `interest`.
#[derive(Clone, Debug)]
pub struct TopicConfig {
    /// Its name in the vocabulary.
    pub name: String,
    /// The paths of its pages.
    pub paths: Vec<TopicPath>,
}

/// One declared route.
#[derive(Clone, Debug)]
pub struct RouteConfig {
    /// The paths it answers.
    pub pattern: PathPattern,
    /// The methods it answers; `None` for all that its mode allows.
    pub methods: Option<Vec<Method>>,
    /// What is done with its requests.
    pub mode: Mode,
    /// The query parameters that belong to the page. Unused on passthrough routes.
    pub query: Vec<QueryRule>,
    /// Plugins may include its page as a fragment.
    pub fragment: bool,
    /// The signals that its plugins or its origin may be told. No other is read: it is `any`.
    pub signals: Vec<Signal>,
    /// Its plugins may be told the visitor's random bucket.
    pub bucket: bool,
}

/// A configuration that the boundary cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundaryError {
    /// More sites than can be held.
    #[error("{count} sites are configured, at most {MAX_SITES} may be")]
    TooManySites {
        /// How many there are.
        count: usize,
    },
    /// A site without a host.
    #[error("site {site} has no host")]
    NoHost {
        /// Position of the site.
        site: usize,
    },
    /// A host that is none, or has a port.
    #[error("`{host}` is not a host name without port")]
    Host {
        /// The host as written.
        host: String,
    },
    /// The same host twice.
    #[error("host `{host}` belongs to two sites or is listed twice")]
    RepeatedHost {
        /// The host as written.
        host: String,
    },
    /// A cookie or parameter name that cannot be one.
    #[error("`{name}` is not {expected}")]
    Name {
        /// The name as written.
        name: String,
        /// What it should be.
        expected: &'static str,
    },
    /// More routes than can be held.
    #[error("{count} routes are declared, at most {MAX_ROUTES} may be")]
    TooManyRoutes {
        /// How many there are.
        count: usize,
    },
    /// Two routes that would answer the same requests.
    #[error("`{pattern}` is declared twice for {method}")]
    RepeatedRoute {
        /// The path pattern.
        pattern: String,
        /// A method that both answer.
        method: String,
    },
    /// Methods that the mode cannot answer.
    #[error("`{pattern}` cannot answer {method}: {why}")]
    Method {
        /// The path pattern.
        pattern: String,
        /// The method.
        method: String,
        /// What stands against it.
        why: &'static str,
    },
    /// A fragment route that carries identity.
    #[error("`{pattern}` is a passthrough route, its pages cannot be fragments")]
    Fragment {
        /// The path pattern.
        pattern: String,
    },
    /// Too many query parameters, or one twice.
    #[error("`{pattern}` lists {what}")]
    Query {
        /// The path pattern.
        pattern: String,
        /// What is wrong with the list.
        what: &'static str,
    },
    /// A time zone that the built-in database lacks.
    #[error("the time zone database has no `{zone}`")]
    Zone {
        /// Name of the zone.
        zone: &'static str,
    },
}
