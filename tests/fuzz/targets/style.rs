//! The value of a `style`. Nothing panics; what is let through names nothing that loads, covers or runs,
//! and is let through again as it is.
#![no_main]

use cloakroom_rewrite::{Edit, OutputPolicy, Removed, rewrite};
use libfuzzer_sys::fuzz_target;

fn put(value: &str) -> (String, Vec<Removed>) {
    let selector = "#x".to_owned();
    let edit = Edit::SetAttribute { selector, name: "style".to_owned(), value: value.to_owned() };
    let (edits, removed) = OutputPolicy::without_site().admit(vec![edit]);
    let page = rewrite(b"<p id=x>", &[&edits], &|_| None).unwrap_or_default();
    (String::from_utf8(page).expect("what was UTF-8 stays UTF-8"), removed)
}

fuzz_target!(|data: &[u8]| {
    let Ok(value) = std::str::from_utf8(data) else { return };
    let (page, _) = put(value);
    let Some(style) = page.strip_prefix("<p id=x style=\"").and_then(|rest| rest.strip_suffix("\">")) else {
        return;
    };
    for bad in
        ["url(", "-set(", "var(", "env(", "calc(", "\\", "&", "/*", "@", "{", "<", "position: f", "opacity: "]
    {
        assert!(!style.contains(bad), "{style}");
    }
    assert_eq!(put(style), (page.clone(), Vec::new()), "{style}");
});
