//! The table of keys: everything that may be written in the two files, once for the check of
//! their shape and for the printed reference.

use cloakroom_vocabulary::{Coding, Signal};

use crate::bounds::{self, Bounded, Fraction};

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `[section]`.
    Section,
    /// `[[section]]`, any number of times.
    Sections,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number(&'static Bounded),
    /// A number, with or without a fraction.
    Fraction(&'static Fraction),
    /// A text such as `60s`.
    Duration(&'static Bounded),
    /// A text such as `8MiB`.
    Size(&'static Bounded),
    /// A text.
    Text,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// One text or a list of texts.
    TextOrTexts,
    /// A list of words out of a few.
    Choices(&'static [&'static str]),
    /// A list of texts, or of tables with keys of their own.
    TextsOrTables,
}

/// One key of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Sections and key, with dots between.
    pub path: &'static str,
    pub kind: Kind,
    /// The file, the section or the entry cannot do without it.
    pub required: bool,
    /// What holds where the key is missing, unless the kind's bounds tell.
    pub default: &'static str,
    /// What may be written, unless the kind tells.
    pub bounds: &'static str,
    pub meaning: &'static str,
}

impl Key {
    /// The last part of the path, as it is written in the file.
    pub fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }

    /// The path of the section that holds the key; empty at the top.
    pub fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }
}

const fn key(
    path: &'static str,
    kind: Kind,
    default: &'static str,
    bounds: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, kind, required: false, default, bounds, meaning }
}

const fn needed(path: &'static str, kind: Kind, bounds: &'static str, meaning: &'static str) -> Key {
    Key { path, kind, required: true, default: "", bounds, meaning }
}

const fn section(path: &'static str, kind: Kind, meaning: &'static str) -> Key {
    key(path, kind, "", "", meaning)
}

/// The words of `log.level`.
pub(crate) const LOG_LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
/// The words of `log.format`.
pub(crate) const LOG_FORMATS: &[&str] = &["text", "json"];
/// The words of `consent.sources`.
pub(crate) const CONSENT_SOURCES: &[&str] =
    &["cookie", "tcf", "gpp", "onetrust", "cookiebot", "didomi", "usprivacy"];
/// The words of `notice.languages`.
pub(crate) const NOTICE_LANGUAGES: &[&str] = &cloakroom_notice::Language::TAGS;
/// The words of `cache.compress`: the names of all codings.
pub(crate) const CODINGS: &[&str] = &CODING_NAMES;
#[expect(clippy::indexing_slicing, reason = "a constant beyond its array does not compile")]
const CODING_NAMES: [&str; Coding::COUNT] = {
    let mut names = [""; Coding::COUNT];
    let mut at = 0;
    while at < Coding::COUNT {
        names[at] = Coding::ALL[at].name();
        at += 1;
    }
    names
};
/// The words of `route.mode`.
pub(crate) const MODES: &[&str] = &["personalize", "anonymous", "passthrough"];
/// The words of `route.methods`.
pub(crate) const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The words of `route.origin_sees`: the signals for which there is a standard header.
pub(crate) const NEGOTIABLE: &[&str] = &["language", "device"];
/// The words of `crowd.generalize`: the names of all signals.
pub(crate) const SIGNALS: &[&str] = &SIGNAL_NAMES;
#[expect(clippy::indexing_slicing, reason = "a constant beyond its array does not compile")]
const SIGNAL_NAMES: [&str; Signal::COUNT] = {
    let mut names = [""; Signal::COUNT];
    let mut at = 0;
    while at < Signal::COUNT {
        names[at] = Signal::ALL[at].name();
        at += 1;
    }
    names
};
/// The words of `route.unstorable`.
pub(crate) const UNSTORABLE: &[&str] = &["error", "relay"];
/// The words of `route.downstream`.
pub(crate) const DOWNSTREAM: &[&str] = &["safe", "origin"];

/// The keys of the main file.
#[rustfmt::skip]
pub(crate) const MAIN: &[Key] = &[
    needed("listen", Kind::Section, "", "Where the proxy answers."),
    key("listen.http", Kind::TextOrTexts, "none: HTTPS alone", "1 to 16 of `address:port`", "Addresses for plain HTTP. An IPv6 address stands in brackets: `[::]:8080`."),
    key("listen.https", Kind::TextOrTexts, "none: plain HTTP alone", "1 to 16 of `address:port`", "Addresses for HTTPS: TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1, whichever the client prefers. Needs `[[listen.certificate]]`."),
    section("listen.certificate", Kind::Sections, "What the proxy shows on `https`: at most 256. A client is shown the first whose names include the one that it asks for, and the first of all if there is none. Read at start: a renewed certificate is shown after a restart."),
    needed("listen.certificate.cert", Kind::Text, "a file of at most 256KiB", "The certificate in PEM and behind it those that lead to its authority, relative to this file. Its names are the DNS names in it, `*.shop.example` included."),
    needed("listen.certificate.key", Kind::Text, "a file of at most 256KiB", "The private key in PEM (PKCS #8, PKCS #1 or SEC 1), without a password, relative to this file. Nobody else should be able to read it."),
    section("client_ip", Kind::Section, "How the address of a visitor is told."),
    key("client_ip.trusted_proxies", Kind::Texts, "none", "at most 1,000 networks, none of them of everybody", "Networks of the load balancers in front, such as `10.0.0.0/8`: only these may set `X-Forwarded-For`."),
    section("geo", Kind::Section, "How the country of a visitor is told."),
    key("geo.database", Kind::Text, "none: every country is `other`", "a file of at most 1GiB", "A country database in the MaxMind format (MaxMind, DB-IP, IPinfo), relative to this file. It also tells which law a visitor stands under (`policies/jurisdictions.toml`). States and provinces are told apart if it has subdivisions; otherwise the strictest law of a country holds in all of it: `opt-out` in the United States, `quebec` in Canada."),
    needed("sites", Kind::Section, "", "What is served."),
    needed("sites.paths", Kind::Texts, "1 to 64 folders", "Folders that hold a `site.toml`, relative to this file. The last part of a path names the site in logs and reports."),
    section("store", Kind::Section, "What outlives a restart. Without it nothing does."),
    needed("store.path", Kind::Text, "a folder; made if it is not there", "Where released combinations of values are written, so that after a restart they stay released until their epoch ends, and where `cloakroom plugin install` keeps plugins: the last 20 versions of each, at most 256 tables, and at most 256 MiB of compiled code; and the incident log, at most 64 files of about 1 MiB. No visitor, count or key is written. Relative to this file."),
    section("cache", Kind::Section, "The store of pages that are ready to send."),
    key("cache.max_bytes", Kind::Size(&bounds::CACHE_BYTES), "", "", "Memory for stored pages, of all sites together. Variants that are read along while their page arrives take at most 64MiB besides."),
    key("cache.heuristic", Kind::Fraction(&bounds::SHARE), "`0.1`", "", "For how long a page is fresh of which the origin does not say so, but when it was last changed: this share of the time since then (RFC 9111 §4.2.2). 0 asks the origin each time."),
    key("cache.heuristic_most", Kind::Duration(&bounds::HEURISTIC_MOST), "", "", "The most that this comes to."),
    key("cache.negative", Kind::Duration(&bounds::NEGATIVE), "", "", "For how long a 404 or a 410 is fresh of which the origin says neither."),
    key("cache.stale_if_error", Kind::Duration(&bounds::STALE_IF_ERROR), "", "", "For how long a page may be shown, once stale, when the origin fails. An origin's own `stale-if-error` overrules it, and `must-revalidate`, `proxy-revalidate`, `s-maxage` or `no-cache` forbid it (RFC 9111 §4.2.4)."),
    key("cache.compress", Kind::Choices(CODINGS), "all of them", "each once; `[]` turns compression off", "The codings in which pages are stored besides, so that they are sent compressed to those who accept it. Forms are made once a page or variant, after it was stored; until then it is sent as it is. Which types are worth it is listed in `policies/compressible.txt`; an origin's `no-transform` is obeyed, and a form that is not 5 % smaller is dropped."),
    key("cache.compress_from", Kind::Size(&bounds::COMPRESS_FROM), "", "", "The least bytes of a body that is worth compressing."),
    key("cache.compress_threads", Kind::Number(&bounds::COMPRESS_THREADS), "", "", "Threads that compress, at a lower priority than those that answer."),
    section("cache.disk", Kind::Section, "Pages are kept on disk besides, and are there again after a restart, as old as they are by then. Without the section nothing is written. On one line: `disk = { path = \"cache\", max_bytes = \"4GiB\" }`."),
    needed("cache.disk.path", Kind::Text, "a folder of its own; made if it is not there", "Where pages are kept, relative to this file, each in a file for the proxy's user alone. One process at a time uses it: another one says so and goes without. It may be deleted whenever the proxy does not run."),
    key("cache.disk.max_bytes", Kind::Size(&bounds::DISK_BYTES), "", "", "The most bytes of the files, of all sites together. What was not read for longest goes first."),
    section("metrics", Kind::Section, "Figures for the people who run the proxy."),
    key("metrics.listen", Kind::Text, "none: no metrics", "`address:port`", "Where metrics are read. Keep it off the public network."),
    section("control", Kind::Section, "Where a running `serve` takes orders, such as `cloakroom purge`; `proxy/docs/CONTROL.md` has the words."),
    key("control.socket", Kind::Text, "`control.sock` in the folder of `[store]`; none without a store", "a path of at most 100 bytes", "A Unix socket for the user who runs `serve`, and for root. Relative to this file."),
    key("control.listen", Kind::Text, "none: the socket alone", "`address:port`; with `token_file`", "Where programs on other machines may order purges, such as a CMS. It is plain HTTP: keep it off the public network."),
    key("control.token_file", Kind::Text, "none", "a file of at most 4KiB that not everybody may read", "Holds the secret that these programs have to show, 16 to 1,024 printable characters; read when `serve` starts. Relative to this file."),
    section("log", Kind::Section, "What is written to standard error."),
    key("log.level", Kind::Choice(LOG_LEVELS), "`info`", "", "The least weight of a line that is written."),
    key("log.format", Kind::Choice(LOG_FORMATS), "`text`", "", "How lines are written."),
    section("limits", Kind::Section, "What a request or a page may cost."),
    key("limits.header_bytes", Kind::Size(&bounds::HEADER_BYTES), "", "", "The most bytes of request line and headers from a client."),
    key("limits.client_silence", Kind::Duration(&bounds::CLIENT_SILENCE), "", "", "How long a client may be silent, before a request or while it takes an answer, until its connection is closed."),
    key("limits.concurrent_streams", Kind::Number(&bounds::STREAMS), "", "", "Requests that one connection of HTTP/2 may have under way at a time."),
    key("limits.origin_connect", Kind::Duration(&bounds::ORIGIN_CONNECT), "", "", "How long connecting to an origin may take."),
    key("limits.origin_first_byte", Kind::Duration(&bounds::ORIGIN_FIRST_BYTE), "", "", "How long an origin may take to begin its answer."),
    key("limits.origin_timeout", Kind::Duration(&bounds::ORIGIN_TIMEOUT), "", "", "How long a whole fetch from an origin may take."),
    key("limits.origin_body", Kind::Size(&bounds::ORIGIN_BODY), "", "", "The most bytes of a page that is fetched to be stored. Passthrough has no such bound."),
];

/// The keys of a site's file.
#[rustfmt::skip]
pub(crate) const SITE: &[Key] = &[
    needed("hosts", Kind::Texts, "1 to 64 host names without port", "The names under which visitors ask for the site. The first is the one that the origin is told."),
    needed("origin", Kind::TextOrTexts, "one `http://host:port` or `https://host:port`", "Where the site's pages come from. Over `https` the origin has to prove that it is `host`, and there is no way to do without."),
    key("origin_ca", Kind::Text, "none: the authorities that this system trusts", "a file of at most 1MiB; with an `https` origin alone", "Certificates in PEM, relative to this file: the authorities that the origin's certificate has to be from, and no others."),
    key("forward_client_ip", Kind::Flag, "`false`", "", "On passthrough routes, tell the origin the visitor's address."),
    section("consent", Kind::Section, "How a visitor's consent is told."),
    key("consent.sources", Kind::Choices(CONSENT_SOURCES), "`cookie`", "at least one", "Where consent is told; all sources that a visitor sends have to agree. `cookie`: the plain cookie below. `tcf`: the TC string in `euconsent-v2`. `gpp`: the GPP string in the cookie below; its sections for Europe and Canada grant as a TC string does, those for the United States refuse where the visitor opted out, and never grant. `onetrust`: `OptanonConsent`, with functional for personalization and performance for measurement. `cookiebot`: `CookieConsent`, with preferences and statistics. `didomi`: `didomi_token`, with the purposes below. `usprivacy`: an opt-out there refuses; it never grants."),
    key("consent.vendor", Kind::Number(&bounds::VENDOR), "none: the publisher's own consent", "", "The vendor of the Global Vendor List on whose consent the site relies. It has to be disclosed. With `tcf` or `gpp`."),
    key("consent.canadian_vendor", Kind::Number(&bounds::VENDOR), "none: the publisher's own consent", "", "The same for the section `tcfcav1` of a GPP string: IAB Canada numbers vendors by itself. With `gpp`."),
    key("consent.unprofiled", Kind::Flag, "`false`", "", "Content is chosen without a profile of the visitor, so that purpose 11 of a TC string does in the place of 5 and 6. With `tcf` or `gpp`, and on sites that use neither `visit` nor `interest`."),
    key("consent.gpp_cookie", Kind::Text, "`OTGPPConsent`, as OneTrust calls it", "1 to 64 of letters, digits, `-`, `_`, `.`", "The cookie that holds the GPP string. Where other consent managers keep it, their manuals tell. With `gpp`."),
    key("consent.cookie", Kind::Text, "`cloakroom_consent`", "1 to 64 of letters, digits, `-`, `_`, `.`", "The cookie that holds it: `all`, `none`, or of `personalization` and `measurement` with commas between. Anything else is no consent."),
    section("consent.didomi", Kind::Section, "What Didomi's purposes mean, by their ids in its console. The source `didomi` needs it."),
    key("consent.didomi.personalization", Kind::Texts, "none: nobody agrees to it", "at most 8, each 1 to 64 of letters, digits, `-`, `_`, `.`, `:`", "Purposes that all have to be enabled for personalization."),
    key("consent.didomi.measurement", Kind::Texts, "none: nobody agrees to it", "at most 8, each 1 to 64 of letters, digits, `-`, `_`, `.`, `:`", "Purposes that all have to be enabled for measurement."),
    section("notice", Kind::Section, "Cloakroom's own banner, opt-out status and preference page, for sites without a consent tool of their own. Without the section every path is the site's. A form of the page is at most 4KiB and takes at most `10s`."),
    key("notice.banner", Kind::Flag, "`false`", "with `cloakroom_consent` among the sources of consent", "On `personalize` routes, ask visitors who have not decided, wherever their answer changes what plugins may see. Serve `/_cloakroom/preferences`, where everybody can see and change their choice: link to it from the site. Paths under `/_cloakroom/` are no longer the site's."),
    key("notice.languages", Kind::Choices(NOTICE_LANGUAGES), "those of `signals.language` that are listed here, else `en`", "at least one", "Languages of banner and page. A banner is in the language of its page (`<html lang>`), the preference page in the visitor's; the first is for all others."),
    key("notice.privacy_policy", Kind::Text, "none: no link", "a path of the site or an `https` address, at most 1,024 bytes", "Where the preference page leads for more."),
    key("notice.lifetime", Kind::Duration(&bounds::NOTICE_LIFETIME), "", "", "How long a visitor's choice is kept, until the question comes again."),
    key("notice.gpc", Kind::Text, "none: nothing is served", "a date such as `2026-01-01`", "Serve `/.well-known/gpc.json`, which asserts that the site honours Global Privacy Control, last updated on that day. With the banner, pages also show `Opt-out request honored` to visitors who send the signal where the law wants it shown. This is a legal statement of whoever runs the site, and covers the origin too."),
    section("signals", Kind::Section, "The values that signals have on this site. What is not listed is `other`, or `none` for a campaign."),
    key("signals.country", Kind::Texts, "none", "at most 200 ISO 3166-1 codes", "Countries to tell apart: `FR`."),
    key("signals.language", Kind::Texts, "none", "at most 200 primary tags", "Languages to tell apart: `fr`."),
    key("signals.budget", Kind::Number(&bounds::SIGNAL_BITS), "", "", "The most bits that all signals of the site's plugins and `origin_sees` together may tell of a visitor, each counted as log2 of its values: no distribution over as many values tells more. More is refused."),
    section("signals.campaign", Kind::Section, "Campaigns to tell apart."),
    needed("signals.campaign.parameter", Kind::Text, "1 to 64 of letters, digits, `-`, `_`, `.`", "The query parameter that names the campaign."),
    needed("signals.campaign.values", Kind::Texts, "at most 200, each 1 to 64 of a-z, 0-9, `-`, `_`, `.`", "Names of campaigns."),
    section("signals.interest", Kind::Section, "What visitors like to read about. The cookie `cloakroom_interest` collects the topics of a week's pages, on personalize routes and with consent alone; in the week after, one of them is the signal `interest`, or `none`. One answer in twenty is drawn from all topics, whatever was read."),
    needed("signals.interest.topics", Kind::Sections, "", "A topic, at most 16; short lists stand on one line: `topics = [{ name = \"garden\", paths = [\"/c/tents\", \"/p/tent-*\"] }]`. A change of their names or order starts everybody afresh."),
    needed("signals.interest.topics.name", Kind::Text, "1 to 64 of a-z, 0-9, `-`, `_`, `.`; once a site", "The topic's name. Names on sensitive matters are refused."),
    needed("signals.interest.topics.paths", Kind::Texts, "1 to 64 paths, each of at most 1,024 bytes and 8 of `*`", "The paths of its pages, without query. A `*` at the end of a segment stands for the rest of it; alone at the end, for any number of segments, and for none."),
    section("signals.sensitive", Kind::Section, "Campaigns and topics whose names hold a word of the shipped list of sensitive matters (`policies/sensitive.txt`: health, belief, politics, trade unions, sexuality, ethnicity, children and the like), and that the site wants all the same. `check` shows them with the reason."),
    needed("signals.sensitive.allow", Kind::Texts, "1 to 216 of the campaigns and topics above", "Their names."),
    needed("signals.sensitive.reason", Kind::Text, "20 to 400 characters", "Why the site may use them: the ground in law, and who decided it."),
    section("crowd", Kind::Section, "How many must share a combination of values before a plugin is told of it."),
    key("crowd.k", Kind::Number(&bounds::CROWD_K), "", "", "Different network prefixes that must have shown a combination in the last complete epoch."),
    key("crowd.noise", Kind::Number(&bounds::CROWD_NOISE), "a twenty-fifth of `k`, at least 1", "", "Scale of the random number that is added to a count before it is compared with `k`, in prefixes: one number in fifty is more than four scales away from 0. A combination is told only if its count is at least `k` with and without the number. The first time it has to be `k` and four scales, or large enough in two epochs in a row."),
    key("crowd.generalize", Kind::Choices(SIGNALS), "the signal that tells most values apart, at each step", "at most all of them, each once", "The order in which signals are made coarser until enough share a combination: the first until it says nothing, then the next. Signals that are not named follow."),
    key("crowd.epoch", Kind::Duration(&bounds::EPOCH), "", "", "How long a crowd is counted. Epochs begin at whole multiples of it since 1970, in UTC. Short epochs are for trying things out: a small crowd says more about each of its members."),
    section("output", Kind::Section, "What visitors are sent."),
    key("output.hosts", Kind::Texts, "none", "at most 64 host names without port", "Hosts outside the site from which edits may load images and the like."),
    key("output.content_security_policy", Kind::Flag, "`false`", "", "Pages on personalized and anonymous routes get a `Content-Security-Policy` more, beside the origin's; browsers enforce both. What loads by itself (images, media, fonts, style sheets, frames) comes from the site, passthrough routes included, from `hosts` and from `https` names of the site, and forms go there, by redirects too; there is no `<base>` to elsewhere and no `<object>` or `<embed>`. Should an edit ever bring an image, a style sheet or a frame that it may not, it would reach nobody else; fetches and connections made ahead (`prefetch`, `preconnect`) are beyond such a policy. List in `hosts` whatever the pages themselves load from elsewhere, such as fonts, videos and maps, and the host that takes payments. How a page's own scripts come and what they ask for is left to the origin's policy: a policy for a site that we do not know can only forbid all or nothing there, and edits bring no scripts."),
    key("output.headers", Kind::Texts, "none", "at most 32 names, none that marks visitors or makes browsers report", "Header fields of the origin that visitors are sent on personalized and anonymous routes, besides those of the shipped list (`policies/response-fields.txt`). What cannot be added, and why, is in `policies/refused-response-fields.txt`."),
    section("audit", Kind::Section, "What a plugin may do to people here (`proxy/AUDIT.md` defines each figure). A plugin beyond these limits is not installed and not shown, until somebody overrides that in writing."),
    key("audit.traffic", Kind::Text, "none: every combination of values counts the same", "a `*.toml` file of at most 256KiB with at most 1,000 rows", "Who the visitors are, as you know it from elsewhere: a file with a section a signal, such as `[country]`, of values and their shares, which add up to 1; or `[[cell]]` rows of values and a `share`. `networks` at its top says how many networks visit in an epoch. Cloakroom itself keeps no figure by value. Relative to this file."),
    key("audit.price_like", Kind::Texts, "those that plugins declare", "at most 64 of `plugin.slot`", "Slots that show a price, or anything else that nobody may get another version of for where they are or what they speak: a single difference by `country` or `language` is beyond the limits."),
    key("audit.override_by", Kind::Texts, "all who may write to the store", "at most 32 accounts of this system, or groups such as `@privacy`", "Who may override limits with `cloakroom plugin install --override`."),
    section("audit.limits", Kind::Section, "How far figures may go, by the site's traffic where it is stated. What is not set is not bounded."),
    key("audit.limits.protected", Kind::Choices(SIGNALS), "all signals", "at most all of them, each once", "The signals whose values are groups that have to be treated alike: the figures of parity and flips count along these alone."),
    key("audit.limits.demographic_parity_difference", Kind::Fraction(&bounds::SHARE), "none", "", "The most by which two groups may differ in the share that sees something else than the default."),
    key("audit.limits.demographic_parity_ratio", Kind::Fraction(&bounds::SHARE), "none", "", "The least that the smallest such share may be of the largest."),
    key("audit.limits.exposure_difference", Kind::Fraction(&bounds::SHARE), "none", "", "The most by which two groups may differ in the share that sees one variant."),
    key("audit.limits.exposure_ratio", Kind::Fraction(&bounds::SHARE), "none", "", "The least that the smallest such share may be of the largest."),
    key("audit.limits.flip_rate", Kind::Fraction(&bounds::SHARE), "none", "", "The most counterfactual changes of one signal that may show another variant, weighed by nearness of the values."),
    key("audit.limits.total_variation", Kind::Fraction(&bounds::SHARE), "none", "", "The largest share of visitors that may see something else than the default."),
    key("audit.limits.shannon_bits", Kind::Fraction(&bounds::BITS), "none", "", "The most bits that one plugin may tell of a visitor on average; what it draws by lot does not count."),
    key("audit.limits.worst_case_bits", Kind::Fraction(&bounds::BITS), "none", "", "The most bits that one plugin may tell of any visitor."),
    key("audit.limits.pushed_to_default", Kind::Fraction(&bounds::SHARE), "none", "", "The largest share of visitors that the crowd rule may push to the default; holds where the traffic states `networks`."),
    key("audit.limits.unused_signals", Kind::Number(&bounds::AUDIT_COUNT), "none", "", "How many signals a plugin may ask for that make no difference."),
    key("audit.limits.dead_variants", Kind::Number(&bounds::AUDIT_COUNT), "none", "", "How many variants a plugin may have that nobody sees."),
    section("canary", Kind::Section, "How pages are watched that are shown to everyone. A page is fetched twice when `freshness` of its route overrules the origin; and each page of such a route, and of a personalized one, is fetched twice again some time later, once an epoch. If two such answers differ in anything but `volatile`, the page depends on more than what was asked, and its route shows an error for 10 minutes."),
    key("canary.after", Kind::Duration(&bounds::CANARY_AFTER), "", "", "How long after it was fetched a page is fetched twice again. At most 1,024 pages wait for it at a time."),
    section("policy", Kind::Section, "Who may see which signal."),
    key("policy.files", Kind::Texts, "all `*.cedar` beside this file, by name", "at most 64 files of at most 256KiB", "Cedar policies, relative to this file."),
    section("plugin", Kind::Sections, "A plugin, under the name that routes use: at most 64."),
    needed("plugin.name", Kind::Text, "1 to 64 of a-z, 0-9, `-`; once a site", "The plugin's name on this site."),
    key("plugin.file", Kind::Text, "what is installed", "a `*.toml` file of at most 1MiB or a `*.wasm` file of at most 16MiB", "A rule file or a WASM component, relative to this file, which is shown as long as `cloakroom plugin install` has put nothing in its place."),
    section("route", Kind::Sections, "A set of paths and what happens there: at most 1,000. The most specific wins. What no route matches is `anonymous` for GET and HEAD, without query, and refused for other methods."),
    needed("route.path", Kind::Text, "at most 1,024 bytes and 8 of `*`", "A path. A `*` in place of a segment stands for one segment; at the end, for any number of them, and for none: `/c/*` is for `/c` too."),
    key("route.methods", Kind::Choices(METHODS), "`GET` and `HEAD`; all on a passthrough route", "at least one; `GET` and `HEAD` alone, but on a passthrough route", "The methods that the route is for. `GET` allows `HEAD` too."),
    key("route.mode", Kind::Choice(MODES), "`anonymous`", "", "`personalize`: plugins, stored once a variant. `anonymous`: stored once for all. `passthrough`: as it is, with the visitor's identity, never stored."),
    key("route.query", Kind::TextsOrTables, "none", "at most 32", "Query parameters that reach the origin and tell stored pages apart; all others are dropped."),
    needed("route.query.name", Kind::Text, "1 to 64 of letters, digits, `-`, `_`, `.`, `[`, `]`", "The parameter's name."),
    key("route.query.pattern", Kind::Text, "`[A-Za-z0-9._-]{1,64}`", "at most 256 bytes", "A regular expression that the whole value must match; otherwise the parameter is dropped."),
    key("route.query.values", Kind::Texts, "", "1 to 256, each of at most 256 bytes; not together with `pattern`", "The only values; any other drops the parameter."),
    key("route.segment", Kind::Text, "`[A-Za-z0-9._~-]{1,64}`; anything on a passthrough route", "at most 256 bytes", "A regular expression that each segment under a `*` must match as a whole; otherwise the page does not exist."),
    key("route.plugins", Kind::Texts, "none", "at most 8; personalize routes alone", "The plugins that may change the page, by name."),
    key("route.origin_sees", Kind::Choices(NEGOTIABLE), "none", "personalize routes alone", "Signals whose released value the origin is told in a standard header, to choose the page itself. They count as part of the variant."),
    key("route.freshness", Kind::Duration(&bounds::FRESHNESS), "the origin's word", "", "Store pages for so long, whatever the origin says. Only for pages that are the same for everyone. Not on passthrough routes."),
    key("route.volatile", Kind::Texts, "none", "at most 8, each at most 256 bytes", "Regular expressions of what may differ in a page or its header fields from fetch to fetch, such as a nonce or a clock; see `canary`. `(?s).+` lets everything differ. On personalize routes, and with `freshness`."),
    key("route.unstorable", Kind::Choice(UNSTORABLE), "`error`", "", "What happens to an answer that cannot be stored: `error` refuses it, `relay` hands it on, although it might be made for one visitor. Not on passthrough routes."),
    key("route.downstream", Kind::Choice(DOWNSTREAM), "`safe`", "`origin` on anonymous routes alone, and not with `freshness`", "What browsers and caches in front are told of a page. `safe`: words of our own, under which no cache pins one visitor's variant on another (`private, no-cache` on personalize routes, `public, max-age` elsewhere), and an entity tag of our own. `origin`: `ETag` and the fields of `policies/origin-response-fields.txt` (`Cache-Control`, `Expires`, `Date`, `Last-Modified`, `Vary` and others) as the origin sends them, for assets and pages whose origin means them."),
    key("route.cookies", Kind::Texts, "none", "at most 32 of `name=value`, each at most 128 bytes; with `downstream = \"origin\"`", "Cookies that pages may set for everyone, such as `theme=dark`: `Set-Cookie` of just these names and values is stored with the page and sent. Any other is dropped, since a value that is not written out could tell one visitor from another, and in a stored page would give all the session of one. Setting them is the site's: no consent is asked for first."),
    key("route.labels", Kind::Texts, "none", "at most 16, each 1 to 64 of a-z, 0-9, `-`", "Words that policies can ask for."),
    key("route.fragment", Kind::Flag, "`false`", "", "Edits may include the answer in another page. Not on passthrough routes."),
    key("route.distinct_paths", Kind::Number(&bounds::DISTINCT_PATHS), "", "", "Different pages that are fetched in an epoch, whether they were stored before or not; beyond it no other is, since a path can be an identifier. Not on passthrough routes."),
    key("route.compress", Kind::Flag, "`true`", "", "Pages are stored compressed besides, by `cache.compress`. Say `false` where a page holds both a secret and what a request can choose (a query value that the origin writes into it): the length of the compressed page tells how alike they are (`proxy/THREATS.md`). Not on passthrough routes, which are never compressed."),
];

/// Keys of the outer contract that this version does not have, and what to do without them.
pub(crate) const LATER: &[(&str, &str)] = &[("console", "the console is not built yet: remove the section")];

/// The keys directly under a section.
pub(crate) fn within<'k>(keys: &'k [Key], section: &str) -> impl Iterator<Item = &'k Key> {
    keys.iter().filter(move |key| key.section() == section)
}
