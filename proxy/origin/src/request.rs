//! The upstream request: fixed fields in a fixed order.

use bytes::Bytes;
use cloakroom_boundary::ScrubbedRequest;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, HOST, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Empty;

const SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");
const SEC_CH_UA_MOBILE: HeaderName = HeaderName::from_static("sec-ch-ua-mobile");
const VARIANT: HeaderName = HeaderName::from_static("cloakroom-variant");

/// What the origin is told of the variant, as words of the closed vocabulary. Counts as part of
/// the variant: two visitors with the same joint variant cause the same words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    variants: Option<HeaderValue>,
    language: Option<HeaderValue>,
    mobile: Option<bool>,
}

impl Told {
    /// What an origin is told of a page without variants.
    #[must_use]
    pub fn nothing() -> &'static Self {
        static NOTHING: Told = Told { variants: None, language: None, mobile: None };
        &NOTHING
    }

    /// `variants` are pairs of slot and variant, sent as `Cloakroom-Variant: slot=variant, …`;
    /// `language` is sent as `Accept-Language`, `mobile` as `Sec-CH-UA-Mobile`. Words that no
    /// header can hold are left out; names of slots and variants never have such characters.
    #[must_use]
    pub fn new(variants: &[(&str, &str)], language: Option<&str>, mobile: Option<bool>) -> Self {
        let list: Vec<_> = variants.iter().map(|(slot, variant)| format!("{slot}={variant}")).collect();
        Self {
            variants: (!list.is_empty()).then(|| HeaderValue::try_from(list.join(", ")).ok()).flatten(),
            language: language.and_then(|tag| HeaderValue::try_from(tag).ok()),
            mobile,
        }
    }
}

/// Validators of the stored copy, so that the origin may answer 304.
#[derive(Clone, Copy, Default)]
pub struct Conditions<'a> {
    /// The stored copy's `ETag`.
    pub if_none_match: Option<&'a HeaderValue>,
    /// The stored copy's `Last-Modified`.
    pub if_modified_since: Option<&'a HeaderValue>,
}

/// A request to the origin. Only [`OriginRequest::build`] makes one.
pub struct OriginRequest {
    request: Request<Empty<Bytes>>,
}

impl OriginRequest {
    /// Builds the request. The result is a function of the arguments alone: the configured `host`,
    /// the canonical target and GPC of `scrubbed`, the variant's words, and stored validators.
    ///
    /// # Errors
    /// [`http::Error`] if the target is no URI; a canonical target always is one.
    pub fn build(
        origin: &http::uri::Authority,
        host: &HeaderValue,
        scrubbed: &ScrubbedRequest,
        told: &Told,
        conditions: Conditions<'_>,
    ) -> Result<Self, http::Error> {
        let uri = Uri::builder()
            .scheme("http")
            .authority(origin.clone())
            .path_and_query(scrubbed.target())
            .build()?;
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri;
        let fields = [
            (HOST, Some(host.clone())),
            (USER_AGENT, Some(HeaderValue::from_static("Cloakroom"))),
            (ACCEPT, Some(HeaderValue::from_static("*/*"))),
            (SEC_GPC, scrubbed.gpc().then_some(HeaderValue::from_static("1"))),
            (VARIANT, told.variants.clone()),
            (ACCEPT_LANGUAGE, told.language.clone()),
            (SEC_CH_UA_MOBILE, told.mobile.map(structured_boolean)),
            (IF_NONE_MATCH, conditions.if_none_match.cloned()),
            (IF_MODIFIED_SINCE, conditions.if_modified_since.cloned()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                request.headers_mut().insert(name, value);
            }
        }
        #[cfg(feature = "cache-tests")]
        crate::cache_tests::mark(request.headers_mut(), scrubbed);
        Ok(Self { request })
    }

    /// The same request, to be sent once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { request: self.request.clone() }
    }

    /// The same request without conditions, whose answer is never a 304.
    #[must_use]
    pub fn unconditional(&self) -> Self {
        let mut request = self.again();
        for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
            request.request.headers_mut().remove(name);
        }
        request
    }

    /// The same request, to be sent over TLS.
    pub(crate) fn over_tls(mut self) -> Result<Self, http::Error> {
        let mut parts = self.request.uri().clone().into_parts();
        parts.scheme = Some(Scheme::HTTPS);
        *self.request.uri_mut() = Uri::from_parts(parts)?;
        Ok(self)
    }

    /// Hands the request to the client that sends it.
    pub(crate) fn into_inner(self) -> Request<Empty<Bytes>> {
        self.request
    }
}

/// RFC 8941 §3.3.6.
fn structured_boolean(value: bool) -> HeaderValue {
    HeaderValue::from_static(if value { "?1" } else { "?0" })
}
