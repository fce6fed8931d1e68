//! Percent-encoding (RFC 3986): which bytes stand for themselves, and how the others are written.
//!
//! Client bytes are transformed here, never stored.

/// Letters, digits, `-`, `.`, `_` and `~`: the same whether encoded or not.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Bytes that stand for themselves in a path segment.
pub(crate) const fn is_path_char(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

/// The byte that two hexadecimal digits stand for.
pub(crate) fn from_hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Appends `%XX` with upper-case digits.
pub(crate) fn push_encoded(byte: u8, out: &mut String) {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'A' + value - 10 });
    out.push('%');
    out.push(digit(byte >> 4));
    out.push(digit(byte & 15));
}

/// The bytes that a form-encoded text stands for (`+` is a space); `None` for a broken escape.
pub(crate) struct FormBytes<'t>(std::slice::Iter<'t, u8>);

impl<'t> FormBytes<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self(text.as_bytes().iter())
    }
}

impl Iterator for FormBytes<'_> {
    type Item = Option<u8>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.0.next()? {
            b'+' => Some(b' '),
            b'%' => match (self.0.next(), self.0.next()) {
                (Some(high), Some(low)) => from_hex(*high, *low),
                _ => None,
            },
            byte => Some(*byte),
        })
    }
}

/// Decodes a form-encoded text into `buffer`; `None` if it does not fit, is broken or not UTF-8.
pub(crate) fn decode_form<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b str> {
    let mut length = 0;
    for byte in FormBytes::new(text) {
        *buffer.get_mut(length)? = byte?;
        length += 1;
    }
    std::str::from_utf8(buffer.get(..length)?).ok()
}

/// Whether a form-encoded text stands for `plain`.
pub(crate) fn form_equals(text: &str, plain: &str) -> bool {
    FormBytes::new(text).eq(plain.bytes().map(Some))
}

/// Appends a text with everything but unreserved bytes encoded.
pub(crate) fn push_form(plain: &str, out: &mut String) {
    for byte in plain.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            push_encoded(byte, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_decode_and_encode_canonically() {
        let mut buffer = [0; 8];
        assert_eq!(decode_form("a%20b+c", &mut buffer), Some("a b c"));
        assert_eq!(decode_form("%C3%A9", &mut buffer), Some("é"));
        assert_eq!(decode_form("%C3", &mut buffer), None);
        assert_eq!(decode_form("%4", &mut buffer), None);
        assert_eq!(decode_form("%zz", &mut buffer), None);
        assert_eq!(decode_form("123456789", &mut buffer), None);
        let mut out = String::new();
        push_form("a b/é", &mut out);
        assert_eq!(out, "a%20b%2F%C3%A9");
        assert!(form_equals("utm%5Fmedium", "utm_medium"));
        assert!(!form_equals("utm_medium", "utm"));
    }
}
