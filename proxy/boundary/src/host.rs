//! Host names in one spelling: lower case, no port, no dot at the end.

/// The longest host name, in bytes.
pub(crate) const MAX_HOST_BYTES: usize = 253;

/// Writes the name of a host (perhaps with a port) into `buffer`; `None` if it is none.
pub(crate) fn normalize<'b>(text: &str, buffer: &'b mut [u8; MAX_HOST_BYTES]) -> Option<&'b str> {
    let (name, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let end = inner.find(']')? + 2;
            (text.get(..end)?, text.get(end..)?)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if (port.is_empty() != digits.is_empty() && port != ":") || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let target = buffer.get_mut(..name.len())?;
    for (to, from) in target.iter_mut().zip(name.bytes()) {
        let fits = from.is_ascii_alphanumeric() || matches!(from, b'-' | b'.' | b'_' | b'[' | b']' | b':');
        *to = if fits { from.to_ascii_lowercase() } else { return None };
    }
    std::str::from_utf8(target).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_host_become_one() {
        let normal = |text: &str| normalize(text, &mut [0; MAX_HOST_BYTES]).map(str::to_owned);
        for text in ["shop.example", "SHOP.example", "shop.example.", "shop.example:8080", "shop.example:"] {
            assert_eq!(normal(text).as_deref(), Some("shop.example"), "{text}");
        }
        assert_eq!(normal("[::1]:80").as_deref(), Some("[::1]"));
        assert_eq!(normal("127.0.0.1:80").as_deref(), Some("127.0.0.1"));
        for text in [
            "",
            ":80",
            ".",
            "a b",
            "user@shop.example",
            "shop.example:8x",
            "a:1:2",
            "é.example",
            "[::1",
            "[::1]x",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
        assert_eq!(normal(&"a".repeat(254)), None);
    }
}
