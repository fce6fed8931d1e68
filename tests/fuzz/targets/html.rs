//! What a plugin writes, and a page that it goes into, with a zero byte between. Nothing panics;
//! what came through the door has no script in it, and the door finds nothing to remove in it again; and what
//! is certain of the page while it arrives is how the whole of it begins.
#![no_main]

use cloakroom_rewrite::{Along, Edit, OutputPolicy, Removed, cleanse_only, rewrite};
use libfuzzer_sys::fuzz_target;

fn policy() -> OutputPolicy {
    OutputPolicy::new(vec!["shop.example".to_owned()], vec!["cdn.example".to_owned()], |path| {
        path.starts_with("/account")
    })
}

fn put(content: &str) -> (String, Vec<Removed>) {
    let edit = Edit::SetContent { selector: "#x".to_owned(), content: content.to_owned() };
    let (edits, removed) = policy().admit(vec![edit]);
    let page = rewrite(b"<div id=x></div>", &[&edits], &|_| None).unwrap_or_default();
    (String::from_utf8(page).expect("what was UTF-8 stays UTF-8"), removed)
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let Some(Ok(content)) = parts.next().map(std::str::from_utf8) else { return };
    let (page, _) = put(content);
    if let Some(inside) = page.strip_prefix("<div id=x>").and_then(|rest| rest.strip_suffix("</div>")) {
        assert!(!inside.to_ascii_lowercase().contains("<script"), "{inside}");
        assert_eq!(put(inside).1, [], "{inside}");
    }
    if let Some(page) = parts.next() {
        let edit = Edit::Before { selector: "p".to_owned(), content: content.to_owned() };
        let filling = Edit::SetContent { selector: "#x".to_owned(), content: content.to_owned() };
        let (edits, _) = policy().admit(vec![edit, filling]);
        let whole = rewrite(page, &[&edits], &|_| None);
        let mut along = Along::new(&[&edits], &|_| None, None).expect("two edits are not too costly");
        let parts = page.chunks(1 + content.len() % 64);
        let certain: Vec<u8> = parts.flat_map(|part| along.write(part)).collect();
        // Elsewhere what a page says of its encoding may be wrong.
        if std::str::from_utf8(page).is_ok() {
            assert!(whole.is_err() || whole.is_ok_and(|whole| whole.starts_with(&certain)));
        }
        let _ = cleanse_only(page);
    }
});
