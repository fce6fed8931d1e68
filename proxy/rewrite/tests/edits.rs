//! What single edits become at the door: styles and pictures that are set, fragments, and selectors that
//! would cost too much.

use cloakroom_rewrite::{Edit, OutputPolicy, Part, Removed, RewriteError, SafeEdits, rewrite};

const PAGE: &[u8] = b"<ul><li class=x>a</li></ul>";

fn policy() -> OutputPolicy {
    OutputPolicy::new(vec!["shop.example".to_owned()], vec![], |path| path.starts_with("/account"))
}

fn admit(edits: Vec<Edit>) -> (SafeEdits, Vec<Removed>) {
    policy().admit(edits)
}

fn attribute(selector: &str, name: &str, value: &str) -> Edit {
    Edit::SetAttribute { selector: selector.to_owned(), name: name.to_owned(), value: value.to_owned() }
}

fn include(selector: &str, path: &str) -> Edit {
    Edit::Include { selector: selector.to_owned(), path: path.to_owned() }
}

#[test]
fn a_style_that_is_set_is_written_anew() {
    let edit = attribute("h1", "style", "COLOR:red;position:fixed;background:url(//evil.example)");
    let (edits, removed) = admit(vec![edit]);
    let lost: Vec<_> =
        removed.iter().map(|gone| (gone.part, gone.place.column, gone.what.as_str())).collect();
    assert_eq!(
        lost,
        [
            (Part::Value, 11, "attribute `style`, `position`"),
            (Part::Value, 26, "attribute `style`, `background`")
        ]
    );
    let (narrow, removed) = admit(vec![attribute("h1", "style", "padding:1px;min-height:1px;color:red")]);
    assert_eq!((narrow.len(), removed.len()), (1, 2));
    assert!(removed.first().unwrap().why.contains("lay an element of the page over others"), "{removed:?}");
    assert!(admit(vec![attribute("h1", "dir", "rtl")]).0.is_empty());
    assert!(admit(vec![attribute("h1", "title", "<img src=x onerror=x>")]).0.is_empty());
    let page = rewrite(b"<h1>a</h1><script></script>", &[&edits], &|_| None).unwrap();
    assert_eq!(page, b"<h1 style=\"color: red;\">a</h1><script></script>");
    let (edits, removed) = admit(vec![attribute("img", "srcset", "/a.png  1x,\n/b.png 2x")]);
    assert_eq!(removed, []);
    let page = rewrite(b"<img src=/a.png>", &[&edits], &|_| None).unwrap();
    assert_eq!(String::from_utf8(page).unwrap(), "<img src=/a.png srcset=\"/a.png 1x, /b.png 2x\">");
    let (edits, removed) = admit(vec![attribute("img", "srcset", "/a.png 1x, /account/b.png 2x")]);
    assert!(edits.is_empty() && removed.len() == 1);
}

#[test]
fn fragments_are_named_only_where_a_route_is_marked_so() {
    let policy = policy().with_fragments(|path| path == "/parts/menu");
    let (edits, removed) = policy.admit(vec![include("nav", "/parts/menu"), include("nav", "/sale")]);
    assert_eq!(edits.includes().collect::<Vec<_>>(), ["/parts/menu"]);
    let [gone] = removed.as_slice() else { panic!("{removed:?}") };
    assert!(
        gone.part == Part::Path && gone.edit == 1 && gone.instead.contains("fragment = true"),
        "{gone:?}"
    );
    // What a fragment holds passes the same door.
    let fragment = policy.admit_fragment(
        b"<p style='color:red;position:fixed' data-x=1 onclick=x>a<img src=/account/p.png><script>x</script></p>",
    );
    let page = rewrite(b"<nav></nav>", &[&edits], &|_| Some(fragment.clone())).unwrap();
    assert_eq!(page, b"<nav><p style=\"color: red;\">a<img></p></nav>");
}

#[test]
fn what_selectors_cost_is_bounded_by_variant_and_by_page() {
    let counting = |count: usize| -> Vec<Edit> {
        (0..count).map(|n| attribute(&format!("li:nth-child({}n) .x", n + 1), "class", "a")).collect()
    };
    let (full, removed) = admit(counting(9));
    assert_eq!((full.len(), removed.len()), (8, 1));
    assert!(removed.first().unwrap().why.contains("8 counting"), "{removed:?}");
    let (deep, removed) = admit((0..11).map(|_| attribute("a b c d e f p", "class", "a")).collect());
    assert_eq!((deep.len(), removed.len()), (10, 1));
    assert_eq!(SafeEdits::too_costly([&full, &full]), None);
    let words = SafeEdits::too_costly([&full, &full, &full]).unwrap();
    assert_eq!(words, "24 counting pseudo-classes in their selectors, at most 16 are allowed on a page");
    let refused = rewrite(PAGE, &[&full, &full, &full], &|_| None);
    assert_eq!(refused.unwrap_err(), RewriteError::TooCostly);
    assert!(rewrite(PAGE, &[&full, &full, &deep], &|_| None).is_ok());
}

#[test]
fn a_style_that_is_set_is_set_again_as_it_is() {
    for value in ["font-size: 0;font-size: 0", "font-size: 2rem", "color: red; font-size: small"] {
        let set = |value: &str| {
            let (edits, removed) = admit(vec![attribute("#x", "style", value)]);
            assert!(removed.is_empty(), "{removed:?}");
            String::from_utf8(rewrite(b"<p id=x>", &[&edits], &|_| None).unwrap()).unwrap()
        };
        let page = set(value);
        let style = page.split('"').nth(1).unwrap();
        assert_eq!(set(style), page, "{style}");
    }
}
