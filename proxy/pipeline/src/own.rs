//! What Cloakroom serves by itself under a site's name, and its own part of the site's pages.
//!
//! Everything here is answered without the origin and without the cache. Of a visitor it has what the
//! boundary lets out: his own word, for the page that shows it to him.

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_boundary::{Changed, Form, OwnCookies, OwnPage, OwnPages, OwnRequest, Refusal, Said};
use cloakroom_notice::{
    Choice, Config as NoticeConfig, Done, Notice, NoticeError, Placard, Preferences, STYLE, Shown,
    gpc_statement,
};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::answer::{Answer, Content, OwnAnswer};
use crate::parts::SiteParts;
use crate::{Pipeline, Site, Step};

/// How its pages are called in counters and logs.
const LABEL: &str = "/_cloakroom";
/// How long browsers may keep what is the same for everybody.
const SHARED: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// The preference page loads its style and sends its form; nobody may put it into a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// What a site has of Cloakroom's own.
pub(crate) struct Own {
    notice: Option<Arc<Notice>>,
    statement: Option<Bytes>,
    /// Position among the labels of the counters.
    label: usize,
}

/// A form whose body is still to be read. At most [`cloakroom_boundary::MAX_FORM_BYTES`] and one byte
/// of it are needed.
pub struct Submission {
    form: Form,
    site: usize,
}

impl Submission {
    /// The most bytes of its body that make a difference.
    pub const ENOUGH_BYTES: usize = cloakroom_boundary::MAX_FORM_BYTES + 1;
}

/// What the boundary has to know of a site's own pages.
pub(crate) fn pages(site: &SiteParts) -> OwnPages {
    let notice = site.notice.as_ref();
    let languages = notice.map(|notice| notice.languages.iter().map(|l| l.tag().to_owned()).collect());
    OwnPages {
        preferences: notice.is_some(),
        gpc_statement: site.gpc_since.is_some(),
        languages: languages.unwrap_or_default(),
        lifetime: notice.map(|notice| notice.lifetime).unwrap_or_default(),
    }
}

impl Own {
    /// `label` gives a route of that name a place among the counters.
    pub(crate) fn new(
        notice: Option<NoticeConfig>,
        gpc_since: Option<&str>,
        label: impl FnOnce(&str) -> usize,
    ) -> Result<Self, NoticeError> {
        let notice = notice.map(Notice::new).transpose()?.map(Arc::new);
        let statement = gpc_since.map(|since| Bytes::from(gpc_statement(since)));
        let label = if notice.is_some() || statement.is_some() { label(LABEL) } else { usize::MAX };
        Ok(Self { notice, statement, label })
    }

    pub(crate) fn has_notice(&self) -> bool {
        self.notice.is_some()
    }

    /// The operator asserts that the site honours opt-out signals.
    pub(crate) fn honours_signals(&self) -> bool {
        self.statement.is_some()
    }

    /// What a page shows, if it shows anything.
    pub(crate) fn placard(&self, shown: Shown, target: &str) -> Option<Placard> {
        self.notice.as_ref()?.placard(shown, target)
    }

    fn preferences(&self, said: &Said) -> OwnAnswer {
        let page = self.notice.as_ref().map_or_else(String::new, |notice| {
            notice.preferences(&Preferences {
                language: said.language.and_then(|at| notice.languages().nth(at)),
                choice: said.consent.map_or(Choice::Undecided, Choice::Said),
                gpc: said.gpc,
                done: match (said.saved, said.cleared) {
                    (true, _) => Some(Done::Saved),
                    (false, true) => Some(Done::TopicsDeleted),
                    (false, false) => None,
                },
                topics: &said.topics,
            })
        });
        let mut fields = fields("text/html; charset=utf-8", NO_STORE);
        fields.push((CONTENT_SECURITY_POLICY, POLICY));
        // Not `no-referrer`: under it browsers send `Origin: null` with the form.
        fields.push((REFERRER_POLICY, HeaderValue::from_static("same-origin")));
        OwnAnswer { status: StatusCode::OK, fields, body: page.into() }
    }

    fn statement(&self) -> OwnAnswer {
        let body = self.statement.clone().unwrap_or_default();
        OwnAnswer { status: StatusCode::OK, fields: fields("application/json", SHARED), body }
    }
}

fn style() -> OwnAnswer {
    let body = Bytes::from_static(STYLE.as_bytes());
    OwnAnswer { status: StatusCode::OK, fields: fields("text/css; charset=utf-8", SHARED), body }
}

fn fields(media: &'static str, caching: HeaderValue) -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (CONTENT_TYPE, HeaderValue::from_static(media)),
        (CACHE_CONTROL, caching),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]
}

/// Answers a request for a page of our own, or asks for its body.
pub(crate) fn step(site: &Site, wanted: Result<OwnRequest, Refusal>) -> Step {
    let OwnRequest { page, head } = match wanted {
        Ok(request) => request,
        Err(refusal) => return Step::Answer(refused(site, refusal)),
    };
    let own = &site.own;
    let content = match page {
        OwnPage::Preferences(said) => own.preferences(&said),
        OwnPage::Stylesheet => style(),
        OwnPage::GpcStatement => own.statement(),
        OwnPage::Form(form) => return Step::Form(Submission { site: form.site().index(), form }),
    };
    Step::Answer(answer(site, Content::Own(content), head, OwnCookies::default()))
}

fn refused(site: &Site, refusal: Refusal) -> Answer {
    answer(site, Content::Refused { refusal, explained: false }, false, OwnCookies::default())
}

fn answer(site: &Site, content: Content, head_only: bool, cookies: OwnCookies) -> Answer {
    Answer { content, head_only, label: site.own.label, reveal: None, cookies }
}

impl Pipeline {
    /// Answers a form: its cookies, and the way back to where the visitor was.
    #[must_use]
    pub fn submit(&self, submission: &Submission, body: &[u8]) -> Answer {
        let Some(site) = self.sites.get(submission.site) else {
            let (content, cookies) =
                (Content::Refused { refusal: Refusal::UnknownHost, explained: false }, OwnCookies::default());
            return Answer { content, head_only: false, label: usize::MAX, reveal: None, cookies };
        };
        match self.boundary.read_form(&submission.form, body) {
            Ok(Changed { cookies, location }) => match HeaderValue::try_from(location) {
                Ok(location) => {
                    let fields = vec![(LOCATION, location), (CACHE_CONTROL, NO_STORE)];
                    let own = OwnAnswer { status: StatusCode::SEE_OTHER, fields, body: Bytes::new() };
                    answer(site, Content::Own(own), false, cookies)
                }
                Err(_) => refused(site, Refusal::Malformed),
            },
            Err(refusal) => refused(site, refusal),
        }
    }
}
