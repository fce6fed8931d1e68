//! Names and values in queries, forms and cookies: bounded, decoded, never trusted.

/// Pairs that are read of one query or form.
const MAX_PAIRS: usize = 16;
/// Bytes of a value before it is decoded.
const MAX_VALUE: usize = 256;

/// The first value of `name` in a query or a form (`application/x-www-form-urlencoded`). What is
/// longer than 256 bytes counts as absent.
pub(super) fn form_value(text: &str, name: &str) -> Option<String> {
    text.split('&')
        .take(MAX_PAIRS)
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, value)| *key == name && value.len() <= MAX_VALUE)
        .map(|(_, value)| decode(value))
}

/// The first value of the cookie `name`.
pub(super) fn cookie<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header
        .split(';')
        .take(MAX_PAIRS * 4)
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && value.len() <= MAX_VALUE)
        .map(|(_, value)| value)
}

fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        rest = ahead;
                    }
                    _ => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_bounded() {
        assert_eq!(form_value("a=1&q=two+w%C3%A9+%zz%4", "q").as_deref(), Some("two wé %zz%4"));
        assert_eq!(form_value("q=%00%0Aab", "q").as_deref(), Some("ab"));
        assert_eq!(form_value(&format!("q={}", "x".repeat(257)), "q"), None);
        assert_eq!(form_value(&format!("{}q=1", "a=1&".repeat(16)), "q"), None);
    }

    #[test]
    fn the_first_cookie_of_a_name_counts() {
        assert_eq!(cookie("a=1; sid=x; sid=y", "sid"), Some("x"));
        assert_eq!(cookie("asid=1", "sid"), None);
    }
}
