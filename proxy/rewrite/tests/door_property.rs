//! The door, over markup put together at random and read by a parser of its own: what comes out holds
//! only what is listed here, goes in again unchanged, and nothing is missing without a word about it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use cloakroom_rewrite::{Edit, OutputPolicy, Removed, rewrite};
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;

const ATTRIBUTES: [&str; 31] = [
    "class",
    "lang",
    "dir",
    "href",
    "src",
    "srcset",
    "sizes",
    "style",
    "alt",
    "title",
    "width",
    "height",
    "hidden",
    "role",
    "target",
    "loading",
    "colspan",
    "rowspan",
    "scope",
    "span",
    "start",
    "reversed",
    "open",
    "datetime",
    "value",
    "rel",
    "data-nosnippet",
    "aria-label",
    "aria-current",
    "aria-hidden",
    "aria-labelledby",
];

const ELEMENTS: [&str; 24] = [
    "a", "b", "br", "div", "em", "h2", "i", "img", "li", "ol", "p", "span", "table", "tbody", "td", "th",
    "tr", "u", "ul", "details", "summary", "font", "caption", "colgroup",
];

/// Pieces of markup, some of them whole, most of them not.
const PIECES: [&str; 84] = [
    "<p>",
    "</p>",
    "<p",
    ">",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<a href=/x>",
    "</a>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "<li>",
    "<ul>",
    "</ul>",
    "<ol start=2>",
    "<br>",
    "<h2>",
    "</h2>",
    "<details open>",
    "</details>",
    "<font color=red>",
    "</font>",
    "<img src=/a.png>",
    "<img src=//evil.example srcset=\"/a.png 1x, /account/b 2x\">",
    "<img srcset='/a.png 2x'",
    " onclick=x",
    " style='color:red'",
    " style='color:red;position:fixed'",
    " style=\"background:url(//evil.example)\"",
    " style=x",
    " class='a js-b'",
    " class=a",
    " id=x",
    " data-x=1",
    " data-nosnippet",
    " aria-controls=x",
    " aria-label=y",
    " href=javascript:x",
    " href='/account?v=1'",
    " title='",
    "'",
    "\"",
    " =",
    "/",
    " hx-get=/a",
    " @click=b",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mtext>",
    "</math>",
    "<mglyph>",
    "<template>",
    "</template>",
    "<noscript>",
    "</noscript>",
    "<textarea>",
    "</textarea>",
    "<title>",
    "</title>",
    "<select>",
    "<option>",
    "</select>",
    "<iframe>",
    "</iframe>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&lt;script&gt;",
    "&#123;",
    "&copy",
];

fn policy() -> OutputPolicy {
    OutputPolicy::new(vec!["shop.example".to_owned()], vec![], |path| path.starts_with("/account"))
}

fn put(content: &str) -> (String, Vec<Removed>) {
    let edit = Edit::SetContent { selector: "#x".to_owned(), content: content.to_owned() };
    let (edits, removed) = policy().admit(vec![edit]);
    let page = rewrite(b"<div id=x></div>", &[&edits], &|_| None).unwrap();
    let page = String::from_utf8(page).unwrap();
    (page.strip_prefix("<div id=x>").unwrap().strip_suffix("</div>").unwrap().to_owned(), removed)
}

/// What a parser finds: elements, attributes with their elements, and the signs of the text.
#[derive(Default)]
struct Found {
    counts: BTreeMap<String, usize>,
    attributes: Vec<(String, String, String)>,
}

impl Found {
    fn read(html: &str, scripting: bool) -> Self {
        let opts = ParseOpts {
            tree_builder: html5ever::tree_builder::TreeBuilderOpts {
                scripting_enabled: scripting,
                ..Default::default()
            },
            ..Default::default()
        };
        let context = QualName::new(None, ns!(html), local_name!("div"));
        let dom: RcDom = parse_fragment(RcDom::default(), opts, context, vec![], scripting).one(html);
        let mut found = Self::default();
        found.node(&dom.document);
        found
    }

    fn count(&mut self, key: String) {
        *self.counts.entry(key).or_default() += 1;
    }

    fn node(&mut self, node: &Handle) {
        match &node.data {
            NodeData::Element { name, attrs, .. } => {
                self.count(format!("<{}>", name.local));
                for attribute in attrs.borrow().iter() {
                    let (tag, name) = (name.local.to_string(), attribute.name.local.to_string());
                    self.count(format!("<{tag} {name}>"));
                    self.attributes.push((tag, name, attribute.value.to_string()));
                }
            }
            NodeData::Text { contents } => {
                let contents = contents.borrow();
                contents.chars().filter(|c| !c.is_whitespace()).for_each(|c| self.count(c.to_string()));
            }
            NodeData::Comment { .. } => self.count("a comment".to_owned()),
            _ => {}
        }
        node.children.borrow().iter().for_each(|child| self.node(child));
    }
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
        1 => "[x-z ]{1,6}",
        1 => "[<>&;/='\"{}a\u{0}\u{e9}\n-]{1,4}",
    ];
    prop::collection::vec(piece, 1..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn what_comes_out_is_on_the_list(content in markup(), scripting: bool) {
        let found = Found::read(&put(&content).0, scripting);
        for element in found.counts.keys().filter_map(|key| key.strip_prefix('<')?.strip_suffix('>')) {
            let tag = element.split(' ').next().unwrap();
            prop_assert!(tag == "html" || ELEMENTS.contains(&tag) && tag != "font", "{element}");
        }
        for (_, name, value) in &found.attributes {
            prop_assert!(ATTRIBUTES.contains(&name.as_str()), "{name}");
            let is_address = matches!(name.as_str(), "href" | "src" | "srcset");
            prop_assert!(!is_address || value.starts_with(['/', '#']) && !value.starts_with("//"), "{value}");
            prop_assert!(!value.contains("evil") && !value.contains("account?") || name == "title", "{value}");
            prop_assert!(name != "style" || !value.contains("url") && !value.contains("fixed"), "{value}");
        }
    }

    #[test]
    fn what_came_out_goes_in_unchanged(content in markup()) {
        let (once, _) = put(&content);
        let (twice, removed) = put(&once);
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(removed, []);
    }

    #[test]
    fn nothing_is_missing_without_a_word(content in markup()) {
        let (output, removed) = put(&content);
        let (before, after) = (Found::read(&content, false), Found::read(&output, false));
        for (what, count) in &before.counts {
            let kept = after.counts.get(what).copied().unwrap_or_default();
            prop_assert!(kept >= *count || !removed.is_empty(), "{what} of {content} is not in {output}");
        }
        for gone in &removed {
            prop_assert!(!gone.why.is_empty() && !gone.instead.is_empty() && gone.place.end <= content.len(), "{gone:?}");
            prop_assert!(gone.place.line <= content.matches('\n').count() + 1, "{gone:?}");
        }
    }

    #[test]
    fn a_style_that_came_out_goes_in_unchanged(pieces in prop::collection::vec(css(), 1..16)) {
        let (once, removed) = styled(&pieces.concat());
        for bad in ["url(", "var(", "\\", "@", "{", "/*", "!", "position: f", "<", "&"] {
            prop_assert!(!once.contains(bad), "{once}");
        }
        if !once.is_empty() {
            prop_assert_eq!(styled(&once), (once, Vec::new()));
        } else {
            prop_assert!(!removed.is_empty() || pieces.concat().trim_matches([';', ' ']).is_empty() || pieces.concat().contains("/*"));
        }
    }
}

/// Pieces of style, some of them whole.
fn css() -> impl Strategy<Value = String> {
    const PIECES: [&str; 40] = [
        "color",
        ":",
        ";",
        "red",
        "#fff",
        "margin",
        "padding",
        "1px",
        "-1px",
        "1e9px",
        "0",
        "50%",
        " ",
        ",",
        "/",
        "(",
        ")",
        "rgb(",
        "min(",
        "clamp(",
        "linear-gradient(",
        "repeat(",
        "minmax(",
        "url(",
        "url(a)",
        "var(--x)",
        "calc(",
        "\\75rl(",
        "position",
        "fixed",
        "background",
        "!important",
        "'",
        "\"",
        "/*",
        "*/",
        "grid-template-columns",
        "1fr",
        "90deg",
        "{",
    ];
    prop_oneof![
        8 => prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
        2 => prop::sample::select(["color:red;", "padding:1.23456rem 2px;", "border:1px solid #ABC;"].as_slice()).prop_map(str::to_owned),
        1 => "[-0-9a-z.%#\\\\\u{e9}]{1,5}",
    ]
}

/// What is left of a style that is set, and what the author is told.
fn styled(value: &str) -> (String, Vec<Removed>) {
    let selector = "#x".to_owned();
    let edit = Edit::SetAttribute { selector, name: "style".to_owned(), value: value.to_owned() };
    let (edits, removed) = policy().admit(vec![edit]);
    let page = String::from_utf8(rewrite(b"<p id=x>", &[&edits], &|_| None).unwrap()).unwrap();
    let style = page.strip_prefix("<p id=x style=\"").and_then(|rest| rest.strip_suffix("\">"));
    (style.unwrap_or_default().to_owned(), removed)
}
