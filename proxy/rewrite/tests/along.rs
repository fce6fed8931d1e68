//! Pages that are rewritten while they arrive: what is said to be certain is how the whole page's rewriting
//! begins, wherever the page is split, and it is as much as can be.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use cloakroom_notice::{Config, Language, Notice, Placard, Shown};
use cloakroom_rewrite::{Along, Edit, OutputPolicy, RewriteError, SafeEdits, rewrite_with};
use proptest::prelude::*;

/// Pieces of pages: some whole, most of them not, some that turn what comes after into something else.
const PIECES: [&str; 63] = [
    "<p>",
    "</p>",
    "<p class=x>",
    "<p class=x>a</p>",
    "<div class=x>",
    "</div>",
    "<div>",
    "<li>",
    "<li class=x>",
    "</li>",
    "<ul>",
    "</ul>",
    "<table>",
    "<tr>",
    "<td class=x>",
    "</td>",
    "</table>",
    "<b>",
    "</b>",
    "<img class=x>",
    "<br>",
    "<script>",
    "</script>",
    "<script>'<p class=x>'</script>",
    "<style>",
    "</style>",
    "<textarea>",
    "</textarea>",
    "<title class=x>",
    "</title>",
    "<select>",
    "<xmp>",
    "</select>",
    "<svg class=x>",
    "</svg>",
    "<math>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!doctype html>",
    "<html lang=fr>",
    "<body>",
    "</body>",
    "<base href=//e>",
    "<meta charset=utf-8>",
    "<meta charset=gbk>",
    "<meta http-equiv=content-type content='text/html; charset=utf-8'>",
    "<meta http-equiv=set-cookie content=a>",
    "<meta name=referrer content=unsafe-url>",
    "<?xml version='1.0'?>",
    "<?xml",
    "text ",
    "\u{e9}t\u{e9}",
    "\u{1f600}",
    "<",
    ">",
    "\"",
    "=",
    "<p title='",
    "'",
    "<template>",
    "<section id=hero><h1>a</h1></section>",
];

fn edits(number: usize) -> SafeEdits {
    let (selector, content) = (".x".to_owned(), "<b>n</b>".to_owned());
    let beyond = "\u{e9}t\u{e9}".to_owned();
    let edit = match number {
        0 => Edit::SetContent { selector, content },
        1 => Edit::Before { selector, content: beyond },
        2 => Edit::After { selector: "p".to_owned(), content },
        3 => Edit::Remove { selector },
        4 => Edit::Text { selector: "#hero > h1".to_owned(), content: beyond },
        5 => Edit::SetAttribute { selector, name: "title".to_owned(), value: beyond },
        _ => Edit::Remove { selector: "li".to_owned() },
    };
    let policy = OutputPolicy::new(vec!["shop.example".to_owned()], vec![], |_| false);
    let (edits, removed) = policy.admit(vec![edit]);
    assert_eq!(removed, []);
    edits
}

fn placard() -> Placard {
    let config =
        Config { languages: vec![Language::ENGLISH], privacy_policy: None, lifetime: Duration::ZERO };
    Arc::new(Notice::new(config).unwrap()).placard(Shown::Ask, "/").unwrap()
}

/// What is certain after each part.
fn certain(parts: &[&[u8]], edits: &[&SafeEdits], placard: Option<&Placard>) -> Vec<u8> {
    let mut along = Along::new(edits, &|_| None, placard).unwrap();
    parts.iter().flat_map(|part| along.write(part)).collect()
}

/// The page in parts of these lengths, and the rest.
fn split<'p>(mut page: &'p [u8], lengths: &[usize]) -> Vec<&'p [u8]> {
    let mut parts = Vec::new();
    for length in lengths {
        let (part, rest) = page.split_at(page.len().min(*length));
        parts.push(part);
        page = rest;
    }
    parts.push(page);
    parts
}

fn says_what_it_is_not(page: &[u8]) -> bool {
    std::str::from_utf8(page).is_err() && page.windows(5).any(|five| five == b"utf-8")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_certain_is_how_the_whole_page_begins(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
        numbers in prop::collection::vec(0..7_usize, 0..4),
        with_placard: bool,
        lengths in prop::collection::vec(0..40_usize, 0..20),
        latin in prop::option::of(0..400_usize),
    ) {
        let mut page = pieces.concat().into_bytes();
        if let Some(at) = latin.filter(|at| *at < page.len()) {
            page.insert(at, 0xE9);
        }
        let edits: Vec<_> = numbers.into_iter().map(edits).collect();
        let edits: Vec<_> = edits.iter().collect();
        let placard = with_placard.then(placard);
        let certain = certain(&split(&page, &lengths), &edits, placard.as_ref());
        match rewrite_with(&page, &edits, &|_| None, placard.as_ref()) {
            Ok(whole) => prop_assert!(
                whole.starts_with(&certain) || says_what_it_is_not(&page),
                "{:?} is not how it begins: {:?}",
                String::from_utf8_lossy(&certain),
                String::from_utf8_lossy(&whole),
            ),
            Err(RewriteError::Ambiguous | RewriteError::Encoding) => {}
            Err(cause) => prop_assert!(false, "{cause}"),
        }
    }

    #[test]
    fn a_page_that_spells_its_ends_out_is_certain_to_its_end(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<p class=x>a</p>", "<div class=x><p>b</p></div>", "<ul><li>c</li><li class=x>d</li></ul>", "text",
                "<img class=x>", "<script>'<p class=x>'</script>", "<!-- <p> -->", "\u{e9}t\u{e9}",
                "<section id=hero><h1>a</h1></section>",
            ]),
            0..30,
        ),
        numbers in prop::collection::vec(0..7_usize, 0..4),
        lengths in prop::collection::vec(0..40_usize, 0..20),
    ) {
        let page = "<!doctype html><meta charset=utf-8>".to_owned() + &pieces.concat() + "<i></i>";
        let edits: Vec<_> = numbers.into_iter().map(edits).collect();
        let edits: Vec<_> = edits.iter().collect();
        let certain = certain(&split(page.as_bytes(), &lengths), &edits, None);
        let whole = rewrite_with(page.as_bytes(), &edits, &|_| None, None).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&certain), String::from_utf8_lossy(&whole));
    }
}

fn shown(parts: &[&str], edit: usize) -> Vec<String> {
    let edits = edits(edit);
    let mut along = Along::new(&[&edits], &|_| None, None).unwrap();
    parts.iter().map(|part| String::from_utf8(along.write(part.as_bytes())).unwrap()).collect()
}

#[test]
fn an_element_is_held_back_until_its_end_comes() {
    assert_eq!(
        shown(&["<i>a</i><p class=x>b", "c", "</p>d"], 0),
        ["<i>a</i>", "", "<p class=x><b>n</b></p>d"]
    );
    // It never comes: nothing more is certain, not even behind the end of what is around it.
    assert_eq!(shown(&["<ul><li class=x>a<li>b", "</ul>c"], 0), ["<ul>", ""]);
    // What only stands in front of an element does not need its end.
    assert_eq!(
        shown(&["<meta charset=utf-8><p class=x>b"], 1),
        ["<meta charset=utf-8>\u{e9}t\u{e9}<p class=x>b"]
    );
}

#[test]
fn words_beyond_ascii_wait_until_the_page_has_said_what_it_is() {
    assert_eq!(shown(&["<i>a</i><p class=x>b", "c"], 1), ["<i>a</i>", ""]);
    assert_eq!(
        shown(&["<i>a</i><p class=x>b", "<meta charset=utf-8>"], 1),
        ["<i>a</i>", "\u{e9}t\u{e9}<p class=x>b<meta charset=utf-8>"]
    );
    // However it says so.
    for meta in [
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">",
        "<meta content=\"text/html;charset = 'UTF-8'\" http-equiv=content-type>",
    ] {
        assert_eq!(shown(&[meta, "<p class=x>b"], 1), [meta, "\u{e9}t\u{e9}<p class=x>b"]);
    }
    for meta in [
        "<meta name=description content=\"about charset=utf-8\">",
        "<meta http-equiv=content-type content=\"text/html; charset=latin1\">",
        "<meta charset=latin1 http-equiv=content-type content=\"text/html; charset=utf-8\">",
    ] {
        assert_eq!(shown(&[meta, "<p class=x>b"], 1), [meta, ""]);
    }
    let edits = edits(1);
    let mut along = Along::new(&[&edits], &|_| None, None).unwrap().of_utf8();
    assert_eq!(along.write(b"<p class=x>b"), "\u{e9}t\u{e9}<p class=x>b".as_bytes());
    // A page that turns out to be in another encoding first gets references.
    let mut along = Along::new(&[&edits], &|_| None, None).unwrap();
    assert_eq!(
        [along.write(b"\xE9 a"), along.write(b"<p class=x>")].concat(),
        b"\xE9 a&#233;t&#233;<p class=x>"
    );
}

#[test]
fn nothing_is_certain_any_more_of_a_page_that_is_not_to_be_edited() {
    assert_eq!(shown(&["<i>a</i>", "<meta charset=gbk>", "<i>b</i>"], 0), ["<i>a</i>", "", ""]);
    assert_eq!(shown(&["<i>a</i>", "<select><xmp><script>", "<i>b</i>"], 0), ["<i>a</i>", "", ""]);
    assert_eq!(shown(&["<?xml encoding='euc-jp'?>", "<i>a</i>"], 0), ["", ""]);
    let mut along = Along::new(&[], &|_| None, None).unwrap();
    assert_eq!([along.write(b"\xFF"), along.write(b"\xFE<\0p\0")], [b"", b""]);
    let mut long = Along::new(&[], &|_| None, None).unwrap();
    let certain: Vec<_> = (0..9).map(|_| long.write(&vec![b'a'; 1 << 20]).len()).collect();
    assert_eq!(certain, [1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 0]);
}

#[test]
fn nothing_is_held_back_that_will_never_be_certain() {
    let (waiting, beyond) = (edits(2), edits(1));
    for (edits, parts, ended) in [
        (&waiting, [&b"<i>a</i><p>b"[..], b"c", b"d"], false),
        (&waiting, [b"<i>a</i><p>b", b"<meta charset=gbk>", b"c"], true),
        (&waiting, [b"<i>a</i><p>b", b"<select><xmp><script>", b"c"], true),
        (&beyond, [b"<i>a</i><p class=x>b", b"c", b"d"], false),
        (&beyond, [b"<i>a</i><p class=x>b", b"\xE9", b"<meta charset=utf-8>"], true),
    ] {
        let mut along = Along::new(&[edits], &|_| None, None).unwrap();
        assert_eq!(along.write(parts[0]), b"<i>a</i>");
        assert!(along.held() > 0 && !along.has_ended());
        assert_eq!([along.write(parts[1]), along.write(parts[2])].concat(), b"");
        assert_eq!((along.has_ended(), along.held() == 0), (ended, ended));
    }
    // Nor is a tag of any length.
    let mut along = Along::new(&[&waiting], &|_| None, None).unwrap();
    assert_eq!(along.write(b"<i>a</i><p title='"), b"<i>a</i>");
    let part = vec![b'a'; 64 << 10];
    let parts = (0..100).take_while(|_| along.write(&part).is_empty() && !along.has_ended()).count();
    assert_eq!(parts, Along::PARSER_BYTES / part.len() - 1);
}

#[test]
fn a_page_in_many_parts_costs_no_more_than_it_should() {
    let begun = std::time::Instant::now();
    let edits = edits(0);
    for open in ["<!--", "<p title='", "<p ", "<script>", "<title>"] {
        let page = open.to_owned() + &"a b=c ".repeat(1 << 20);
        let mut along = Along::new(&[&edits], &|_| None, None).unwrap();
        page.as_bytes().chunks(4 << 10).for_each(|part| drop(along.write(part)));
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn it_may_move_between_threads() {
    fn sent<T: Send>() {}
    sent::<Along<'_>>();
}
