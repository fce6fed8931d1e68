//! Preferences that browsers send unasked: less data, and dark or light pages. Cloakroom never asks
//! for them.

use http::header::HeaderName;

use crate::RawRequest;

static SAVE_DATA: HeaderName = HeaderName::from_static("save-data");
static PREFERS_COLOR_SCHEME: HeaderName = HeaderName::from_static("sec-ch-prefers-color-scheme");

/// Position in [`COLOR_SCHEMES`].
pub(crate) const COLOR_SCHEMES: [&str; 3] = ["dark", "light", "other"];
/// By whether less data is asked for.
pub(crate) const SAVE_DATA_NAMES: [&str; 2] = ["off", "on"];

/// Whether `Save-Data: on` was sent (Save Data API, WICG).
pub(crate) fn saves_data(raw: &RawRequest<'_>) -> bool {
    raw.field(&SAVE_DATA).is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"on"))
}

/// Position of the scheme of `Sec-CH-Prefers-Color-Scheme` (WICG) in [`COLOR_SCHEMES`].
pub(crate) fn color_scheme(raw: &RawRequest<'_>) -> usize {
    match raw.field(&PREFERS_COLOR_SCHEME).map(<[u8]>::trim_ascii) {
        Some(b"\"dark\"" | b"dark") => 0,
        Some(b"\"light\"" | b"light") => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str, value: &str) -> (bool, &'static str) {
        let request = http::Request::builder().header(field, value).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        (saves_data(&raw), COLOR_SCHEMES[color_scheme(&raw)])
    }

    #[test]
    fn only_the_known_words_count() {
        assert_eq!(read("save-data", " ON "), (true, "other"));
        assert_eq!(read("save-data", "on;x"), (false, "other"));
        assert_eq!(read("sec-ch-prefers-color-scheme", "\"dark\""), (false, "dark"));
        assert_eq!(read("sec-ch-prefers-color-scheme", "light"), (false, "light"));
        assert_eq!(read("sec-ch-prefers-color-scheme", "sepia"), (false, "other"));
    }
}
