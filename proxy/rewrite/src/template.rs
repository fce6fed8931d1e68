//! Delimiters of template languages. A page's own framework may evaluate what stands between them,
//! which makes plain text a program; so content that holds one is refused whole. No client data
//! enters.

/// What opens an expression in the template languages that run in pages: Vue, Angular, Alpine, lit,
/// Polymer and kin.
const DELIMITERS: [&str; 7] = ["{{", "${", "{%", "<%", "[[", "#{", "{["];

/// The delimiter that `text` holds or could complete together with the text beside it. `text` is as
/// the page's scripts will see it: character references are resolved.
pub(crate) fn delimiter_in(text: &str) -> Option<&'static str> {
    if let Some(found) = DELIMITERS.into_iter().find(|delimiter| text.contains(delimiter)) {
        return Some(found);
    }
    // Two edits may end up side by side, each with one half.
    if text.starts_with('{') || text.ends_with('{') {
        return Some("{");
    }
    ["<", "["].into_iter().find(|half| text.ends_with(half))
}

/// As [`delimiter_in`], for serialized HTML.
pub(crate) fn delimiter_in_html(html: &str) -> Option<&'static str> {
    if html.contains("&lt;") {
        return delimiter_in(&html.replace("&lt;", "<"));
    }
    delimiter_in(html)
}

/// Why a class may not stand, if it makes something on the page act: directives of AngularJS, which reads
/// them from classes too (`ng-init:` and the like), and names that by custom only scripts look for.
pub(crate) fn acting_class(class: &str) -> Option<&'static str> {
    let lower = class.to_ascii_lowercase();
    let separated = |text: &str, word: &str| {
        text.strip_prefix(word).and_then(|rest| rest.strip_prefix(['-', '_', ':']).map(str::to_owned))
    };
    let bare = separated(&lower, "x").or_else(|| separated(&lower, "data")).unwrap_or(lower);
    if separated(&bare, "ng").is_some() {
        return Some("a framework of the page could run it");
    }
    bare.starts_with("js-").then_some("scripts of the page could act on it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_delimiters_are_found_anywhere() {
        for text in ["a {{ b", "${x}", "50 {% if %}", "<%= x %>", "[[x]]", "#{x}"] {
            assert!(delimiter_in(text).is_some(), "{text}");
        }
        assert_eq!(delimiter_in_html("a &lt;% b"), Some("<%"));
    }

    #[test]
    fn halves_at_the_border_are_found_and_plain_signs_are_not() {
        for text in ["{x}}", "x{", "x<", "x["] {
            assert!(delimiter_in(text).is_some(), "{text}");
        }
        for text in ["50 % off", "US$ 5", "a {b} c", "[New] sale", "#1", "a < b"] {
            assert_eq!(delimiter_in(text), None, "{text}");
        }
    }

    #[test]
    fn class_directives_are_told_from_classes() {
        for class in ["ng-init:x()", "ng_init", "NG:bind", "data-ng-bind", "x-ng-cloak", "js-open", "JS-x"] {
            assert!(acting_class(class).is_some(), "{class}");
        }
        for class in ["ngo", "md:flex", "data-table", "x-large", "big", "json"] {
            assert_eq!(acting_class(class), None, "{class}");
        }
    }
}
