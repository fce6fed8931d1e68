//! The texts of one language, read from its file. A test holds that no file lacks one.

use crate::Language;

macro_rules! texts {
    ($($key:ident)*) => {
        /// What visitors read in one language; each field is a key of the file.
        pub(crate) struct Texts {
            $(pub(crate) $key: &'static str,)*
        }

        impl Texts {
            /// The keys of a file, in its order.
            #[cfg(test)]
            const KEYS: &'static [&'static str] = &[$(stringify!($key),)*];

            /// The texts of a language.
            pub(crate) fn of(language: Language) -> Self {
                let file = language.file();
                Self { $($key: find(file, stringify!($key)),)* }
            }
        }
    };
}

texts! {
    name title ask yes no details honored saved undecided said_yes said_no said_some gpc
    about about_facts about_identity about_country yes_means no_means change
    single personalization measurement allow refuse save
    topics topics_some topics_none topics_clear topics_gone
    cookies cookie holds cookie_consent cookie_visit cookie_interest cookie_bucket
    languages policy back
}

/// The text of a key.
fn find(file: &'static str, key: &str) -> &'static str {
    lines(file).find(|(found, _)| *found == key).map_or("", |(_, text)| text)
}

/// Keys and texts of a file, without comments.
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let written = file.lines().filter(|line| !line.starts_with('#'));
    written.filter_map(|line| line.split_once(": ")).map(|(key, text)| (key, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything_and_nothing_else() {
        for language in Language::all() {
            let file = language.file();
            let keys: Vec<_> = lines(file).map(|(key, _)| key).collect();
            assert_eq!(keys, Texts::KEYS, "{}", language.tag());
            let written = file.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(written, Texts::KEYS.len(), "{}", language.tag());
            assert!(lines(file).all(|(_, text)| !text.is_empty()), "{}", language.tag());
            assert_eq!(file.matches("{days}").count(), 1, "{}", language.tag());
        }
    }

    #[test]
    fn languages_differ_and_yes_is_not_longer_than_no_by_much() {
        let english = Texts::of(Language::ENGLISH);
        for language in Language::all().filter(|language| *language != Language::ENGLISH) {
            let texts = Texts::of(language);
            assert_ne!(texts.ask, english.ask, "{}", language.tag());
            let (yes, no) = (texts.yes.chars().count(), texts.no.chars().count());
            assert!(yes.abs_diff(no) <= 4, "{}: {yes} and {no}", language.tag());
        }
    }
}
