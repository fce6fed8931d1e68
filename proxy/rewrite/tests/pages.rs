//! Whole pages through the rewriter: what edits do, what they may not touch, and what is taken out
//! of any page.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use cloakroom_rewrite::{
    Edit, OutputPolicy, Removed, RewriteError, SafeEdits, cleanse_only, is_html, rewrite,
};

fn policy() -> OutputPolicy {
    OutputPolicy::new(vec!["shop.example".to_owned()], vec![], |path| path.starts_with("/account"))
}

fn admit(edits: Vec<Edit>) -> (SafeEdits, Vec<Removed>) {
    policy().admit(edits)
}

/// The page after these edits, none of which may lose anything at the door.
fn after(page: &str, edits: Vec<Edit>) -> String {
    let (edits, removed) = admit(edits);
    assert_eq!(removed, []);
    String::from_utf8(rewrite(page.as_bytes(), &[&edits], &|_| None).unwrap()).unwrap()
}

fn set(selector: &str, content: &str) -> Edit {
    Edit::SetContent { selector: selector.to_owned(), content: content.to_owned() }
}

fn text(selector: &str, content: &str) -> Edit {
    Edit::Text { selector: selector.to_owned(), content: content.to_owned() }
}

fn before(selector: &str, content: &str) -> Edit {
    Edit::Before { selector: selector.to_owned(), content: content.to_owned() }
}

fn behind(selector: &str, content: &str) -> Edit {
    Edit::After { selector: selector.to_owned(), content: content.to_owned() }
}

fn remove(selector: &str) -> Edit {
    Edit::Remove { selector: selector.to_owned() }
}

fn attribute(selector: &str, name: &str, value: &str) -> Edit {
    Edit::SetAttribute { selector: selector.to_owned(), name: name.to_owned(), value: value.to_owned() }
}

fn include(selector: &str, path: &str) -> Edit {
    Edit::Include { selector: selector.to_owned(), path: path.to_owned() }
}

const PAGE: &str = "<!doctype html><html><head><title>Shop</title></head><body><main><h1 id=t>Hi</h1>\
                    <div class=\"hero big\"><p>old</p></div><a class=cta href=\"/sale\" ping=\"/p\">Go</a></main></body></html>";

#[test]
fn each_edit_does_what_its_name_says() {
    for (edit, from, to) in [
        (set(".hero", "<b>new</b>"), "<p>old</p>", "<b>new</b>"),
        (text("h1", "1 < 2 & \"3\""), ">Hi<", ">1 &lt; 2 &amp; &quot;3&quot;<"),
        (before("#t", "<p>a</p>"), "<h1 id=t>", "<p>a</p><h1 id=t>"),
        (behind("#t", "<p>a</p>"), "Hi</h1>", "Hi</h1><p>a</p>"),
        (remove(".hero"), "<div class=\"hero big\"><p>old</p></div>", ""),
        (attribute("h1", "title", "x \"y"), "<h1 id=t>", "<h1 id=t title=\"x &quot;y\">"),
        (
            attribute(".cta", "href", "/new?a=1&b=2"),
            "href=\"/sale\" ping=\"/p\"",
            "href=\"/new?a=1&amp;b=2\"",
        ),
        (text("title", "Été"), "Shop", "Été"),
        (attribute("body", "class", "spring"), "<body>", "<body class=\"spring\">"),
    ] {
        assert_eq!(after(PAGE, vec![edit.clone()]), PAGE.replacen(from, to, 1), "{edit:?}");
    }
}

#[test]
fn edits_of_several_plugins_apply_in_order() {
    let (first, _) = admit(vec![set(".hero", "first"), before("h1", "a")]);
    let (second, _) = admit(vec![set(".hero", "second"), before("h1", "b")]);
    let page = rewrite(PAGE.as_bytes(), &[&first, &second], &|_| None).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("ab<h1"), "{page}");
    assert!(page.contains(">second</div>") && !page.contains("first"), "{page}");
}

#[test]
fn all_matches_and_nested_ones_are_edited_and_missing_ones_change_nothing() {
    let page = "<div class=a><div class=a>x</div></div><div class=a>y</div>";
    assert_eq!(after(page, vec![set(".a", "n")]), "<div class=a>n</div><div class=a>n</div>");
    assert_eq!(after(page, vec![attribute(".a", "lang", "fr")]).matches("lang=\"fr\"").count(), 3);
    assert_eq!(after(page, vec![set(".b", "n"), remove("#c > p"), before("main .a", "n")]), page);
}

#[test]
fn a_page_that_leaves_ends_out_is_not_eaten() {
    for (page, selector) in [
        ("<ul><li class=x>a<li>b<li>c</ul><p>d</p>", ".x"),
        ("<p class=x>a<p>b<p>c", ".x"),
        ("<div class=x>a<p>b", ".x"),
        ("<table><tr><td class=x>a<td>b</table>", ".x"),
        ("<section><div class=x>a</section>b", ".x"),
    ] {
        for edit in [set(selector, "n"), text(selector, "n"), remove(selector), behind(selector, "n")] {
            assert_eq!(after(page, vec![edit.clone()]), page, "{edit:?}");
        }
        assert!(after(page, vec![before(selector, "n")]).contains("n<"));
    }
    let page = "<ul><li class=x>a</li><li>b</ul>";
    assert_eq!(after(page, vec![remove(".x")]), "<ul><li>b</ul>");
}

#[test]
fn broken_markup_comes_through() {
    for page in [
        "",
        "<",
        "<div",
        "</div>",
        "<div class=",
        "<!--",
        "a<b<c>",
        "<p><b></p></b>",
        "\u{0}<p>\u{0}",
        "<![CDATA[",
    ] {
        assert_eq!(after(page, vec![set(".x", "n"), remove("i")]), page);
    }
    let bytes = b"<p class=x>\xFF\xFE</p>\xC3";
    assert_eq!(cleanse_only(bytes).unwrap(), bytes);
}

#[test]
fn what_is_not_markup_is_never_written_into() {
    let page = "<script class=x>let a = 1</script><style class=x>p{}</style><textarea class=x>t</textarea>\
                <template class=x><i>t</i></template><noscript class=x>n</noscript><iframe class=x></iframe>\
                <svg class=x><title class=x>t</title><a class=x href=/s>t</a></svg><select class=x><option class=x>o</option></select>\
                <title class=x>t</title>";
    let everything = vec![set(".x", "alert(1)"), include(".x", "/parts/a"), attribute(".x", "href", "/n")];
    let (edits, _) = admit(everything);
    let fragment = policy().admit_fragment(b"alert(1)");
    let output = rewrite(page.as_bytes(), &[&edits], &|_| Some(fragment.clone())).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), page);
}

#[test]
fn rules_of_the_page_cannot_be_removed_or_moved() {
    let page = "<head class=x><meta class=x http-equiv=\"content-security-policy\" content=\"default-src 'self'\">\
                <base class=x href=/><link class=x href=/a.css><script class=x>1</script></head><body class=x><input class=x></body>";
    assert_eq!(
        after(page, vec![remove(".x"), before(".x", "n"), behind(".x", "n"), attribute(".x", "hidden", "")]),
        page
    );
}

#[test]
fn a_selector_that_could_never_be_right_is_told_at_the_door() {
    for edit in [
        set("script", "a"),
        remove("head meta"),
        before("html > head", "a"),
        attribute("link", "href", "/x"),
        attribute("div", "src", "/x.png"),
        attribute("iframe", "src", "/x"),
        set("body", "a"),
        remove("input"),
        set("a[href]", "x"),
        remove(&"a ".repeat(9)),
    ] {
        let (edits, removed) = admit(vec![edit.clone()]);
        assert!(edits.is_empty() && removed.len() == 1, "{edit:?}");
    }
}

#[test]
fn attributes_are_those_on_the_list_with_harmless_values() {
    for (name, value) in [
        ("onclick", "x"),
        ("style", "x"),
        ("id", "x"),
        ("name", "x"),
        ("data-x", "x"),
        ("srcset", "x"),
        ("ping", "/x"),
        ("target", "_blank"),
        ("action", "/x"),
        ("v-html", "x"),
        ("@click", "x"),
        ("aria-", "x"),
        ("aria-x y", "x"),
        ("href", "javascript:x"),
        ("src", "//evil.example/x"),
        ("src", "/account/x"),
        ("src", "https://evil.example/x"),
        ("href", "https://shop.example\\@evil"),
        ("title", "{{x}}"),
        ("title", "{"),
        ("class", "${x}"),
        ("dir", "up"),
        ("width", "1px"),
        ("lang", "a\"b"),
        ("role", "A"),
        ("hidden", "x"),
        ("alt", "\u{1}"),
        ("", "x"),
        ("a b", "x"),
    ] {
        let (edits, removed) = admit(vec![attribute(".x", name, value)]);
        assert!(edits.is_empty() && removed.len() == 1, "{name}={value}");
    }
    let (_, removed) = admit(vec![attribute(".x", "title", &"a".repeat(2_049))]);
    assert_eq!(removed.len(), 1);
    let (edits, removed) = admit(vec![attribute(".x", "HREF", "/account?v=fr")]);
    assert_eq!(
        removed.first().unwrap().to_string(),
        "attribute `href`, the query: links into passthrough routes carry no query"
    );
    let page = rewrite(b"<a class=x>a</a><p class=x>", &[&edits], &|_| None).unwrap();
    assert_eq!(page, b"<a class=x href=\"/account\">a</a><p class=x>");
}

#[test]
fn a_new_picture_is_not_outdone_by_the_old_sources() {
    let page = "<img src=/old.png srcset=\"/old2.png 2x\" sizes=10px alt=a>";
    assert_eq!(after(page, vec![attribute("img", "src", "/new.png")]), "<img src=\"/new.png\" alt=a>");
}

#[test]
fn text_cannot_become_a_program() {
    for content in ["{{x}}", "${x}", "a\u{0}b", "{", "<%x%>", "x["] {
        let (edits, removed) = admit(vec![text("p", content)]);
        assert!(edits.is_empty() && removed.len() == 1, "{content}");
    }
    assert_eq!(
        after("<p>a</p>", vec![text("p", "</p><script>x</script>")]),
        "<p>&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</p>"
    );
}

#[test]
fn fragments_are_included_and_sanitized_alike() {
    let (edits, removed) =
        admit(vec![include("#a", "/parts/a"), include("#b", "/parts/%62"), include("#c", "/parts/c")]);
    assert_eq!(removed, []);
    assert_eq!(edits.includes().collect::<Vec<_>>(), ["/parts/a", "/parts/b", "/parts/c"]);
    let policy = policy();
    let fragments = |path: &str| match path {
        "/parts/a" => Some(policy.admit_fragment(b"<p onclick=x>A</p><script>x</script>")),
        "/parts/b" => Some(policy.admit_fragment(b"{{x}}")),
        _ => None,
    };
    let page = b"<i id=a>1</i><i id=b>2</i><i id=c>3</i>";
    let output = rewrite(page, &[&edits], &fragments).unwrap();
    assert_eq!(output, b"<i id=a><p>A</p></i><i id=b>2</i><i id=c>3</i>");
    assert!(policy.admit_fragment(&[b'a'; 300_000]).is_empty());
    let many =
        (0..9).map(|n| include("#a", &format!("/parts/{n}"))).chain([include("#a", "/account/x")]).collect();
    let (edits, removed) = admit(many);
    assert_eq!((edits.len(), removed.len()), (8, 2));
}

#[test]
fn meta_loses_what_the_headers_may_not_do() {
    let csp = "<meta http-equiv=\"Content-Security-Policy\" content=";
    for (page, expected) in [
        ("<meta http-equiv=set-cookie content=a=b>c".to_owned(), "c".to_owned()),
        ("<META HTTP-EQUIV='Set&#45;Cookie ' content=a=b>c".to_owned(), "c".to_owned()),
        ("<meta http-equiv=accept-ch content=dpr>c".to_owned(), "c".to_owned()),
        ("<meta http-equiv=Critical-CH content=dpr>c".to_owned(), "c".to_owned()),
        ("<meta http-equiv=delegate-ch content=dpr>c".to_owned(), "c".to_owned()),
        ("<meta name=accept-ch content=dpr>c".to_owned(), "c".to_owned()),
        ("<meta name=referrer content=unsafe-url>c".to_owned(), "c".to_owned()),
        (
            "<meta name=referrer content=no-referrer>c".to_owned(),
            "<meta name=referrer content=no-referrer>c".to_owned(),
        ),
        (
            "<meta http-equiv=origin-trial content=x>".to_owned(),
            "<meta http-equiv=origin-trial content=x>".to_owned(),
        ),
        ("<meta http-equiv=refresh content=5>".to_owned(), "<meta http-equiv=refresh content=5>".to_owned()),
        (
            "<meta charset=utf-8><meta name=description content=a>".to_owned(),
            "<meta charset=utf-8><meta name=description content=a>".to_owned(),
        ),
        (
            format!("{csp}\"default-src 'self'; report-uri /r?a&amp;b; img-src *; Report-To x\">"),
            format!("{csp}\"default-src 'self'; img-src *\">"),
        ),
        (format!("{csp}'report-uri /r'>c"), "c".to_owned()),
        (format!("{csp}\"img-src *&semi;report-uri /r\">"), format!("{csp}\"img-src *\">")),
        (format!("{csp}\"img-src /report-uri\">"), format!("{csp}\"img-src /report-uri\">")),
    ] {
        assert_eq!(String::from_utf8(cleanse_only(page.as_bytes()).unwrap()).unwrap(), expected, "{page}");
    }
}

#[test]
fn other_encodings_get_references_only() {
    let (edits, _) = admit(vec![set("p", "été")]);
    let page = rewrite(b"<p>\xE9</p>\xE9", &[&edits], &|_| None).unwrap();
    assert_eq!(page, b"<p>&#233;t&#233;</p>\xE9");
    assert_eq!(cleanse_only(b"\xFF\xFE<\0p\0>\0"), Err(RewriteError::Encoding));
}

#[test]
fn pages_that_name_an_encoding_that_is_not_read_get_no_edits() {
    let (edits, _) = admit(vec![set("p", "n")]);
    for named in [
        "<meta charset=iso-2022-jp>",
        "<meta charset='Shift_JIS'>",
        "<meta charset=&#117;tf-7>",
        "<META HTTP-EQUIV=content-type CONTENT='text/html; charset = \"gbk\"'>",
        "<?xml version='1.0' encoding='euc-jp'?>",
    ] {
        let page = format!("{named}<p>a</p>");
        assert_eq!(rewrite(page.as_bytes(), &[&edits], &|_| None), Err(RewriteError::Encoding), "{named}");
        assert_eq!(cleanse_only(page.as_bytes()).unwrap(), page.as_bytes());
    }
    for named in [
        "<meta charset=UTF-8>",
        "<meta charset=latin1>",
        "<meta http-equiv=content-type content='text/html;charset=windows-1252'>",
        "<meta http-equiv=content-type content=text/html>",
        "<?xml version='1.0' encoding='utf-8'?>",
    ] {
        let page = format!("{named}<p>a</p>");
        let edited = rewrite(page.as_bytes(), &[&edits], &|_| None).unwrap();
        assert_eq!(edited, format!("{named}<p>n</p>").as_bytes());
    }
}

#[test]
fn ambiguous_pages_get_no_edits_but_are_served() {
    let page = b"<select><xmp><script>\"use strict\";</script></select><p>a</p>";
    for edit in [set("p", "n"), before("p", "n"), attribute("p", "class", "n")] {
        let (edits, _) = admit(vec![edit]);
        assert_eq!(rewrite(page, &[&edits], &|_| None), Err(RewriteError::Ambiguous));
    }
    assert_eq!(cleanse_only(page).unwrap(), page);
}

#[test]
fn huge_inputs_end_in_a_page_or_an_error() {
    let page = "<p>".repeat(9 << 20);
    assert_eq!(cleanse_only(page.as_bytes()), Err(RewriteError::PageTooLarge));
    let paragraphs = "<p>x</p>".repeat(200_000);
    assert_eq!(cleanse_only(paragraphs.as_bytes()).unwrap(), paragraphs.as_bytes());
    let (edits, _) = admit(vec![set("p", &"a".repeat(60_000))]);
    assert_eq!(rewrite(paragraphs.as_bytes(), &[&edits], &|_| None), Err(RewriteError::TooMuchAdded));
    let deep = "<div>".repeat(1_500_000);
    assert!(matches!(cleanse_only(deep.as_bytes()), Ok(_) | Err(RewriteError::TooDeep)));
    let open = format!("<!--{}", "a".repeat(7 << 20));
    assert_eq!(cleanse_only(open.as_bytes()).unwrap(), open.as_bytes());
    let many = (0..40).map(|_| remove("p")).collect();
    let (edits, removed) = admit(many);
    assert_eq!((edits.len(), removed.len()), (32, 1));
    let (_, removed) = admit(vec![text("p", &"a".repeat(65_537)), set("p", &"a".repeat(65_537))]);
    assert_eq!(removed.len(), 2);
}

#[test]
fn only_html_is_html() {
    assert!(is_html("text/html; charset=utf-8") && is_html(" TEXT/HTML"));
    assert!(!is_html("application/json") && !is_html("text/htmlx") && !is_html(""));
}

#[test]
fn policies_and_edits_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<OutputPolicy>();
    shared::<SafeEdits>();
    shared::<cloakroom_rewrite::SafeFragment>();
}
