//! Which attributes a plugin may write, and which values. One list serves the elements it brings
//! and the ones it finds. No client data enters.

use std::borrow::Cow;

use crate::address::Addresses;
use crate::pictures;
use crate::properties::On;
use crate::removed::{Loss, Reason, printable};
use crate::style;
use crate::tags::Touch;
use crate::template::{acting_class, markup_in};

/// The longest value of a set attribute.
pub(crate) const MAX_VALUE_BYTES: usize = 2_048;

/// Names with `data-` that mean nothing to scripts of a page: crawlers alone read them.
const DATA: [&str; 1] = ["data-nosnippet"];

/// What may be said to assistive technology. Left out are the names by which scripts find what to move
/// (`aria-controls`, `aria-owns`, `aria-flowto`, `aria-activedescendant`, `aria-details`,
/// `aria-errormessage`), and `aria-modal`, which hides the rest of the page.
const ARIA: [&str; 33] = [
    "aria-atomic",
    "aria-busy",
    "aria-colcount",
    "aria-colindex",
    "aria-colspan",
    "aria-current",
    "aria-describedby",
    "aria-description",
    "aria-disabled",
    "aria-expanded",
    "aria-haspopup",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "aria-level",
    "aria-live",
    "aria-multiselectable",
    "aria-orientation",
    "aria-posinset",
    "aria-pressed",
    "aria-relevant",
    "aria-required",
    "aria-roledescription",
    "aria-rowcount",
    "aria-rowindex",
    "aria-rowspan",
    "aria-selected",
    "aria-setsize",
    "aria-sort",
    "aria-valuemax",
    "aria-valuemin",
    "aria-valuenow",
    "aria-valuetext",
];

/// Elements that are part of a line, unless a style says otherwise.
const IN_LINES: [&str; 29] = [
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q",
    "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var",
];

/// What is said of a value that was accepted, maybe only in part.
pub(crate) struct Accepted<'v> {
    /// What may be written.
    pub(crate) value: Cow<'v, str>,
    /// What is missing from it, with its place in the value.
    pub(crate) lost: Vec<Loss>,
}

impl<'v> Accepted<'v> {
    fn whole(value: impl Into<Cow<'v, str>>) -> Self {
        Self { value: value.into(), lost: Vec::new() }
    }
}

/// Every attribute that may stand on some element; which, is asked for each one.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    const PLAIN: [&str; 25] = [
        "class", "lang", "dir", "href", "src", "srcset", "sizes", "style", "alt", "title", "width", "height",
        "hidden", "role", "target", "loading", "colspan", "rowspan", "scope", "span", "start", "reversed",
        "open", "datetime", "value",
    ];
    PLAIN.into_iter().chain(ARIA).chain(DATA)
}

/// How setting an attribute touches an element; `None` for attributes that no plugin may set.
pub(crate) fn touch_of(name: &str) -> Option<Touch> {
    match name {
        "class" | "lang" => Some(Touch::Style),
        "href" => Some(Touch::Link),
        "src" | "srcset" | "sizes" => Some(Touch::Source),
        "alt" | "title" | "width" | "height" | "hidden" | "role" | "style" => Some(Touch::Attribute),
        _ if ARIA.contains(&name) || DATA.contains(&name) => Some(Touch::Attribute),
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
        // Elsewhere it would turn the side at which what is too large overflows. No style stands beside it,
        // which could make a box of them.
        "dir" => matches!(tag, "bdi" | "bdo"),
        "style" if matches!(tag, "bdi" | "bdo") => false,
        _ => touch_of(name).is_some_and(|touch| touch.allows(tag)),
    }
}

/// Judges a value of an attribute that may stand.
///
/// `tag` is the element of the plugin's that it stands on; without one, it is set on some of the page's.
///
/// # Errors
/// What is wrong with all of it.
pub(crate) fn accept<'v>(
    addresses: &Addresses,
    tag: Option<&str>,
    name: &str,
    value: &'v str,
) -> Result<Accepted<'v>, Reason> {
    if value.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
        return Err(Reason::new("its value holds a control character", "leave the character out"));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(Reason::new("its value is longer than 2,048 bytes", "write less"));
    }
    match name {
        "href" => match addresses.link(value) {
            Err(why) => Err(Reason::new(why, "link to a path of this site, or by https to another site")),
            Ok(address) => {
                let at = value.find('?').unwrap_or(0)..value.len();
                let why = Reason::new("links into passthrough routes carry no query", "leave the query out");
                let lost = address.query_dropped.then(|| why.of("the query", at)).into_iter().collect();
                Ok(Accepted { lost, value: address.into() })
            }
        },
        "src" => match addresses.loading(value) {
            Ok(address) => Ok(Accepted::whole(address)),
            Err(why) => Err(Reason::new(why, pictures::INSTEAD)),
        },
        "srcset" => pictures::candidates(addresses, value).map(Accepted::whole),
        "style" => {
            let styled = style::read(value, stands_on(tag));
            Ok(Accepted { value: styled.css.into(), lost: styled.lost })
        }
        "class" => Ok(classes(value)),
        _ => match form_of(name, value) {
            Some(why) => Err(Reason::new(why, "write such a value, or leave the attribute out")),
            None => Ok(Accepted::whole(value)),
        },
    }
}

fn stands_on(tag: Option<&str>) -> On {
    match tag {
        None => On::Page,
        Some(tag) if IN_LINES.contains(&tag) => On::Inline,
        Some(_) => On::Block,
    }
}

/// What is wrong with the value of an attribute that takes one of a few forms.
fn form_of(name: &str, value: &str) -> Option<&'static str> {
    let bytes = |most: usize, fits: fn(u8) -> bool| value.len() <= most && value.bytes().all(fits);
    let (fits, why) = match name {
        "sizes" => {
            (pictures::are_sizes(value), "it takes lengths, each with `(min-width: …)` or `(max-width: …)`")
        }
        "width" | "height" => (
            is_number(value.strip_suffix('%').unwrap_or(value)),
            "its value is a number, with or without `%`",
        ),
        "colspan" | "rowspan" | "span" | "start" | "value" => (is_number(value), "its value is a number"),
        "hidden" => (matches!(value, "" | "hidden"), "it stands without a value"),
        "open" | "reversed" | "data-nosnippet" => (value.is_empty(), "it stands without a value"),
        "dir" => (matches!(value, "ltr" | "rtl" | "auto"), "its value is `ltr`, `rtl` or `auto`"),
        "lang" => (bytes(35, |b| b.is_ascii_alphanumeric() || b == b'-'), "its value is a language tag"),
        "role" => (bytes(64, |b| b.is_ascii_lowercase() || b" -".contains(&b)), "its value is a role's name"),
        "target" => (value == "_blank", "its value is `_blank`"),
        "loading" => (matches!(value, "lazy" | "eager"), "its value is `lazy` or `eager`"),
        "scope" => (matches!(value, "row" | "col" | "rowgroup" | "colgroup"), "its value is `row` or `col`"),
        "datetime" => {
            (bytes(64, |b| b.is_ascii_alphanumeric() || b"-:+. ".contains(&b)), "its value is a time")
        }
        // Words for people.
        _ => return markup_in(value),
    };
    (!fits).then_some(why)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn classes(value: &str) -> Accepted<'_> {
    let mut lost = Vec::new();
    let mut kept = Vec::new();
    for class in value.split_ascii_whitespace() {
        match acting_class(class) {
            None => kept.push(class),
            Some(why) => {
                let start = class.as_ptr().addr() - value.as_ptr().addr();
                let what = format!("class `{}`", printable(class, 40));
                lost.push(Reason::new(why, "leave the class out").of(what, start..start + class.len()));
            }
        }
    }
    if lost.is_empty() { Accepted::whole(value) } else { Accepted { value: kept.join(" ").into(), lost } }
}

/// Why an attribute may not stand, for the author.
pub(crate) fn why_not(tag: &str, name: &str) -> Reason {
    const FRAMEWORKS: [&str; 16] = [
        "hx-", "x-", "v-", "ng-", "wire:", "up-", "uk-", "hy-", "u-", "w-", "ui-", "b-", "k-", "nz-", "mat-",
        "_",
    ];
    let (why, instead) = match name {
        "dir" => ("what is too large would overflow at the other side", "use it on `bdi` or `bdo`"),
        _ if name.starts_with("on") => {
            ("event handlers are not allowed", "leave it out: plugins run no scripts")
        }
        "id" | "name" | "for" => ("it could stand in for something of the page's own scripts", "use a class"),
        "form" | "formaction" | "formmethod" | "formtarget" | "action" | "method" | "enctype" => {
            ("it decides where a form is sent", "link to the site's own form")
        }
        "imagesrcset" | "imagesizes" | "background" | "poster" | "data" | "lowsrc" | "dynsrc"
        | "longdesc" | "cite" | "manifest" | "codebase" | "classid" | "archive" | "xlink:href" | "srcdoc"
        | "profile" => {
            ("it could load something that is not checked", "use an `<img>`, whose `src` is checked")
        }
        "ping" | "attributionsrc" => ("it tells others of a click", "leave it out"),
        "is" | "slot" | "part" | "exportparts" => ("scripts of the page could act on it", "leave it out"),
        "autofocus" | "tabindex" | "accesskey" | "contenteditable" | "popover" | "popovertarget"
        | "inert" | "draggable" | "command" | "commandfor" => {
            ("it changes what clicks and keys do", "leave it out")
        }
        "crossorigin" | "referrerpolicy" | "integrity" | "nonce" | "fetchpriority" | "download"
        | "usemap" | "ismap" | "rel" => ("it changes how something is asked for", "leave it out"),
        _ if name.starts_with("data-") => {
            ("scripts of the page could act on it", "use a class; of these only `data-nosnippet` is allowed")
        }
        _ if name.starts_with("aria-") => {
            ("scripts of the page could act on it, or it is not known", "use `aria-label` and the like")
        }
        _ if name.starts_with(['@', ':', '#', '*', '(', '[', '.', '?', '$', '{'])
            || name.contains([':', '{'])
            || FRAMEWORKS.iter().any(|start| name.starts_with(start)) =>
        {
            ("a framework of the page could run it", "leave it out")
        }
        _ if touch_of(name).is_some() || names().any(|known| known == name) => {
            return Reason::new(format!("it may not stand on `{}`", printable(tag, 40)), "leave it out");
        }
        _ => ("it is not on the list of harmless attributes", "leave it out"),
    };
    Reason::new(why, instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_act_are_left_out_with_their_place() {
        let accepted = classes("big ng-init:x()  md:flex js-open");
        assert_eq!(accepted.value, "big md:flex");
        let places: Vec<_> = accepted.lost.iter().map(|lost| lost.at.clone()).collect();
        assert_eq!(places, [4..15, 25..32]);
    }

    #[test]
    fn names_that_may_be_set_may_stand() {
        for name in names().filter(|name| touch_of(name).is_some()) {
            assert!(["p", "a", "img"].iter().any(|tag| may_stand(tag, name)), "{name}");
        }
        for name in
            ["data-x", "aria-controls", "aria-owns", "on", "id", "hx-get", "x-data", "formaction", "ping"]
        {
            assert!(touch_of(name).is_none() && !may_stand("a", name), "{name}");
        }
    }
}
