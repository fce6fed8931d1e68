//! Placards of our own in pages of every shape: where they stand, in which language, and where not.

#![expect(clippy::unwrap_used, reason = "a test that fails should say so at once")]

use std::sync::Arc;
use std::time::Duration;

use cloakroom_notice::{Config, Language, Notice, Placard, Shown};
use cloakroom_rewrite::rewrite_with;

fn placard(shown: Shown) -> Placard {
    let languages = vec![Language::ENGLISH, Language::of_tag("fr").unwrap()];
    let config = Config { languages, privacy_policy: None, lifetime: Duration::ZERO };
    Arc::new(Notice::new(config).unwrap()).placard(shown, "/").unwrap()
}

fn asked(page: &[u8]) -> String {
    let output = rewrite_with(page, &[], &|_| None, Some(&placard(Shown::Ask))).unwrap();
    String::from_utf8(output).unwrap()
}

const NOTICE: &str = "<section class=\"cloakroom-notice\"";

#[test]
fn the_question_is_first_in_the_body_and_in_the_language_of_the_page() {
    let page = asked(
        b"<!doctype html><html lang=fr-CA><head><title>a</title></head><body class=b><p>c</p></body></html>",
    );
    let at = |words: &str| page.find(words).unwrap();
    assert!(at("<body class=b>") < at(NOTICE) && at("</section>") < at("<p>c</p>"), "{page}");
    assert!(page.contains("Non, refuser"), "{page}");
    assert!(asked(b"<!doctype html><html><body>a").contains("No, refuse"));
    assert!(asked(b"<!doctype html><html lang=de><body>a").contains("No, refuse"));
}

#[test]
fn a_page_that_leaves_its_body_out_is_asked_at_its_end() {
    for page in ["<!doctype html><title>a</title><p>b", "<html lang=fr><p>b"] {
        let output = asked(page.as_bytes());
        assert!(output.starts_with(page) && output.contains(NOTICE), "{output}");
    }
}

#[test]
fn a_part_of_a_page_is_left_alone() {
    for part in ["<p>a</p>", "", "<div><section>b</section></div>", "text"] {
        assert_eq!(asked(part.as_bytes()), part);
    }
}

#[test]
fn the_question_comes_once() {
    let page = asked(b"<!doctype html><body>a<body>b<html><body>c");
    assert_eq!(page.matches(NOTICE).count(), 1, "{page}");
}

#[test]
fn a_page_based_elsewhere_is_not_asked() {
    for base in ["https://cdn.example/", "//cdn.example/", "/\\cdn.example/", "&#104;ttps://cdn.example/"] {
        let page = format!("<!doctype html><head><base href=\"{base}\"></head><body>a</body>");
        assert_eq!(asked(page.as_bytes()), page, "{base}");
    }
    assert!(asked(b"<!doctype html><base href=\"/shop/\"><body>a").contains(NOTICE));
    assert!(asked(b"<!doctype html><base target=_blank><body>a").contains("target=\"_self\""));
}

#[test]
fn words_of_a_page_in_another_encoding_are_ascii() {
    let latin = b"<!doctype html><html lang=fr><body>\xE9</body>";
    let output = rewrite_with(latin, &[], &|_| None, Some(&placard(Shown::Ask))).unwrap();
    let added = output.len() - latin.len();
    assert!(added > 100 && output.iter().filter(|byte| !byte.is_ascii()).count() == 1);
}

#[test]
fn the_status_stands_at_the_end() {
    let page = b"<!doctype html><html lang=en><body>a</body></html>";
    let output = rewrite_with(page, &[], &|_| None, Some(&placard(Shown::Honoured))).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(output.ends_with("</section>") && output.contains("</html><link"), "{output}");
}

#[test]
fn what_looks_like_a_body_in_a_script_or_a_comment_is_none() {
    let page = asked(
        b"<!doctype html><head><script>'<body>'</script><!--<body>--><title><body></title></head><body>a",
    );
    assert!(page.contains("'<body>'</script><!--<body>--><title><body></title></head><body><link"), "{page}");
}
