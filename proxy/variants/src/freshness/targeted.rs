//! `CDN-Cache-Control`: the directives of RFC 9111 in the syntax of RFC 8941, for caches of a site (RFC 9213).

use std::time::Duration;

use http::HeaderMap;
use sfv::{BareItem, ListEntry, Parser};

use super::directives::Directives;
use super::{CDN_CACHE_CONTROL, LONGEST};

/// The directives of `CDN-Cache-Control`. `None` without the field, and where it is empty, is no dictionary, or
/// gives a directive a value of another type than it has: such a field is ignored as a whole (RFC 9213 §2.1).
pub(super) fn read(headers: &HeaderMap) -> Option<Directives> {
    let mut lines = headers.get_all(CDN_CACHE_CONTROL).iter();
    let mut field = lines.next()?.as_bytes().to_vec();
    for line in lines {
        // RFC 8941 §4.2: lines are joined before they are read.
        field.extend_from_slice(b", ");
        field.extend_from_slice(line.as_bytes());
    }
    let dictionary = Parser::parse_dictionary(&field).ok()?;
    if dictionary.is_empty() {
        return None;
    }
    let mut read = Directives::default();
    for (name, value) in &dictionary {
        add(&mut read, name, value)?;
    }
    Some(read)
}

/// Adds a directive; parameters are ignored (RFC 9213 §2.1). `None` for a value of another type.
fn add(read: &mut Directives, name: &str, value: &ListEntry) -> Option<()> {
    match name {
        "no-store" => read.no_store = is_set(value)?,
        "private" => read.private = is_set_or_list(value)?,
        "no-cache" => read.no_cache = is_set_or_list(value)?,
        "must-revalidate" => read.must_revalidate = is_set(value)?,
        "proxy-revalidate" => read.proxy_revalidate = is_set(value)?,
        "no-transform" => read.no_transform = is_set(value)?,
        "must-understand" => read.must_understand = is_set(value)?,
        "public" => read.public = is_set(value)?,
        "max-age" => read.max_age = Some(seconds(value)?),
        "s-maxage" => read.s_maxage = Some(seconds(value)?),
        "stale-while-revalidate" => read.stale_while_revalidate = Some(seconds(value)?),
        "stale-if-error" => read.stale_if_error = Some(seconds(value)?),
        _ => {}
    }
    Some(())
}

fn bare(value: &ListEntry) -> Option<&BareItem> {
    match value {
        ListEntry::Item(item) => Some(&item.bare_item),
        ListEntry::InnerList(_) => None,
    }
}

/// A directive without argument is the Boolean true, and never false.
fn is_set(value: &ListEntry) -> Option<bool> {
    bare(value)?.as_bool().filter(|set| *set)
}

/// `no-cache` and `private` may have a list of fields, in a String.
fn is_set_or_list(value: &ListEntry) -> Option<bool> {
    is_set(value).or_else(|| bare(value)?.as_str().map(|_| true))
}

/// A number of seconds; a negative one is none at all.
fn seconds(value: &ListEntry) -> Option<Duration> {
    let seconds = bare(value)?.as_int()?;
    Some(u64::try_from(seconds).map_or(Duration::ZERO, Duration::from_secs).min(LONGEST))
}
