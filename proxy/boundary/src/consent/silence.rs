//! Whether the visitor has said anything yet: yes, no, or something broken.
//!
//! It is asked only of those who granted nothing. What the sources say is read and dropped.

use super::cookies::{self, Found};
use super::{ConsentSource, Word};
use crate::RawRequest;

/// Whether no source is there but such as can only object, and do not.
pub(crate) fn is_silent(raw: &RawRequest<'_>, sources: &[ConsentSource]) -> bool {
    !super::objects(raw)
        && sources.iter().all(|source| match cookies::find(raw, source.cookie()) {
            Found::Absent => true,
            Found::Value(value) => matches!(source.read(value), Some(Word::NoObjection)),
            Found::Broken => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(fields: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder();
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        let cookie = ConsentSource::Cookie { name: "cloakroom_consent".to_owned() };
        is_silent(&raw, &[ConsentSource::UsPrivacy, cookie])
    }

    #[test]
    fn only_absence_and_no_objection_are_silence() {
        assert!(silent(&[]));
        assert!(silent(&[("cookie", "session=1")]));
        assert!(silent(&[("cookie", "usprivacy=1YNN")]));
        for said in [
            "cloakroom_consent=none",
            "cloakroom_consent=all",
            "cloakroom_consent=yes please",
            "cloakroom_consent=all; cloakroom_consent=none",
            "usprivacy=1YYN",
            "usprivacy=nonsense",
            "usprivacy=1YNN; cloakroom_consent=none",
        ] {
            assert!(!silent(&[("cookie", said)]), "{said}");
        }
        assert!(!silent(&[("dnt", "1")]));
        assert!(silent(&[("dnt", "0")]));
    }
}
