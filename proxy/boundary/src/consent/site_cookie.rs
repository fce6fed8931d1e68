//! The plain cookie of a site: `all`, `none`, or purposes.

use cloakroom_vocabulary::Consent;

/// The longest value, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// Reads `all`, `none` or purposes separated by commas (`%2C`, as scripts write them, too).
pub(super) fn parse(value: &[u8]) -> Option<Consent> {
    if value.len() > MAX_VALUE_BYTES {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let text = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text);
    match text {
        "all" => return Some(Consent { personalization: true, measurement: true }),
        "none" => return Some(Consent::default()),
        _ => {}
    }
    let mut consent = Consent::default();
    for purpose in text.split(',').flat_map(|part| part.split("%2C")).flat_map(|part| part.split("%2c")) {
        match purpose.trim() {
            "personalization" => consent.personalization = true,
            "measurement" => consent.measurement = true,
            _ => return None,
        }
    }
    Some(consent)
}
