//! What holds for any fields.

use proptest::prelude::*;

use super::*;

/// Pieces of which fields that speak to caches are made, and of which wrong ones are.
fn part() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "max-age",
        "s-maxage",
        "no-cache",
        "stale-if-error",
        "stale-while-revalidate",
        "must-revalidate",
        "=",
        ", ",
        ",",
        "\"",
        "\\",
        "0",
        "60",
        "-1",
        "1.5",
        "?0",
        "(",
        ";a",
        " ",
        "99999999999999999999",
        "x",
        "Mon, 30 Nov 2026 12:00:00 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_fields_are_judged_without_panic_and_within_bounds(
        status in 100u16..=999,
        fields in prop::collection::vec((0..CACHING.len(), prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        share in 0.0..=1.0f64,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(CACHING[name].clone(), value);
            }
        }
        let rules = Rules { heuristic: Heuristic { share, most: LONGEST }, ..Rules::default() };
        if let Ok(found) = judged(status, &headers, &rules) {
            prop_assert!(found.lifetime <= LONGEST && found.if_error <= LONGEST);
            prop_assert!(found.while_revalidating <= LONGEST && found.age.as_secs() <= 1 << 31);
        }
    }

    #[test]
    fn any_fields_like_those_that_are_sent_are_judged_within_bounds(
        lines in prop::collection::vec((0..CACHING.len(), prop::collection::vec(part(), 0..6)), 0..6),
    ) {
        let mut headers = HeaderMap::new();
        for (name, parts) in lines {
            headers.append(CACHING[name].clone(), HeaderValue::from_str(&parts.concat()).unwrap());
        }
        if let Ok(found) = judged(200, &headers, &Rules::default()) {
            let left = found.left(Duration::ZERO).unwrap_or_default();
            prop_assert!(left <= LONGEST);
            prop_assert_eq!(found.left(left), None, "it ends");
            prop_assert!(!found.may_serve_on_error(left + found.if_error));
            prop_assert!(!found.may_serve_while_revalidating(left + found.while_revalidating));
        }
    }

    #[test]
    fn nothing_makes_up_for_a_word_that_forbids(
        before in "[a-z=\",0-9 -]{0,30}", after in "\\PC{0,30}",
        word in prop::sample::select(vec!["no-store", "private", "PRIVATE", "No-Store"]),
    ) {
        // A quote before the word opens a string that holds it, unless it is closed.
        prop_assume!(before.matches('"').count() % 2 == 0);
        let line = format!("{before},{word},{after}");
        prop_assume!(!line.to_ascii_lowercase().contains("must-understand"));
        if let Ok(value) = HeaderValue::from_str(&line) {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, value);
            prop_assert!(judged(200, &headers, &Rules::default()).is_err(), "{}", line);
        }
    }

    #[test]
    fn nothing_is_fresh_beyond_what_was_said(seconds in 0u64..4_000, age in 0u64..4_000, word in "[a-z]{1,9}") {
        let (said, old) = (format!("{word}, max-age={seconds}"), age.to_string());
        let found = left(&[("cache-control", &said), ("age", &old)]);
        prop_assert_eq!(found, seconds.saturating_sub(age));
    }
}
