//! The body of our own form (`application/x-www-form-urlencoded`): fields of a closed list, each with
//! one of a few values. A body with anything else in it is none of ours.

use cloakroom_vocabulary::Consent;

use crate::canonical::MAX_TARGET_BYTES;
use crate::escape::{decode_form, form_equals};
use crate::language::Tag;

/// The most fields; ours have four.
const MAX_FIELDS: usize = 8;

/// What a visitor wants.
pub(crate) enum Wish {
    /// This to be kept.
    Choose(Consent),
    /// The topics of interest to be forgotten.
    ClearInterest,
}

/// A form that was understood.
pub(crate) struct Fields {
    pub(crate) wish: Wish,
    /// The target to go back to, as it was sent: not judged yet.
    pub(crate) back: Option<String>,
    /// The language of the page that sent it.
    pub(crate) language: Option<Tag>,
}

/// Fills in the value of a field, which may be there once.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// Reads a body; `None` if it is not one of ours.
pub(crate) fn read(body: &[u8]) -> Option<Fields> {
    let body = std::str::from_utf8(body).ok()?;
    if body.split('&').count() > MAX_FIELDS {
        return None;
    }
    let (mut all, mut clear, mut back, mut language) = (None, None, None, None);
    let (mut personalization, mut measurement) = (None, None);
    for pair in body.split('&') {
        let (name, value) = pair.split_once('=')?;
        let is = |plain: &str| form_equals(value, plain);
        let either = |yes: &str, no: &str| if is(yes) { Some(true) } else { is(no).then_some(false) };
        if form_equals(name, "consent") {
            once(&mut all, either("all", "none")?)?;
        } else if form_equals(name, "personalization") {
            once(&mut personalization, either("yes", "no")?)?;
        } else if form_equals(name, "measurement") {
            once(&mut measurement, either("yes", "no")?)?;
        } else if form_equals(name, "clear") {
            once(&mut clear, is("interest").then_some(())?)?;
        } else if form_equals(name, "language") {
            once(&mut language, Tag::parse(value.as_bytes())?)?;
        } else if form_equals(name, "return") {
            let mut buffer = [0; MAX_TARGET_BYTES];
            once(&mut back, decode_form(value, &mut buffer)?.to_owned())?;
        } else {
            return None;
        }
    }
    let wish = match (all, personalization, measurement, clear) {
        (Some(all), None, None, None) => Wish::Choose(Consent { personalization: all, measurement: all }),
        (None, Some(personalization), Some(measurement), None) => {
            Wish::Choose(Consent { personalization, measurement })
        }
        (None, None, None, Some(())) => Wish::ClearInterest,
        _ => return None,
    };
    Some(Fields { wish, back, language })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(body: &str) -> Option<(bool, bool)> {
        match read(body.as_bytes())?.wish {
            Wish::Choose(consent) => Some((consent.personalization, consent.measurement)),
            Wish::ClearInterest => None,
        }
    }

    #[test]
    fn our_own_forms_are_understood() {
        assert_eq!(chosen("consent=all"), Some((true, true)));
        assert_eq!(chosen("return=%2F&consent=none"), Some((false, false)));
        assert_eq!(chosen("language=fr&personalization=yes&measurement=no"), Some((true, false)));
        assert!(matches!(read(b"language=en&clear=interest").unwrap().wish, Wish::ClearInterest));
        let fields = read(b"return=%2Fc%2Ftents%3Fpage%3D2&consent=all").unwrap();
        assert_eq!(fields.back.as_deref(), Some("/c/tents?page=2"));
    }

    #[test]
    fn anything_else_is_none_of_ours() {
        for body in [
            "",
            "&",
            "consent",
            "consent=",
            "consent=ALL",
            "consent=all&consent=all",
            "consent=all&consent=none",
            "consent=all&personalization=yes&measurement=yes",
            "personalization=yes",
            "clear=all",
            "clear=interest&consent=all",
            "consent=all&x=1",
            "consent=all&",
            "consent=all&return=%f",
            "consent=all&return=/&return=/",
            "consent=all&language=f1",
            "return=/",
            "consent=all&a&b&c&d&e&f&g&h",
            "consent=%61ll\u{0}",
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body:?}");
        }
        assert!(read(b"consent=\xff").is_none());
        assert_eq!(chosen("consent=%61ll"), Some((true, true)));
    }

    #[test]
    fn every_cut_of_a_form_is_read_without_panic() {
        let body = b"language=fr&personalization=y%65s&measurement=no&return=%2Fc%3Fa%3Db+c\xff";
        for start in 0..body.len() {
            for end in start..=body.len() {
                let _ = read(&body[start..end]);
            }
        }
    }
}
