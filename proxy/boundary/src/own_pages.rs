//! Requests for Cloakroom's own pages under a site's name: the preference page, its form, its style,
//! and the statement on Global Privacy Control.
//!
//! Nothing of them goes upstream. What leaves this room is a closed list of wishes, the visitor's own
//! word for the page that shows it to him, and a canonical address of this site to go back to.

use std::time::Duration;

use cloakroom_vocabulary::Consent;
use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, ORIGIN};

use crate::consent::OwnWord;
use crate::host::{self, MAX_HOST_BYTES};
use crate::language::{self, Tag};
use crate::own_form::{self, Wish};
use crate::{Boundary, OwnCookie, OwnCookies, RawRequest, Refusal, SiteId, canonical, consent, query};

/// The most bytes of a form; ours have about a hundred.
pub const MAX_FORM_BYTES: usize = 4_096;

/// The prefix of all own paths but the statement's, whose place is given (GPC, W3C).
const PREFIX: &str = "/_cloakroom/";
const PREFERENCES: &str = "/_cloakroom/preferences";
const STYLESHEET: &str = "/_cloakroom/notice.css";
const STATEMENT: &str = "/.well-known/gpc.json";

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which pages of its own Cloakroom serves on a site. By default none: every path is the site's.
#[derive(Clone, Debug, Default)]
pub struct OwnPages {
    /// The preference page, with its form and its style.
    pub preferences: bool,
    /// The statement on Global Privacy Control.
    pub gpc_statement: bool,
    /// Primary tags of the languages that the preference page has, best first; at most 255.
    pub languages: Vec<String>,
    /// How long a visitor's choice is kept.
    pub lifetime: Duration,
}

/// The same, lowered.
#[derive(Default)]
pub(crate) struct Own {
    preferences: bool,
    gpc_statement: bool,
    languages: Vec<Option<Tag>>,
    lifetime: Duration,
}

impl Own {
    pub(crate) fn new(pages: &OwnPages) -> Self {
        Self {
            preferences: pages.preferences,
            gpc_statement: pages.gpc_statement,
            languages: pages.languages.iter().map(|tag| Tag::parse(tag.as_bytes())).collect(),
            lifetime: pages.lifetime,
        }
    }

    /// Whether the site asks its visitors through us.
    pub(crate) fn asks(&self) -> bool {
        self.preferences
    }

    /// Whether Cloakroom itself answers for a path, which the origin is then never asked for.
    pub(crate) fn answers(&self, path: &str) -> bool {
        self.preferences && path.starts_with(PREFIX) || self.gpc_statement && path == STATEMENT
    }

    fn position(&self, tag: Tag) -> Option<usize> {
        self.languages.iter().position(|known| *known == Some(tag))
    }

    /// The language that the address names, else the best liked one.
    fn language(&self, raw: &RawRequest<'_>) -> Option<usize> {
        let named = query::first_value(raw.query(), "language").and_then(|tag| Tag::parse(tag.as_bytes()));
        named
            .and_then(|tag| self.position(tag))
            .or_else(|| language::preferred(raw, |tag| self.position(tag)))
    }
}

/// A request for a page of Cloakroom's own.
pub struct OwnRequest {
    /// What is wanted.
    pub page: OwnPage,
    /// The head alone is wanted.
    pub head: bool,
}

/// What is wanted of Cloakroom itself.
pub enum OwnPage {
    /// The preference page, as it is for this visitor.
    Preferences(Said),
    /// Something is to change; the body says what.
    Form(Form),
    /// The style of page and banner.
    Stylesheet,
    /// The statement on Global Privacy Control.
    GpcStatement,
}

/// What a visitor has said so far, for the page that shows it to him. No `Debug`, no `Clone`.
pub struct Said {
    /// Position of the page's language in [`OwnPages::languages`]; `None` is the first.
    pub language: Option<usize>,
    /// His choice; `None` if there is none that can be read.
    pub consent: Option<Consent>,
    /// He sends an opt-out signal.
    pub gpc: bool,
    /// He has just made a choice.
    pub saved: bool,
    /// He has just deleted his topics.
    pub cleared: bool,
    /// The topics that his browser keeps.
    pub topics: Vec<String>,
}

/// The head of a form of this site's own, whose body is still to be read. No `Debug`, no `Clone`.
pub struct Form {
    site: SiteId,
}

impl Form {
    /// The site that it was sent to.
    #[must_use]
    pub fn site(&self) -> SiteId {
        self.site
    }
}

/// What a form changes: cookies in the visitor's browser, and nothing else.
pub struct Changed {
    /// The cookies.
    pub cookies: OwnCookies,
    /// Where to go next: a canonical target of the same site.
    pub location: String,
}

impl Boundary {
    /// The request as one for a page of Cloakroom's own; `None` if it is for the site.
    ///
    /// # Errors
    /// [`Refusal`] for a path under the prefix that is none, a method that it does not take, or a form
    /// that is too long or was not sent by a page of this site.
    pub fn own_page(&self, site: SiteId, raw: &RawRequest<'_>) -> Option<Result<OwnRequest, Refusal>> {
        let own = &self.known(site)?.own;
        if !own.preferences && !own.gpc_statement {
            return None;
        }
        let path = raw.path().ok()?;
        let topics = || self.topics_held(site, raw).into_iter().map(str::to_owned).collect();
        own.answers(path).then(|| own_page(own, site, path, raw, topics))
    }

    /// Takes the body of a form.
    ///
    /// # Errors
    /// [`Refusal::FormTooLarge`] above [`MAX_FORM_BYTES`], [`Refusal::Malformed`] for anything that our
    /// own pages would not send, an address of another site among it.
    pub fn read_form(&self, form: &Form, body: &[u8]) -> Result<Changed, Refusal> {
        if body.len() > MAX_FORM_BYTES {
            return Err(Refusal::FormTooLarge);
        }
        let own = &self.known(form.site).ok_or(Refusal::UnknownHost)?.own;
        let fields = own_form::read(body).ok_or(Refusal::Malformed)?;
        let mut cookies = OwnCookies::default();
        let done = match fields.wish {
            Wish::Choose(consent) => {
                choose(consent, own.lifetime, &mut cookies);
                "saved"
            }
            Wish::ClearInterest => {
                cookies.delete(OwnCookie::Interest);
                "cleared"
            }
        };
        let location = match fields.back {
            Some(back) => self.target_of(form.site, &back).ok_or(Refusal::Malformed)?,
            None => {
                let language = fields.language.and_then(|tag| own.position(tag).map(|_| tag));
                let language = language.map_or(String::new(), |tag| format!("&language={}", tag.text()));
                format!("{PREFERENCES}?done={done}{language}")
            }
        };
        Ok(Changed { cookies, location })
    }

    /// The canonical form of a target of this site, its query reduced to what the route declares: as
    /// it stands in [`crate::ScrubbedRequest::target`]. Never one that a browser takes for another host.
    fn target_of(&self, site: SiteId, target: &str) -> Option<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut canonical = String::new();
        canonical::push_path(path, &mut canonical).ok()?;
        let found = self.known(site)?.routes.find(&Method::GET, &canonical).ok()?;
        if let Some((_, route)) = found {
            query::push_query(query, &route.query, &mut canonical);
        }
        (!canonical.starts_with("//")).then_some(canonical)
    }
}

fn own_page(
    own: &Own,
    site: SiteId,
    path: &str,
    raw: &RawRequest<'_>,
    topics: impl FnOnce() -> Vec<String>,
) -> Result<OwnRequest, Refusal> {
    let reading = matches!(*raw.method(), Method::GET | Method::HEAD);
    let head = *raw.method() == Method::HEAD;
    let page = match path {
        PREFERENCES if reading => OwnPage::Preferences(said(own, raw, topics())),
        PREFERENCES if *raw.method() == Method::POST => OwnPage::Form(form(site, raw)?),
        PREFERENCES => return Err(not_allowed("GET, HEAD, POST")),
        STYLESHEET if reading => OwnPage::Stylesheet,
        STATEMENT if reading => OwnPage::GpcStatement,
        STYLESHEET | STATEMENT => return Err(not_allowed("GET, HEAD")),
        _ => return Err(Refusal::NotFound),
    };
    Ok(OwnRequest { page, head })
}

fn not_allowed(allow: &str) -> Refusal {
    Refusal::MethodNotAllowed { route: None, allow: allow.to_owned() }
}

fn said(own: &Own, raw: &RawRequest<'_>, topics: Vec<String>) -> Said {
    Said {
        language: own.language(raw),
        consent: match consent::own_word(raw) {
            OwnWord::Said(consent) => Some(consent),
            OwnWord::Absent | OwnWord::Broken => None,
        },
        gpc: consent::gpc(raw),
        saved: query::first_value(raw.query(), "done") == Some("saved"),
        cleared: query::first_value(raw.query(), "done") == Some("cleared"),
        topics,
    }
}

fn form(site: SiteId, raw: &RawRequest<'_>) -> Result<Form, Refusal> {
    if !is_same_origin(raw) {
        return Err(Refusal::ForeignForm);
    }
    let declared =
        raw.field(&CONTENT_LENGTH).and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > MAX_FORM_BYTES) {
        return Err(Refusal::FormTooLarge);
    }
    let media = raw.field(&CONTENT_TYPE).unwrap_or_default();
    let media = media.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if media.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        Ok(Form { site })
    } else {
        Err(Refusal::Malformed)
    }
}

/// Whether a page of this site sent the request: as the browser says in `Sec-Fetch-Site` (Fetch
/// Metadata, W3C), or, where it does not say (plain HTTP, old browsers), by the host of `Origin`
/// (RFC 6454). Who sends neither is no browser that a visitor's page could have used.
fn is_same_origin(raw: &RawRequest<'_>) -> bool {
    let mut told = raw.fields(&SEC_FETCH_SITE).peekable();
    if told.peek().is_some() {
        return told.all(|value| value.trim_ascii() == b"same-origin");
    }
    let mut origins = raw.fields(&ORIGIN);
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let Some(authority) = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) else {
        return false;
    };
    let (mut one, mut other) = ([0; MAX_HOST_BYTES], [0; MAX_HOST_BYTES]);
    let (sender, asked) = (host::normalize(authority, &mut one), raw.host(&mut other).ok());
    sender.is_some() && sender == asked
}

/// Keeps a choice. Without personalization everything else that we keep goes in the same answer.
fn choose(consent: Consent, lifetime: Duration, cookies: &mut OwnCookies) {
    let word = match (consent.personalization, consent.measurement) {
        (true, true) => "all",
        (true, false) => "personalization",
        (false, true) => "measurement",
        (false, false) => "none",
    };
    cookies.set(OwnCookie::Consent, word, lifetime);
    if !consent.personalization {
        for cookie in OwnCookie::ALL.into_iter().filter(|cookie| *cookie != OwnCookie::Consent) {
            cookies.delete(cookie);
        }
    }
}
