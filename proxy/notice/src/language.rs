//! The languages that there are texts in. No client data enters.

/// A language with texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(u8);

/// Primary tags (BCP 47) and texts, English first.
const FILES: [(&str, &str); 10] = [
    ("en", include_str!("../texts/en.txt")),
    ("da", include_str!("../texts/da.txt")),
    ("de", include_str!("../texts/de.txt")),
    ("es", include_str!("../texts/es.txt")),
    ("fr", include_str!("../texts/fr.txt")),
    ("it", include_str!("../texts/it.txt")),
    ("nl", include_str!("../texts/nl.txt")),
    ("pl", include_str!("../texts/pl.txt")),
    ("pt", include_str!("../texts/pt.txt")),
    ("sv", include_str!("../texts/sv.txt")),
];

impl Language {
    /// English, where nothing else is chosen.
    pub const ENGLISH: Self = Self(0);

    /// The primary tags of all languages.
    pub const TAGS: [&'static str; FILES.len()] = {
        let mut tags = [""; FILES.len()];
        let mut at = 0;
        while at < FILES.len() {
            #[expect(clippy::indexing_slicing, reason = "checked by the compiler, in a constant")]
            {
                tags[at] = FILES[at].0;
            }
            at += 1;
        }
        tags
    };

    /// The language of a tag such as `fr` or `FR-ca`, if there are texts in it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let at = Self::TAGS.iter().position(|known| known.eq_ignore_ascii_case(primary))?;
        u8::try_from(at).ok().map(Self)
    }

    /// Its primary tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        FILES.get(usize::from(self.0)).map_or("en", |(tag, _)| tag)
    }

    pub(crate) fn file(self) -> &'static str {
        FILES.get(usize::from(self.0)).map_or("", |(_, file)| file)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TAGS.into_iter().filter_map(Self::of_tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_by_their_first_part() {
        assert_eq!(Language::of_tag("FR-ca").map(Language::tag), Some("fr"));
        assert_eq!(Language::of_tag(" pt_BR ").map(Language::tag), Some("pt"));
        for tag in ["", "x", "english", "fro", "-fr"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
        assert_eq!(Language::all().count(), 10);
        assert_eq!(Language::ENGLISH.tag(), "en");
    }
}
