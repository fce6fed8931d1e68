//! Which elements an edit may touch, and which may stand in what it brings. Both are lists of what
//! is allowed: an element that nobody thought of is left alone. No client data enters.

use crate::removed::Reason;

/// Elements that a plugin's HTML may hold, and that an edit may touch in any way.
pub(crate) const CONTENT: [&str; 73] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
    "search",
];

/// Elements of a page that may also get new content, though none of them may stand in a plugin's
/// HTML.
const ALSO_FILLABLE: [&str; 6] = ["button", "label", "legend", "menu", "dialog", "font"];

/// Elements of a page that may be removed or hidden whole, and have neighbours and harmless
/// attributes, but whose inside belongs to the site.
const WHOLE_ONLY: [&str; 12] = [
    "audio", "canvas", "embed", "fieldset", "form", "iframe", "map", "object", "picture", "svg", "video",
    "area",
];

/// Why an element may not stand in a plugin's HTML.
pub(crate) fn why_no_element(tag: &str) -> Reason {
    let (why, instead) = match tag {
        "script" => ("scripts are not allowed", "leave it out: plugins run no scripts"),
        "style" => ("a style sheet would reach the whole page", "use the attribute `style`, or a class"),
        "link" | "meta" | "base" | "title" | "head" | "html" | "body" | "frameset" => {
            ("it sets rules for the whole page", "write only what goes into the page's content")
        }
        "iframe" | "frame" | "object" | "embed" | "applet" | "portal" | "fencedframe" => {
            ("it would show another document in the page", "link to it")
        }
        "form" | "input" | "button" | "select" | "option" | "optgroup" | "textarea" | "fieldset"
        | "label" | "legend" | "datalist" | "output" | "isindex" | "keygen" => {
            ("forms belong to the site", "link to the site's own form")
        }
        "svg" | "math" => (
            "it has a grammar of its own, in which scripts can hide",
            "use an `<img>` with a file of the site",
        ),
        "template" | "slot" | "noscript" | "xmp" | "plaintext" | "noembed" | "noframes" | "listing" => {
            ("browsers read what is in it in several ways", "write the content itself")
        }
        "audio" | "video" | "source" | "track" | "picture" | "canvas" | "map" | "area" | "image" => {
            ("it could load something that is not checked", "use an `<img>`, with `srcset` if need be")
        }
        _ if tag.contains('-') => {
            ("scripts of the page give it its meaning", "use `div` or `span` with a class")
        }
        _ => ("it is not on the list of harmless elements", "use `div` or `span` with a class"),
    };
    Reason::new(why, instead)
}

/// What an edit does to an element, as far as it decides which elements may be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// HTML takes the place of the content.
    Fill,
    /// Text takes the place of the content.
    Text,
    /// HTML is put beside the element, or the element is removed.
    Around,
    /// An attribute is set that any element understands.
    Attribute,
    /// `class`, `lang` or `dir` is set, which even the whole page may have.
    Style,
    /// `href` is set.
    Link,
    /// `src` is set.
    Source,
}

impl Touch {
    /// Whether an element of this name (lower case) may be touched so.
    ///
    /// Left out on purpose: whatever holds something other than markup (`script`, `style`,
    /// `template`, `textarea`), whatever sets rules for the page (`meta`, `base`, `link`, `head`),
    /// and form controls, which carry the site's own protection.
    pub(crate) fn allows(self, tag: &str) -> bool {
        let content = || CONTENT.contains(&tag) || is_custom(tag);
        let fillable = || content() || ALSO_FILLABLE.contains(&tag);
        let any = || fillable() || WHOLE_ONLY.contains(&tag);
        match self {
            Self::Fill => fillable(),
            Self::Text => fillable() || tag == "title",
            Self::Around | Self::Attribute => any(),
            Self::Style => any() || tag == "html" || tag == "body",
            Self::Link => tag == "a" || tag == "area",
            Self::Source => tag == "img",
        }
    }
}

/// A custom element: its content is ordinary markup.
fn is_custom(tag: &str) -> bool {
    // These names have a dash and belong to SVG and MathML.
    const FOREIGN: [&str; 8] = [
        "annotation-xml",
        "color-profile",
        "font-face",
        "font-face-src",
        "font-face-uri",
        "font-face-format",
        "font-face-name",
        "missing-glyph",
    ];
    tag.contains('-') && tag.starts_with(|first: char| first.is_ascii_lowercase()) && !FOREIGN.contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_that_are_not_markup_are_never_filled() {
        for tag in
            ["script", "style", "template", "textarea", "noscript", "iframe", "select", "svg", "math", "head"]
        {
            assert!(!Touch::Fill.allows(tag) && !Touch::Text.allows(tag), "{tag}");
        }
        assert!(Touch::Text.allows("title") && !Touch::Fill.allows("title"));
    }

    #[test]
    fn rules_of_the_page_are_never_removed() {
        for tag in ["meta", "base", "link", "html", "head", "body", "script", "style", "title", "input"] {
            assert!(!Touch::Around.allows(tag), "{tag}");
        }
        assert!(Touch::Around.allows("iframe") && Touch::Around.allows("my-banner"));
    }
}
