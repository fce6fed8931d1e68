//! Delimiters of template languages. A page's own framework may evaluate what stands between them,
//! which makes plain text a program; so content that holds one is refused whole. No client data
//! enters.

/// What opens an expression in the template languages that run in pages: Vue, Angular, Alpine, lit,
/// Polymer and kin. With `\` and `$$` formulas begin, and those may hold links that run a script.
const DELIMITERS: [&str; 9] = ["{{", "${", "{%", "<%", "[[", "#{", "{[", "\\", "$$"];

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
    let found =
        if html.contains("&lt;") { delimiter_in(&html.replace("&lt;", "<")) } else { delimiter_in(html) };
    // What typesets formulas reads over a `<wbr>`.
    found.or_else(|| (html.ends_with('$') || html.contains("$<wbr")).then_some("$"))
}

const RUN: &str = "a framework of the page could run it";

/// Why a class may not stand, if it makes something on the page act: directives of AngularJS, which finds
/// them anywhere in a class (`ng-init:` and the like), values that style sheets made in the page would take
/// over (`bg-[url(…)]`), and names that by custom only scripts look for.
pub(crate) fn acting_class(class: &str) -> Option<&'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '/' | '.');
    if !class.chars().all(is_plain) {
        return Some(
            "it holds more than letters, digits, `-`, `_`, `:`, `/` and `.`, which some page could run",
        );
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if class.split(|c| !is_word(c)).any(is_directive) || is_directive(class) {
        return Some(RUN);
    }
    without_prefix(class)
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("js-"))
        .then_some("scripts of the page could act on it")
}

/// A class without what AngularJS leaves out in front.
fn without_prefix(class: &str) -> &str {
    let mut rest = class;
    loop {
        let bare = rest.trim_start_matches(['-', '_', ':', '/', '.']);
        let after = ["x", "data"].into_iter().find_map(|prefix| {
            let (start, end) = bare.split_at_checked(prefix.len())?;
            (start.eq_ignore_ascii_case(prefix) && end.starts_with(['-', '_', ':'])).then_some(end)
        });
        match after {
            Some(end) => rest = end,
            None => return bare,
        }
    }
}

/// Whether AngularJS takes a word for one of its own directives: `ng-init`, `ng_init`, `ngInit`.
fn is_directive(word: &str) -> bool {
    let bare = without_prefix(word);
    let Some((start, rest)) = bare.split_at_checked(2) else { return false };
    start.eq_ignore_ascii_case("ng")
        && rest.starts_with(|c: char| matches!(c, '-' | '_' | ':') || c.is_ascii_uppercase())
}

/// Why words of an attribute may not stand: scripts that show them bigger, as a title or a bubble, often take
/// them for HTML, once more for each time that they are escaped.
pub(crate) fn markup_in(words: &str) -> Option<&'static str> {
    let opens = |rest: &str| {
        rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
    };
    if words.match_indices('<').any(|(at, _)| words.get(at + 1..).is_some_and(opens)) {
        return Some("scripts of the page could take it for HTML");
    }
    let refers = |rest: &str| {
        let name = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let starts =
            |known: &str| rest.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known));
        rest.starts_with('#')
            || name > 0 && rest.as_bytes().get(name) == Some(&b';')
            || starts("lt")
            || starts("amp")
    };
    let escaped = words.match_indices('&').any(|(at, _)| words.get(at + 1..).is_some_and(refers));
    escaped.then_some("scripts of the page could read it once more, and then as HTML")
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
        for text in ["\\(x\\)", "\\[", "x\\", "$$x$$", "\\begin{x}"] {
            assert!(delimiter_in(text).is_some(), "{text}");
        }
        assert!(delimiter_in_html("x$").is_some() && delimiter_in_html("$<wbr>$").is_some());
        for text in ["50 % off", "5 $", "a `b`", "US$ 5", "a {b} c", "[New] sale", "#1", "a < b"] {
            assert_eq!(delimiter_in(text), None, "{text}");
        }
    }

    #[test]
    fn class_directives_are_told_from_classes() {
        for class in [
            "ng-init:x()",
            "ng_init",
            "NG:bind",
            "data-ng-bind",
            "x-ng-cloak",
            "js-open",
            "JS-x",
            "data-js-x",
            "ngInit:constructor.constructor",
            "a;ng-init:x",
            "!ng-init:x",
            "_ng-init:x",
            "-ngInit",
            "x-_ng-init",
            "x_data-ng-init",
            "a:ng-init:x",
            "a.ngInit",
            "a/ng-init",
            "\u{e9}ng-init",
            "bg-[url(//evil.example)]",
            "[body:has(input)_&]:p-1",
            "a=b",
            "a&b",
        ] {
            assert!(acting_class(class).is_some(), "{class}");
        }
        for class in [
            "ngo",
            "md:flex",
            "data-table",
            "x-large",
            "big",
            "json",
            "w-1/2",
            "p-0.5",
            "a__b--c",
            "-mt-1",
            "ng2",
        ] {
            assert_eq!(acting_class(class), None, "{class}");
        }
    }

    #[test]
    fn words_are_told_from_markup() {
        for words in
            ["<img src=x>", "a</b", "<!--", "<?x", "a <", "&lt;img", "&#60;b", "&LT;b", "&amp;lt;b", "&lpar;"]
        {
            assert!(markup_in(words).is_some(), "{words}");
        }
        for words in ["a < b", "AT&T", "R & D", "1 <2", "&", "a > b", "L&T"] {
            assert_eq!(markup_in(words), None, "{words}");
        }
    }
}
