//! The fields of a page in one buffer of their own.
//!
//! What comes from a connection are slices of the buffer that it was read into, some kilobytes long: one short field
//! would keep all of it for as long as the page is stored. So all values of a page are copied behind each other, each
//! once, however many fields have it, and maps have room for what is in them and no more.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::page::Answered;
use crate::{Validators, footprint};

/// Values that stand in one buffer.
struct Values {
    buffer: Bytes,
    /// Where each stands; only as many as a page has different values.
    places: Vec<(usize, usize)>,
}

impl Values {
    fn of<'v>(values: impl Iterator<Item = &'v HeaderValue>) -> Self {
        let (mut buffer, mut places) = (Vec::new(), Vec::<(usize, usize)>::new());
        for value in values.map(HeaderValue::as_bytes) {
            let stands = |(start, end): &(usize, usize)| buffer.get(*start..*end) == Some(value);
            if !places.iter().any(stands) {
                places.push((buffer.len(), buffer.len() + value.len()));
                buffer.extend_from_slice(value);
            }
        }
        Self { buffer: footprint::exact(buffer), places }
    }

    /// The same value, standing here.
    fn own(&self, value: &HeaderValue) -> HeaderValue {
        let stands = |(start, end): &&(usize, usize)| self.buffer.get(*start..*end) == Some(value.as_bytes());
        let own = self.places.iter().find(stands).map(|(start, end)| self.buffer.slice(*start..*end));
        // What was a value is one here too.
        own.and_then(|own| HeaderValue::from_maybe_shared(own).ok()).unwrap_or_else(|| value.clone())
    }

    fn own_map(&self, map: &HeaderMap) -> HeaderMap {
        let mut own = HeaderMap::with_capacity(map.keys_len());
        for (name, value) in map {
            own.append(name.clone(), self.own(value));
        }
        own
    }
}

/// The same answer with its fields in a buffer of their own; and the length of that.
pub(crate) fn compacted(answered: Answered) -> (Answered, usize) {
    let Answered { headers, sent, origin, validators, .. } = &answered;
    let Validators { etag, last_modified } = validators;
    let maps = [origin, headers, sent];
    let all = maps.iter().flat_map(|map| map.values()).chain(etag).chain(last_modified);
    let values = Values::of(all);
    let [origin, headers, sent] = maps.map(|map| values.own_map(map));
    let own = |value: &Option<HeaderValue>| value.as_ref().map(|value| values.own(value));
    let validators = Validators { etag: own(etag), last_modified: own(last_modified) };
    let length = values.buffer.len();
    (Answered { headers, sent, origin, validators, ..answered }, length)
}

/// Bytes that a map of fields takes, the values not counted: these stand elsewhere, and most names are constants.
pub(crate) fn map_weight(map: &HeaderMap) -> usize {
    /// A name, a value, their hash, and where more values of the name are.
    const ENTRY: usize = 104;
    /// One of these.
    const MORE: usize = 72;
    /// A place in the index, of which three in four are used.
    const PLACE: usize = 4;
    let room = map.capacity();
    let more = map.len() - map.keys_len();
    footprint::of(room * ENTRY) + footprint::of((room + room / 3) * PLACE) + footprint::of(more * MORE)
}

#[cfg(test)]
mod tests {
    use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
    use http::{HeaderName, StatusCode};

    use super::*;
    use crate::OwnTag;

    #[test]
    fn fields_are_the_same_and_keep_nothing_else() {
        // As they are read from a connection: slices of one long buffer.
        let read = Bytes::from([&b"\"v1\"text/htmlAcceptno-cache"[..], &[0; 64 * 1024]].concat());
        let value = |range| HeaderValue::from_maybe_shared(read.slice(range)).unwrap();
        let (etag, html, accept, no_cache) = (value(0..4), value(4..13), value(13..19), value(19..27));
        let map = |fields: &[(HeaderName, &HeaderValue)]| {
            let mut map = HeaderMap::with_capacity(64);
            for (name, value) in fields {
                map.append(name.clone(), (*value).clone());
            }
            map
        };
        let answered = Answered {
            status: StatusCode::OK,
            headers: map(&[(CONTENT_TYPE, &html)]),
            sent: map(&[(VARY, &accept), (CACHE_CONTROL, &no_cache), (VARY, &html)]),
            own_tag: OwnTag::Ours,
            dated: false,
            compresses: false,
            body: Bytes::new(),
            validators: Validators { etag: Some(etag.clone()), last_modified: None },
            origin: map(&[(CONTENT_TYPE, &html), (ETAG, &etag), (CACHE_CONTROL, &no_cache)]),
        };
        let (own, length) = compacted(answered.clone());
        assert_eq!(length, 27, "each value stands there once");
        for (own, given) in
            [(&own.headers, &answered.headers), (&own.sent, &answered.sent), (&own.origin, &answered.origin)]
        {
            assert_eq!(own, given);
            assert!(own.capacity() <= 6 && given.capacity() >= 64, "{}", own.capacity());
            let within = |value: &HeaderValue| read.as_ptr_range().contains(&value.as_bytes().as_ptr());
            assert!(given.values().all(within) && !own.values().any(within));
        }
        assert_eq!(own.validators, answered.validators);
    }
}
