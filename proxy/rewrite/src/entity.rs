//! Character references, as far as they matter for judging an attribute of a page and for writing
//! text into one. No client data enters.

use std::borrow::Cow;

/// Named references of ASCII characters that change what an attribute means.
const NAMED: [(&str, char); 14] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("semi", ';'),
    ("colon", ':'),
    ("comma", ','),
    ("sol", '/'),
    ("quest", '?'),
    ("lowbar", '_'),
    ("period", '.'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
];

/// The longest reference that is looked at, without `&` and `;`.
const MAX_REFERENCE: usize = 12;

/// Resolves numeric references and the named ones listed above; any other stays as it is.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        match reference(after) {
            Some((character, length)) => {
                decoded.push(character);
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character at the start of `text` (behind the `&`), and how many bytes spell it.
fn reference(text: &str) -> Option<(char, usize)> {
    let Some(number) = text.strip_prefix('#') else {
        let name = text.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= MAX_REFERENCE)?;
        let (_, character) = NAMED.iter().find(|(known, _)| *known == name)?;
        return Some((*character, name.len() + 1));
    };
    let (digits, radix, mark) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 2),
        None => (number, 10, 1),
    };
    let count = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    // A long run of digits is either leading zeros or no character at all.
    let spelled = digits.get(..count)?.trim_start_matches('0');
    if count == 0 || spelled.len() > MAX_REFERENCE {
        return None;
    }
    let code = if spelled.is_empty() { 0 } else { u32::from_str_radix(spelled, radix).unwrap_or(u32::MAX) };
    let character = char::from_u32(code).filter(|found| *found != '\0').unwrap_or('\u{FFFD}');
    let semicolon = usize::from(digits.get(count..).is_some_and(|tail| tail.starts_with(';')));
    Some((character, mark + count + semicolon))
}

/// Writes text so that it stands for itself, as an element's content or as an attribute's value.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Spells every character beyond ASCII as a reference, for pages that are not UTF-8: the same in
/// any encoding.
pub(crate) fn to_ascii(html: &str) -> Cow<'_, str> {
    if html.is_ascii() {
        return Cow::Borrowed(html);
    }
    let mut spelled = String::with_capacity(html.len() * 2);
    for character in html.chars() {
        if character.is_ascii() {
            spelled.push(character);
        } else {
            spelled.push_str("&#");
            spelled.push_str(&u32::from(character).to_string());
            spelled.push(';');
        }
    }
    Cow::Owned(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        for (text, expected) in [
            ("set&#45;cookie", "set-cookie"),
            ("set&#x2D;cookie", "set-cookie"),
            ("set&#0000045cookie", "set-cookie"),
            ("a&amp;b&semi;c", "a&b;c"),
            ("&copy; &nothing &", "&copy; &nothing &"),
            ("&#xFFFFFFFFFF;", "\u{FFFD}"),
            ("&#0;", "\u{FFFD}"),
            ("&#;", "&#;"),
            ("é&#233;", "éé"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn escaped_text_decodes_to_itself() {
        let text = "<a href=\"x\">'&amp;'</a>";
        assert_eq!(decode(&escape(text)), text);
    }

    #[test]
    fn ascii_spelling_keeps_markup() {
        assert_eq!(to_ascii("<b>été</b>"), "<b>&#233;t&#233;</b>");
    }
}
