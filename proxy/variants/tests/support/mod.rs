//! Pages and keys of a made-up shop, as many as a test wants.

#![allow(dead_code, reason = "each test file uses a part")]

use bytes::Bytes;
use cloakroom_boundary::{Boundary, SiteId};
use cloakroom_variants::{
    Answered, Choice, Edition, Freshness, JointVariant, OriginView, OwnTag, Page, Validators, VariantKey,
    VariantLookup,
};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, ETAG, LAST_MODIFIED, REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::time::Duration;

#[path = "../../../boundary/tests/support/mod.rs"]
mod shop;

/// Makes keys, as many as wanted.
pub struct Keys {
    boundary: Boundary,
    site: SiteId,
}

impl Keys {
    pub fn new() -> Self {
        let boundary = shop::boundary();
        let site = boundary.sites().next().unwrap();
        Self { boundary, site }
    }

    /// The key of one variant of the page with this number. Its target is 40 bytes long.
    pub fn key(&self, page: usize, variant: u16) -> VariantKey {
        let target = format!("/fragments/a-category-of-coats-{page:09}");
        let request = self.boundary.fragment(self.site, &target, false).unwrap();
        let (joint, view) = (JointVariant(variant), OriginView::default());
        VariantLookup::new(&request, Choice { edition: Edition(1), joint, view }).to_key()
    }
}

/// A page as an origin may send it, with fields as most have them.
pub fn page(body: Bytes, compresses: bool) -> Page {
    let map = |fields: &[(HeaderName, String)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    };
    let etag = format!("\"{:x}-{}\"", body.len(), body.first().copied().unwrap_or_default());
    let date = "Mon, 30 Nov 2026 12:00:00 GMT".to_owned();
    let html = (CONTENT_TYPE, "text/html; charset=utf-8".to_owned());
    let policy =
        (CONTENT_SECURITY_POLICY, "default-src 'self'; img-src 'self' https://img.shop.example".to_owned());
    let caching = (CACHE_CONTROL, "public, max-age=600, stale-while-revalidate=60".to_owned());
    let answered = Answered {
        status: StatusCode::OK,
        headers: map(&[html.clone(), policy.clone(), (REFERRER_POLICY, "strict-origin".into())]),
        sent: map(&[
            (CACHE_CONTROL, "private, no-cache".into()),
            (VARY, "Accept-Encoding".into()),
            (DATE, date.clone()),
        ]),
        own_tag: OwnTag::Ours,
        dated: false,
        compresses,
        validators: Validators {
            etag: Some(HeaderValue::from_bytes(etag.as_bytes()).unwrap()),
            last_modified: Some(HeaderValue::from_bytes(date.as_bytes()).unwrap()),
        },
        origin: map(&[html, policy, caching, (ETAG, etag), (LAST_MODIFIED, date.clone()), (DATE, date)]),
        body,
    };
    Page::new(answered, Freshness::of(Duration::from_secs(600)))
}
