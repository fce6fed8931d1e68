//! Query parameters that tell one click, or one reader of a letter, from another: a shipped list,
//! read by whoever checks a configuration and by whoever looks at a redirect. No request enters.

/// The list, one name a line with a page that documents it.
const LIST: &str = include_str!("../../../policies/click-identifiers.txt");

/// Whether a query parameter of that name, in any case, is known to identify a click or a reader.
#[must_use]
pub fn is_click_identifier(name: &str) -> bool {
    names().any(|known| known.eq_ignore_ascii_case(name))
}

fn names() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole_and_without_case() {
        assert!(names().count() >= 40);
        assert!(names().is_sorted(), "sorted, so that a name stands there once");
        assert!(
            names()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()))
        );
        for known in ["gclid", "GCLID", "fbclid", "msclkid", "ScCid", "mc_eid"] {
            assert!(is_click_identifier(known), "{known}");
        }
        for other in ["page", "utm_source", "gclid2", "", "#"] {
            assert!(!is_click_identifier(other), "{other}");
        }
    }

    #[test]
    fn each_name_has_a_page_or_says_that_there_is_none_and_who_adds_it() {
        for line in LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace().skip(1);
            let page = words.next().unwrap();
            assert!(page == "-" || page.starts_with("https://"), "{line}");
            assert!(words.count() > 1, "{line}");
        }
    }
}
