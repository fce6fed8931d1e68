//! `CookieConsent`, the cookie of Cookiebot: `{stamp:'…',necessary:true,preferences:true,…}`, which
//! is not JSON. Preferences are our personalization, statistics our measurement. Consent by
//! `method:'implied'` is none; so are the values `0` and `-1`, which stand for no answer and for a
//! place where Cookiebot thinks that none is needed.

use cloakroom_vocabulary::Consent;

use super::encoded::{Word, decoded};

/// The longest value, in bytes.
const MAX_BYTES: usize = 4_096;

/// What it grants; `None` where it refuses or is broken.
pub(super) fn read(value: &[u8]) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let mut bytes = decoded(value);
    if bytes.next() != Some(b'{') {
        return None;
    }
    let mut answers = Answers::default();
    let (mut key, mut word, mut quoted) = (Word::new(), Word::new(), false);
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' => quoted = !quoted,
            b':' if !quoted => key = std::mem::replace(&mut word, Word::new()),
            b',' | b'}' if !quoted => {
                answers.take(&key, &word)?;
                (key, word) = (Word::new(), Word::new());
                if byte == b'}' {
                    return bytes.next().is_none().then(|| answers.consent());
                }
            }
            _ => word.push(byte),
        }
    }
    None
}

#[derive(Default)]
struct Answers {
    preferences: Option<bool>,
    statistics: Option<bool>,
}

impl Answers {
    fn take(&mut self, key: &Word, word: &Word) -> Option<()> {
        let place = match key.get() {
            Some(b"preferences") => &mut self.preferences,
            Some(b"statistics") => &mut self.statistics,
            Some(b"method") if word.get() == Some(b"implied") => return None,
            _ => return Some(()),
        };
        let answer = match word.get() {
            Some(b"true") => true,
            Some(b"false") => false,
            _ => return None,
        };
        place.replace(answer).is_none().then_some(())
    }

    fn consent(&self) -> Consent {
        let granted = |answer: Option<bool>| answer.unwrap_or(false);
        Consent { personalization: granted(self.preferences), measurement: granted(self.statistics) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(value: &str) -> Option<(bool, bool)> {
        read(value.as_bytes()).map(|consent| (consent.personalization, consent.measurement))
    }

    #[test]
    fn categories_are_read_past_the_stamp() {
        let cookie = |answers: &str, method: &str| {
            format!(
                "{{stamp:%27a+b/c==%27%2Cnecessary:true%2C{answers}%2Cmarketing:true%2Cmethod:%27{method}%27%2C\
                 ver:1%2Cutc:1700000000000%2Cregion:%27fr%27}}"
            )
        };
        assert_eq!(granted(&cookie("preferences:true%2Cstatistics:false", "explicit")), Some((true, false)));
        assert_eq!(granted(&cookie("preferences:false,statistics:true", "explicit")), Some((false, true)));
        assert_eq!(granted(&cookie("other:true", "explicit")), Some((false, false)));
        assert_eq!(granted(&cookie("preferences:true%2Cstatistics:true", "implied")), None);
        assert_eq!(granted(&cookie("preferences:true%2Cpreferences:true", "explicit")), None);
        assert_eq!(granted(&cookie("preferences:yes", "explicit")), None);
        // In quotes it is somebody's text.
        assert_eq!(granted("{stamp:'},preferences:true',statistics:true}"), Some((false, true)));
        for broken in ["0", "-1", "", "{", "{preferences:true", "{preferences:true}x", "{a:'}"] {
            assert_eq!(granted(broken), None, "{broken}");
        }
    }
}
