//! Delimiters of template languages. A page's own framework may evaluate what stands between them,
//! which makes plain text a program; so content that holds one is refused whole. No client data
//! enters.

/// What opens an expression in the template languages that run in pages: Vue, Angular, Alpine, lit,
/// Polymer and kin.
const DELIMITERS: [&str; 6] = ["{{", "${", "{%", "<%", "[[", "#{"];

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

/// Whether a class name is a directive of AngularJS, which reads them from classes too (`ng-init:`
/// and the like).
pub(crate) fn is_class_directive(class: &str) -> bool {
    let lower = class.to_ascii_lowercase();
    let separated = |text: &str, word: &str| {
        text.strip_prefix(word).and_then(|rest| rest.strip_prefix(['-', '_', ':']).map(str::to_owned))
    };
    let bare = separated(&lower, "x").or_else(|| separated(&lower, "data")).unwrap_or(lower);
    separated(&bare, "ng").is_some()
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
        for class in ["ng-init:x()", "ng_init", "NG:bind", "data-ng-bind", "x-ng-cloak"] {
            assert!(is_class_directive(class), "{class}");
        }
        for class in ["ngo", "md:flex", "data-table", "x-large", "big"] {
            assert!(!is_class_directive(class), "{class}");
        }
    }
}
