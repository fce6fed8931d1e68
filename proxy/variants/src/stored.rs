//! A variant of a page, ready to send in each form that it has.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cloakroom_boundary::EntityTag;
use cloakroom_vocabulary::Coding;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION, DATE, ETAG, EXPIRES, VARY,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::page::push_field;
use crate::{Body, OwnTag, Page, footprint};

/// Changed whenever the same body may be compressed into other bytes than by an earlier version: a strong tag
/// must not stand for both.
const CODERS: &[u8] = b"1";

/// A variant of a page. Times, and the fields that all variants have, are its page's.
pub struct StoredVariant {
    page: Arc<Page>,
    forms: Arc<Forms>,
    /// What it weighed when it was last weighed; only whoever holds the scales of its resource reads or writes it.
    weighed: AtomicUsize,
}

/// What a variant is sent as; they outlive a page that the origin confirms.
struct Forms {
    identity: Form,
    compressed: [OnceLock<Form>; Coding::ALL.len()],
}

/// One form of a variant: as it is, or compressed.
pub struct Form {
    coding: Option<Coding>,
    body: Body,
    tag: Option<EntityTag>,
    /// The value of `ETag`.
    etag: Option<HeaderValue>,
    http1_head: Bytes,
}

impl StoredVariant {
    pub(crate) fn new(page: Arc<Page>, body: Body) -> Self {
        let (tag, etag) = tag_of(&page, &body).unzip();
        let identity = Form::new(page.status(), None, body, tag, etag);
        let forms = Arc::new(Forms { identity, compressed: Default::default() });
        Self { page, forms, weighed: AtomicUsize::new(0) }
    }

    /// The same variant of the page that the origin has confirmed.
    pub(crate) fn of(&self, page: Arc<Page>) -> Self {
        Self { page, forms: Arc::clone(&self.forms), weighed: AtomicUsize::new(0) }
    }

    /// Its page.
    #[must_use]
    pub fn page(&self) -> &Arc<Page> {
        &self.page
    }

    /// As it is.
    #[must_use]
    pub fn identity(&self) -> &Form {
        &self.forms.identity
    }

    /// Its form in a coding, once it is made.
    #[must_use]
    pub fn compressed(&self, coding: Coding) -> Option<&Form> {
        self.forms.compressed.get(coding as usize)?.get()
    }

    /// The form in a coding, and as it is while that is not made.
    #[must_use]
    pub fn form(&self, coding: Option<Coding>) -> &Form {
        coding.and_then(|coding| self.compressed(coding)).unwrap_or(self.identity())
    }

    /// Adds a compressed form; the first stays. Its tag tells it from the others of this variant.
    pub(crate) fn add(&self, coding: Coding, bytes: Bytes) -> bool {
        let identity = self.identity();
        let tag = identity
            .etag
            .as_ref()
            .map(|tag| EntityTag::of([tag.as_bytes(), coding.name().as_bytes(), CODERS]));
        let form =
            Form::new(self.page.status(), Some(coding), Body::own(bytes), tag, tag.map(EntityTag::field));
        self.forms.compressed.get(coding as usize).is_some_and(|place| place.set(form).is_ok())
    }

    /// The fields of a 304 to a client that has it (RFC 9110 §15.4.5): those that a cache in front
    /// updates its copy by. All else is as it was, or the tag would be another.
    pub fn unmodified_fields(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        const KEPT: [HeaderName; 5] = [CACHE_CONTROL, CONTENT_LOCATION, DATE, EXPIRES, VARY];
        self.page.fields().iter().filter(|(name, _)| KEPT.contains(name))
    }

    /// Bytes it takes besides its page by now, and what these were the last time.
    pub(crate) fn weigh(&self) -> (usize, usize) {
        let now = self.weight();
        (now, self.weighed.swap(now, Ordering::Relaxed))
    }

    /// What it weighed the last time, and weighs no more.
    pub(crate) fn unweigh(&self) -> usize {
        self.weighed.swap(0, Ordering::Relaxed)
    }

    fn weight(&self) -> usize {
        let compressed = self.forms.compressed.iter().filter_map(OnceLock::get);
        let forms = compressed.chain([self.identity()]).map(Form::weight).sum::<usize>();
        footprint::of_arc(size_of::<Self>()) + footprint::of_arc(size_of::<Forms>()) + forms
    }
}

impl Form {
    fn new(
        status: StatusCode,
        coding: Option<Coding>,
        body: Body,
        tag: Option<EntityTag>,
        etag: Option<HeaderValue>,
    ) -> Self {
        let mut head = Vec::with_capacity(128);
        if let Some(etag) = &etag {
            push_field(&mut head, &ETAG, etag.as_bytes());
        }
        if let Some(coding) = coding {
            push_field(&mut head, &CONTENT_ENCODING, coding.name().as_bytes());
        }
        // RFC 9110 §8.6: no Content-Length in a 204.
        if status != StatusCode::NO_CONTENT {
            push_field(&mut head, &CONTENT_LENGTH, body.len().to_string().as_bytes());
        }
        let http1_head = footprint::exact(head);
        // The value as it stands in the head.
        let stands = |etag: &HeaderValue| {
            let start = ETAG.as_str().len() + ": ".len();
            HeaderValue::from_maybe_shared(http1_head.slice(start..start + etag.len())).ok()
        };
        let etag = etag.and_then(|etag| stands(&etag));
        Self { coding, body, tag, etag, http1_head }
    }

    /// Its coding; `None` for the body as it is.
    #[must_use]
    pub fn coding(&self) -> Option<Coding> {
        self.coding
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Its entity tag; none but a 200 has one.
    #[must_use]
    pub fn tag(&self) -> Option<EntityTag> {
        self.tag
    }

    /// The value of its `ETag`.
    #[must_use]
    pub fn etag(&self) -> Option<&HeaderValue> {
        self.etag.as_ref()
    }

    /// The fields that its page does not have, `Content-Length` among them, as HTTP/1.1 sends them, without
    /// the empty line: the sender adds the fields that change with time.
    #[must_use]
    pub fn http1_head(&self) -> &Bytes {
        &self.http1_head
    }

    fn weight(&self) -> usize {
        self.body.weight() + footprint::of_shared(self.http1_head.len())
    }
}

/// Body and describing fields, so that an equal tag means an equal answer; what caches are told is left out:
/// it changes while the answer does not, and a 304 brings it anew.
fn tag_of(page: &Page, body: &Body) -> Option<(EntityTag, HeaderValue)> {
    if page.status() != StatusCode::OK {
        return None;
    }
    if page.answered().own_tag == OwnTag::Origins {
        let etag = page.validators().etag.as_ref()?;
        return Some((EntityTag::of_origin(etag)?, etag.clone()));
    }
    let body = body.to_bytes();
    let fields = page.headers().iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    let tag = EntityTag::of([&*body].into_iter().chain(fields));
    Some((tag, tag.field()))
}
