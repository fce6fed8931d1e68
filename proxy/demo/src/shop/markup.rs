//! HTML as a type: text can only enter it escaped, and the frame around every page.

use std::fmt::{self, Display};

use super::catalogue::CATEGORIES;

/// Text as it may stand in HTML, in attributes too.
pub(super) struct Text<'t>(pub &'t str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => fmt::Write::write_char(f, other)?,
            }
        }
        Ok(())
    }
}

/// What the frame shows of the visitor; nothing for those whom the shop does not know.
#[derive(Default)]
pub(super) struct Greeting {
    pub name: Option<String>,
    pub in_cart: u32,
}

/// A whole page around `body`.
pub(super) fn page(title: &str, greeting: &Greeting, query: &str, body: &str) -> String {
    let mut shelves = String::new();
    for category in &CATEGORIES {
        shelves.push_str(&format!(r#"<a href="/c/{}">{}</a>"#, category.slug, Text(category.name)));
    }
    let account = match &greeting.name {
        Some(name) => format!(r#"<a href="/account">Hello, {}</a>"#, Text(name)),
        None => r#"<a href="/login">Log in</a>"#.to_owned(),
    };
    let cart = match greeting.in_cart {
        0 => r#"<a class="cart" href="/cart">Cart</a>"#.to_owned(),
        count => format!(r#"<a class="cart" href="/cart">Cart <b>{count}</b></a>"#),
    };
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Alder &amp; Ash</title>
<meta name="description" content="Outdoor goods that outlast the forecast: tents, packs, sleep and camp kitchen.">
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/img/mark.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<div id="banner"><p>Free delivery over €60 · 60 nights to change your mind</p></div>
<header class="top">
<a class="brand" href="/"><img src="/img/mark.svg" alt="" width="34" height="34"><span>Alder <i>&amp;</i> Ash</span></a>
<nav class="shelves" aria-label="Shelves">{shelves}</nav>
<form class="search" action="/search" role="search">
<input type="search" name="q" value="{query}" maxlength="80" placeholder="Search" aria-label="Search the shop">
</form>
<nav class="you" aria-label="Your account">{account}{cart}</nav>
</header>
<main id="main">
{body}
</main>
<footer class="bottom">
<div><b>Alder &amp; Ash</b><p>Outdoor goods, mended for life. A sample shop: nothing here is for sale, and nothing you type is kept.</p></div>
<nav aria-label="All shelves">{shelves}</nav>
<div><b>Care</b><p>Send it back worn. We wash it, mend it, and return it better.</p></div>
</footer>
</body>
</html>
"##,
        title = Text(title),
        query = Text(query),
    )
}
