//! JSON (RFC 8259) as far as a consent cookie needs it: read once, in place, to a bounded depth. Texts
//! with escapes are refused, so that one text can be written in one way only.

/// How deep arrays and objects may stand in each other.
const MAX_DEPTH: usize = 8;

/// A place in a text. Each method reads one value, and answers `None` where there is none of its kind.
pub(super) struct Json<'t> {
    rest: &'t [u8],
    depth: usize,
}

impl<'t> Json<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { rest: text, depth: 0 }
    }

    /// An object: `each` is given every key, and reads the value.
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, &'t [u8]) -> Option<()>) -> Option<()> {
        self.list(b'{', b'}', |json| {
            let key = json.text()?;
            json.expect(b':')?;
            each(json, key)
        })
    }

    /// An array: `each` reads every value.
    pub(super) fn array(&mut self, each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.list(b'[', b']', each)
    }

    /// A text without escapes.
    pub(super) fn text(&mut self) -> Option<&'t [u8]> {
        self.expect(b'"')?;
        let end = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F))?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// Reads past any value.
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(|json, _| json.skip()),
            b'[' => self.array(Self::skip),
            b'"' => self.text().map(|_| ()),
            _ => self.literal(),
        }
    }

    /// Nothing follows.
    pub(super) fn end(mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    fn list(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        if self.peek()? != close {
            each(self)?;
            while self.peek()? == b',' {
                self.expect(b',')?;
                each(self)?;
            }
        }
        self.depth -= 1;
        self.expect(close)
    }

    /// `true`, `false`, `null` or a number. How a number is written is not looked at closely.
    fn literal(&mut self) -> Option<()> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let end = self.rest.iter().position(|byte| !is_part(byte)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let is_number = || {
            let digits = word.strip_prefix(b"-").unwrap_or(word);
            digits.first().is_some_and(u8::is_ascii_digit)
                && digits.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))
        };
        (matches!(word, b"true" | b"false" | b"null") || is_number()).then_some(())
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then_some(())?;
        self.rest = self.rest.get(1..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(text: &str) -> bool {
        let mut json = Json::new(text.as_bytes());
        json.skip().and_then(|()| json.end()).is_some()
    }

    #[test]
    fn values_are_read_past_and_nothing_else_is() {
        for text in [
            "{}",
            " { } ",
            "[]",
            "[1, -2.5e+3 ,true,false,null]",
            "{\"a\":[{\"b\":\"\"}],\"c\":{}}",
            "\"é\"",
            "[[[[[[[[1]]]]]]]]",
        ] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "{",
            "{}}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "[1,]",
            "[,1]",
            "[}",
            "yes",
            "-",
            "\"",
            "\"\\u0061\"",
            "\"\n\"",
            "[[[[[[[[[1]]]]]]]]]",
            "1 1",
        ] {
            assert!(!is_json(text), "{text}");
        }
        assert!(!is_json(&"[".repeat(100_000)));
    }
}
