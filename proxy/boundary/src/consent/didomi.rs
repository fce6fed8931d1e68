//! `didomi_token`, the cookie of Didomi: base64 of a JSON object with lists of the purposes that were
//! enabled and disabled. What a purpose is called is up to the site, which therefore lists those that
//! stand for personalization and for measurement. Identifiers, times and vendors in it are read past.
//! Purposes that rest on legitimate interest stand in lists of their own, and grant nothing.

use cloakroom_vocabulary::Consent;

use super::encoded::{base64, decoded};
use super::json::Json;

/// The longest value, in bytes.
const MAX_BYTES: usize = 4_096;

/// What it grants where all of the `personalization`, or of the `measurement`, purposes are enabled;
/// `None` where it is broken or says two things of one purpose. Lists are at most
/// [`MAX_PURPOSES`](super::ConsentSource::MAX_PURPOSES) long, which is not above 16.
pub(super) fn read(value: &[u8], personalization: &[String], measurement: &[String]) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let mut buffer = [0; MAX_BYTES];
    let text = base64(decoded(value), &mut buffer)?;
    let mut choice = Choice { names: [personalization, measurement], ..Choice::default() };
    let mut json = Json::new(text);
    json.object(|json, key| match key {
        b"purposes" => choice.purposes(json),
        _ => json.skip(),
    })?;
    json.end()?;
    let granted = |list| {
        let wanted = choice.all_of(list);
        wanted != 0 && choice.enabled.unwrap_or(0) & wanted == wanted
    };
    let contradicts = choice.enabled.unwrap_or(0) & choice.disabled.unwrap_or(0) != 0;
    (!contradicts).then(|| Consent { personalization: granted(0), measurement: granted(1) })
}

/// What the visitor chose, as bits: one for each name, those of the second list from bit 16 on.
#[derive(Default)]
struct Choice<'n> {
    names: [&'n [String]; 2],
    seen: bool,
    enabled: Option<u32>,
    disabled: Option<u32>,
}

impl Choice<'_> {
    fn purposes(&mut self, json: &mut Json<'_>) -> Option<()> {
        if std::mem::replace(&mut self.seen, true) {
            return None;
        }
        json.object(|json, key| {
            let names = self.names;
            let place = match key {
                b"enabled" => &mut self.enabled,
                b"disabled" => &mut self.disabled,
                _ => return json.skip(),
            };
            let mut listed = 0;
            json.array(|json| {
                listed |= bits_of(names, json.text()?);
                Some(())
            })?;
            place.replace(listed).is_none().then_some(())
        })
    }

    fn all_of(&self, list: usize) -> u32 {
        let count = self.names.get(list).map_or(0, |names| names.len());
        (1_u32.checked_shl(u32::try_from(count).unwrap_or(32)).unwrap_or(0).wrapping_sub(1)) << (16 * list)
    }
}

/// The bits of a name in both lists.
fn bits_of(names: [&[String]; 2], wanted: &[u8]) -> u32 {
    let bits = |names: &[String]| {
        names
            .iter()
            .zip(0..16)
            .filter(|(name, _)| name.as_bytes() == wanted)
            .fold(0, |bits, (_, at)| bits | 1 << at)
    };
    let [first, second] = names.map(bits);
    first | second << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 (RFC 4648 §4), with or without padding.
    fn base64(text: &[u8], padded: bool) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut encoded = String::new();
        for three in text.chunks(3) {
            let number = (0..3).fold(0_u32, |n, at| n << 8 | u32::from(*three.get(at).unwrap_or(&0)));
            for at in 0..4 {
                match at <= three.len() {
                    true => encoded.push(char::from(alphabet[(number >> (18 - 6 * at)) as usize & 63])),
                    false if padded => encoded.push('='),
                    false => {}
                }
            }
        }
        encoded
    }

    fn granted(json: &str) -> Option<(bool, bool)> {
        let lists = [vec!["cookies".to_owned(), "content".to_owned()], vec!["audience".to_owned()]];
        let [one, other] = [true, false].map(|padded| {
            read(base64(json.as_bytes(), padded).as_bytes(), &lists[0], &lists[1])
                .map(|consent| (consent.personalization, consent.measurement))
        });
        assert_eq!(one, other, "{json}");
        one
    }

    #[test]
    fn listed_purposes_are_read_from_among_the_rest() {
        let token = |purposes: &str| {
            format!(
                "{{\"user_id\":\"1784114c-f8b3\",\"created\":\"2021-03-17T16:46:32.344Z\",\"vendors\":\
                 {{\"enabled\":[\"google\",\"content\"]}},\"purposes\":{purposes},\"purposes_li\":\
                 {{\"enabled\":[\"audience\"]}},\"version\":2}}"
            )
        };
        let says = |purposes: &str| granted(&token(purposes));
        assert_eq!(says(r#"{"enabled":["cookies","content","x"],"disabled":[]}"#), Some((true, false)));
        assert_eq!(says(r#"{"enabled":["audience"],"disabled":["content"]}"#), Some((false, true)));
        assert_eq!(says(r#"{"enabled":["content"]}"#), Some((false, false)), "one of two");
        assert_eq!(says(r#"{"disabled":["audience"]}"#), Some((false, false)));
        assert_eq!(says("{}"), Some((false, false)));
        assert_eq!(granted("{}"), Some((false, false)));
        for contradiction in [
            r#"{"enabled":["audience"],"disabled":["audience"]}"#,
            r#"{"enabled":["audience"],"enabled":[]}"#,
            r#"{"enabled":["\u0061udience"]}"#,
            r#"{"enabled":"audience"}"#,
            r#"{"enabled":[1]}"#,
            r#"["audience"]"#,
            "null",
            r#"{},"purposes":{}"#,
        ] {
            assert_eq!(says(contradiction), None, "{contradiction}");
        }
    }

    #[test]
    fn the_cookie_is_base64_of_one_object() {
        let lists = (vec!["M9NRHJe3G".to_owned()], vec!["q4zlJqdcD".to_owned()]);
        let read = |text: &str| super::read(text.as_bytes(), &lists.0, &lists.1);
        // The example of Didomi's own documentation, shortened to its purposes.
        let text =
            base64(br#"{"purposes":{"enabled":["p4em9a8m","CL-T1Rgm7","M9NRHJe3G"]},"version":2}"#, true);
        assert!(read(&text).is_some_and(|consent| consent.personalization && !consent.measurement));
        assert!(read(&text.replace('=', "%3D")).is_some_and(|consent| consent.personalization));
        for broken in ["", "e", "!", "e30=e30=", "e30==", "e3", "e30=\u{e9}"] {
            let is_none = read(broken).is_none();
            assert!(is_none, "{broken}");
        }
        assert!(read("e30").is_some() && read("e30=").is_some());
        assert!(read(&base64(&[b' '; 4_000], true)).is_none());
        assert!(super::read(text.as_bytes(), &[], &[]).is_some_and(|consent| consent == Consent::default()));
    }
}
