//! Which attributes a plugin may write, and which values. One list serves the elements it brings
//! and the ones it finds. No client data enters.

use std::borrow::Cow;

use crate::address::Addresses;
use crate::tags::Touch;
use crate::template::is_class_directive;

/// The longest value of a set attribute.
pub(crate) const MAX_VALUE_BYTES: usize = 2_048;

/// What is said of a value that was accepted only in part.
pub(crate) struct Accepted<'v> {
    /// What may be written.
    pub(crate) value: Cow<'v, str>,
    /// What is missing from it, in words.
    pub(crate) lost: Option<&'static str>,
}

impl<'v> Accepted<'v> {
    fn whole(value: &'v str) -> Self {
        Self { value: Cow::Borrowed(value), lost: None }
    }
}

/// How setting an attribute touches an element; `None` for attributes that no plugin may set.
pub(crate) fn touch_of(name: &str) -> Option<Touch> {
    match name {
        "class" | "lang" | "dir" => Some(Touch::Style),
        "href" => Some(Touch::Link),
        "src" => Some(Touch::Source),
        "alt" | "title" | "width" | "height" | "hidden" | "role" => Some(Touch::Attribute),
        _ if is_aria(name) => Some(Touch::Attribute),
        _ => None,
    }
}

/// Whether an attribute may stand on an element of a plugin's HTML.
pub(crate) fn may_stand(tag: &str, name: &str) -> bool {
    match name {
        "target" => tag == "a",
        "loading" => tag == "img",
        "colspan" | "rowspan" => tag == "td" || tag == "th",
        "scope" => tag == "th",
        "span" => tag == "col" || tag == "colgroup",
        "start" | "reversed" => tag == "ol",
        "value" => tag == "li",
        "open" => tag == "details",
        "datetime" => matches!(tag, "time" | "ins" | "del"),
        "width" | "height" | "alt" => tag == "img",
        _ => touch_of(name).is_some_and(|touch| touch.allows(tag)),
    }
}

/// Judges a value of an attribute that may stand; the error says in words what is wrong with it.
pub(crate) fn accept<'v>(
    addresses: &Addresses,
    name: &str,
    value: &'v str,
) -> Result<Accepted<'v>, &'static str> {
    if value.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
        return Err("its value holds a control character");
    }
    let of = |fits: bool, why| if fits { Ok(Accepted::whole(value)) } else { Err(why) };
    let bytes = |most: usize, fits: fn(u8) -> bool| value.len() <= most && value.bytes().all(fits);
    match name {
        "href" => addresses.link(value).map(|address| Accepted {
            lost: address.query_dropped.then_some("links into passthrough routes carry no query"),
            value: address.into(),
        }),
        "src" => addresses.loading(value).map(|address| Accepted { value: address.into(), lost: None }),
        "class" => Ok(classes(value)),
        "width" | "height" => {
            let number = value.strip_suffix('%').unwrap_or(value);
            of(is_number(number), "its value is a number, with or without `%`")
        }
        "colspan" | "rowspan" | "span" | "start" | "value" => of(is_number(value), "its value is a number"),
        "hidden" => of(matches!(value, "" | "hidden"), "it stands without a value"),
        "open" | "reversed" => of(value.is_empty(), "it stands without a value"),
        "dir" => of(matches!(value, "ltr" | "rtl" | "auto"), "its value is `ltr`, `rtl` or `auto`"),
        "lang" => of(bytes(35, |b| b.is_ascii_alphanumeric() || b == b'-'), "its value is a language tag"),
        "role" => {
            of(bytes(64, |b| b.is_ascii_lowercase() || b" -".contains(&b)), "its value is a role's name")
        }
        "target" => of(value == "_blank", "its value is `_blank`"),
        "loading" => of(matches!(value, "lazy" | "eager"), "its value is `lazy` or `eager`"),
        "scope" => {
            of(matches!(value, "row" | "col" | "rowgroup" | "colgroup"), "its value is `row` or `col`")
        }
        "datetime" => {
            of(bytes(64, |b| b.is_ascii_alphanumeric() || b"-:+. ".contains(&b)), "its value is a time")
        }
        _ => of(value.len() <= MAX_VALUE_BYTES, "its value is longer than 2,048 bytes"),
    }
}

fn is_aria(name: &str) -> bool {
    name.strip_prefix("aria-").is_some_and(|rest| {
        !rest.is_empty() && rest.len() <= 32 && rest.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn classes(value: &str) -> Accepted<'_> {
    if !value.split_ascii_whitespace().any(is_class_directive) {
        return Accepted::whole(value);
    }
    let kept: Vec<_> = value.split_ascii_whitespace().filter(|class| !is_class_directive(class)).collect();
    Accepted {
        value: Cow::Owned(kept.join(" ")),
        lost: Some("classes that a framework runs are not allowed"),
    }
}

/// Why an attribute may not stand, in words for the author.
pub(crate) fn describe(tag: &str, name: &str) -> String {
    let shown: String = name.chars().take(40).filter(|character| !character.is_control()).collect();
    let why = if name.starts_with("on") {
        "event handlers are not allowed"
    } else {
        match name {
            "style" => "styles are not allowed, use a class",
            "id" | "name" => "it could stand in for something of the page's own scripts",
            "srcset" | "sizes" | "imagesrcset" => "one `src` is enough, and is checked",
            "ping" | "attributionsrc" => "it tells others of a click",
            _ if name.starts_with("data-") => "scripts of the page could act on it",
            _ => "it is not on the list of harmless attributes",
        }
    };
    format!("attribute `{shown}` of `{tag}`: {why}")
}
