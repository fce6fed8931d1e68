//! What a configuration says, in plain types: complete, with every default filled in and every
//! value checked. Made by [`crate::load`], or by hand where there is no file (the demo).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_notice::Language;
use cloakroom_vocabulary::{Coding, Shares, Signal, SiteValues, SiteVocabulary};
use ipnet::IpNet;

use crate::cache::Caching;
use crate::control::Control;
use crate::listen::Listen;
use crate::problem::{Source, Span};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it answers.
    pub listen: Listen,
    /// Networks that may set `X-Forwarded-For`.
    pub trusted_proxies: Vec<IpNet>,
    /// The country database: a file that exists.
    pub geo_database: Option<PathBuf>,
    /// The folder where released cells outlive a restart; made when it is needed.
    pub store_folder: Option<PathBuf>,
    /// Memory for stored pages, in bytes.
    pub cache_bytes: u64,
    /// How long stored pages are fresh where their origin does not say.
    pub caching: Caching,
    /// Which compressed forms are stored besides.
    pub compress: Compress,
    /// Where metrics are read.
    pub metrics_listen: Option<SocketAddr>,
    /// Where a running `serve` takes orders.
    pub control: Control,
    /// What is logged.
    pub log: Log,
    /// What a request or a page may cost.
    pub limits: Limits,
    /// The sites, at least one; no two share a name or a host.
    pub sites: Vec<Site>,
}

/// Compressed forms of what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compress {
    /// The codings, none twice; none at all turns compression off.
    pub codings: Vec<Coding>,
    /// The least bytes of a body that is worth it.
    pub from_bytes: usize,
    /// Threads that compress, at least one.
    pub threads: usize,
}

/// What is written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least weight of a line that is written.
    pub level: LogLevel,
    /// How lines are written.
    pub format: LogFormat,
}

/// The weight of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a request or a page may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line and headers of a client, in bytes.
    pub header_bytes: usize,
    /// The longest silence of a client, before a request or while it takes an answer.
    pub client_silence: Duration,
    /// Requests at a time on one connection of HTTP/2.
    pub concurrent_streams: u32,
    /// Connecting to an origin.
    pub origin_connect: Duration,
    /// From a request to the first byte of an origin's answer.
    pub origin_first_byte: Duration,
    /// A whole fetch from an origin; not less than the two before.
    pub origin_timeout: Duration,
    /// A page that is fetched to be stored, in bytes.
    pub origin_body: usize,
}

/// One site.
#[derive(Clone, Debug)]
pub struct Site {
    /// The name of its folder, for logs and reports; no other site has it.
    pub name: String,
    /// Its `site.toml`, to point into.
    pub source: Source,
    /// Host names without port, lower case, at least one; the first is the one that the origin is told.
    pub hosts: Vec<String>,
    /// Where its pages come from.
    pub origin: Origin,
    /// The authorities, in PEM, that an origin over TLS has to prove itself to; `None` is the system's.
    pub origin_ca: Option<Arc<[u8]>>,
    /// On passthrough routes, the origin is told the visitor's address.
    pub forward_client_ip: bool,
    /// Where the visitor's consent is told.
    pub consent: Vec<ConsentSource>,
    /// Cloakroom's own banner and preference page, if the site has them.
    pub notice: Option<Notice>,
    /// Since when the operator asserts that the site honours Global Privacy Control: a date.
    pub gpc_since: Option<String>,
    /// The listed values of signals.
    pub values: SiteValues,
    /// The hierarchies that these values give.
    pub vocabulary: Arc<SiteVocabulary>,
    /// The query parameter that names the campaign.
    pub campaign_parameter: Option<String>,
    /// The paths of each topic's pages, in the order of [`SiteValues::topics`].
    pub topic_paths: Vec<Vec<String>>,
    /// Campaigns and topics on sensitive matters that the site has in spite of the shipped list.
    pub sensitive: Option<SensitiveNames>,
    /// The most bits that its signals may tell together.
    pub signal_bits: u32,
    /// How crowds are counted.
    pub crowd: Crowd,
    /// Hosts outside the site from which edits may load, lower case.
    pub output_hosts: Vec<String>,
    /// Pages get a Content-Security-Policy that fits these hosts.
    pub content_security_policy: bool,
    /// Fields of the origin's answers that visitors are sent besides the shipped list, lower case.
    pub output_headers: Vec<String>,
    /// What plugins may do to people.
    pub audit: Audit,
    /// How long after it was fetched a page is fetched again, to see whether it is for everyone.
    pub canary_after: Duration,
    /// Cedar policies, in the order in which they are listed; none means the defaults alone.
    pub policies: Vec<Source>,
    /// Plugins, in the order of the file; no two share a name.
    pub plugins: Vec<Plugin>,
    /// Routes, in the order of the file; no two share a path and a method.
    pub routes: Vec<Route>,
}

/// What a site asks of the audit of a plugin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// Who the visitors are, as the operator states it.
    pub traffic: Option<Shares>,
    /// Price-like slots: the site's name of a plugin, and a slot of it.
    pub price_like: Vec<(String, String)>,
    /// Who may override limits: accounts of this system, and groups that begin with `@`. Empty is everybody
    /// who may write to the store.
    pub override_by: Vec<String>,
    /// How far figures may go.
    pub limits: AuditLimits,
}

/// Bounds on the figures of an audit; what is not set is not bounded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditLimits {
    /// The signals whose values are groups; all if it is empty.
    pub protected: Vec<Signal>,
    /// The largest difference between groups in the share that sees something else than the default.
    pub demographic_parity_difference: Option<f64>,
    /// The smallest ratio of such shares.
    pub demographic_parity_ratio: Option<f64>,
    /// The largest difference between groups in the share that sees one variant.
    pub exposure_difference: Option<f64>,
    /// The smallest ratio of such shares.
    pub exposure_ratio: Option<f64>,
    /// The largest weighted flip rate.
    pub flip_rate: Option<f64>,
    /// The largest total variation from the default.
    pub total_variation: Option<f64>,
    /// The most bits on average.
    pub shannon_bits: Option<f64>,
    /// The most bits of any visitor.
    pub worst_case_bits: Option<f64>,
    /// The largest share that the crowd rule may push to the default.
    pub pushed_to_default: Option<f64>,
    /// The most signals that make no difference.
    pub unused_signals: Option<u32>,
    /// The most variants that nobody sees.
    pub dead_variants: Option<u32>,
}

/// Names on sensitive matters, and why the site has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensitiveNames {
    /// Each name with what it tells of a visitor.
    pub names: Vec<(String, &'static str)>,
    /// The site's own words, 20 to 400 characters.
    pub reason: String,
}

/// Where pages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Host name, IPv4 address, or IPv6 address in brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// It is asked over TLS.
    pub tls: bool,
}

/// Where a visitor's consent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentSource {
    /// A plain cookie of that name.
    Cookie(String),
    /// A TC string.
    Tcf(TcfTerms),
    /// A GPP string in a cookie of that name, with what counts in its TC strings.
    Gpp(String, TcfTerms),
    /// OneTrust's cookie.
    OneTrust,
    /// Cookiebot's cookie.
    Cookiebot,
    /// Didomi's cookie, and which of its purposes mean what; not both lists are empty.
    Didomi {
        /// All of them have to be enabled for personalization.
        personalization: Vec<String>,
        /// Likewise for measurement.
        measurement: Vec<String>,
    },
    /// A US Privacy string.
    UsPrivacy,
}

/// What of a TC string a site relies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcfTerms {
    /// The vendor on whose consent the site relies, or the publisher's own.
    pub vendor: Option<u16>,
    /// The same in the framework of IAB Canada.
    pub canadian_vendor: Option<u16>,
    /// Content is chosen without a profile of the visitor.
    pub unprofiled: bool,
}

/// Cloakroom's own banner and preference page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Languages, at least one; the first is for all others.
    pub languages: Vec<Language>,
    /// A path of the site or an `https` address.
    pub privacy_policy: Option<String>,
    /// How long a choice is kept; a day or more.
    pub lifetime: Duration,
}

/// How crowds are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Network prefixes that must share a combination.
    pub k: u32,
    /// Scale of the noise on counts, in prefixes; `None` is what suits `k`.
    pub noise: Option<u32>,
    /// The signals that are made coarser first, in that order; none twice.
    pub generalize: Vec<Signal>,
    /// How long a crowd is counted.
    pub epoch: Duration,
}

/// A plugin under its name on the site.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The name that routes use.
    pub name: String,
    /// What its file holds; `None` where it is what is installed alone.
    pub file: Option<PluginFile>,
    /// Where the file is named in the site's source, or else the name.
    pub at: Span,
}

/// What a plugin's file holds, not looked into yet.
#[derive(Clone, Debug)]
pub enum PluginFile {
    /// A rule file, to be compiled.
    Rules(Source),
    /// A WASM component.
    Component(Arc<[u8]>),
}

/// A set of paths and what happens there.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path as it is written, `*` for wildcards.
    pub path: String,
    /// Methods that the route is for; `None` is GET and HEAD, or all on a passthrough route.
    pub methods: Option<Vec<String>>,
    /// What happens there.
    pub mode: Mode,
    /// Query parameters that are kept; no two share a name.
    pub query: Vec<QueryRule>,
    /// The regular expression that each wildcard segment must match as a whole.
    pub segment: Option<String>,
    /// Plugins, as positions in [`Site::plugins`]; none twice.
    pub plugins: Vec<usize>,
    /// Signals that the origin is told; of `language` and `device`.
    pub origin_sees: Vec<Signal>,
    /// How long pages are stored whatever the origin says.
    pub freshness: Option<Duration>,
    /// Regular expressions of what may differ in its pages from fetch to fetch.
    pub volatile: Vec<String>,
    /// What happens to an answer that cannot be stored.
    pub unstorable: Unstorable,
    /// What browsers and caches in front are told.
    pub downstream: Downstream,
    /// Words that policies can ask for.
    pub labels: Vec<String>,
    /// Edits may include the answer in another page.
    pub fragment: bool,
    /// Different paths that are fetched in an epoch.
    pub distinct_paths: u32,
    /// Compressed forms are stored besides; never on passthrough routes.
    pub compress: bool,
    /// Where the path stands in the site's source.
    pub path_at: Span,
    /// Where the plugins are named, or the path if none are.
    pub plugins_at: Span,
}

/// What browsers and caches in front are told of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downstream {
    /// Words of our own, under which no cache gives one visitor's variant to another.
    Safe,
    /// What the origin says.
    Origin,
}

/// What happens on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Plugins may change the page; stored once a variant.
    Personalize,
    /// Stored once for all.
    Anonymous,
    /// As it is, with the visitor's identity, never stored.
    Passthrough,
}

impl Mode {
    /// The word that stands in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Personalize => "personalize",
            Self::Anonymous => "anonymous",
            Self::Passthrough => "passthrough",
        }
    }
}

/// A query parameter that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRule {
    /// Its name.
    pub name: String,
    /// The values that it may have.
    pub values: QueryValues,
}

/// The values that a query parameter may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryValues {
    /// The default pattern, `[A-Za-z0-9._-]{1,64}`.
    Plain,
    /// A regular expression for the whole value; it compiles.
    Pattern(String),
    /// These alone.
    Listed(Vec<String>),
}

/// What happens to an answer that cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstorable {
    /// The visitor gets the stale copy or an error.
    Error,
    /// It is handed on.
    Relay,
}
