//! The pages that are the same for everyone: home, shelves, products, search.

use super::catalogue::{CATEGORIES, Category, PRODUCTS, Product, search};
use super::markup::{Greeting, Text, page};

/// The front page, with the two places that plugins fill: `#hero` and `#banner`.
pub(super) fn home(greeting: &Greeting) -> String {
    let mut shelves = String::new();
    for (category, product) in CATEGORIES.iter().zip(PRODUCTS.iter().step_by(3)) {
        shelves.push_str(&format!(
            r#"<a class="shelf" href="/c/{slug}"><img src="/img/{picture}.svg" alt="" width="320" height="240" loading="lazy"><b>{name}</b><span>{promise}</span></a>"#,
            slug = category.slug,
            picture = product.slug,
            name = Text(category.name),
            promise = Text(category.promise),
        ));
    }
    let body = format!(
        r#"<section id="hero" aria-label="Welcome">
<p class="eyebrow">Outdoor goods, mended for life</p>
<h1>Gear that outlasts the forecast</h1>
<p>Twelve good things for sleeping out, tested by people who get rained on for a living.</p>
<a class="button" href="/c/tents">See the tents</a>
</section>
<section class="wrap"><h2>Four shelves, nothing else</h2><div class="grid four">{shelves}</div></section>
<section class="wrap"><h2>All twelve</h2><div class="grid">{cards}</div></section>
<section class="wrap promises">
<div><b>Mended free</b><span>Zips, seams and poles, for as long as you own it.</span></div>
<div><b>60 nights</b><span>Sleep in it. Send it back if it was not right.</span></div>
<div><b>Sent by train</b><span>Two days across Europe, and no plane for the rest.</span></div>
</section>"#,
        cards = cards(PRODUCTS.iter()),
    );
    page("Outdoor goods", greeting, "", &body)
}

/// A shelf.
pub(super) fn category(greeting: &Greeting, category: &Category) -> String {
    let body = format!(
        r#"<section class="wrap"><p class="crumbs"><a href="/">Home</a> / {name}</p><h1>{name}</h1>
<p class="lead">{promise}</p><div class="grid">{cards}</div></section>"#,
        name = Text(category.name),
        promise = Text(category.promise),
        cards = cards(PRODUCTS.iter().filter(|p| p.category == category.slug)),
    );
    page(category.name, greeting, "", &body)
}

/// A product.
pub(super) fn product(greeting: &Greeting, product: &Product, shelf: &Category) -> String {
    let mut facts = String::new();
    for (name, value) in &product.facts {
        facts.push_str(&format!("<dt>{}</dt><dd>{}</dd>", Text(name), Text(value)));
    }
    let others = PRODUCTS.iter().filter(|p| p.category == shelf.slug && p.slug != product.slug);
    let body = format!(
        r#"<section class="wrap">
<p class="crumbs"><a href="/">Home</a> / <a href="/c/{shelf_slug}">{shelf}</a> / {name}</p>
<div class="product"><img class="picture" src="/img/{slug}.svg" alt="Drawing of the {name}" width="640" height="480">
<div><p class="eyebrow">{kind}</p><h1>{name}</h1><p class="lead">{pitch}</p><p class="price">€{price}</p>
<form method="post" action="/cart"><input type="hidden" name="product" value="{slug}"><button class="button">Add to cart</button></form>
<p>{story}</p><dl>{facts}</dl></div></div>
<h2>From the same shelf</h2><div class="grid">{cards}</div></section>"#,
        shelf_slug = shelf.slug,
        shelf = Text(shelf.name),
        name = Text(product.name),
        slug = product.slug,
        kind = Text(product.kind),
        pitch = Text(product.pitch),
        price = product.price,
        story = Text(product.story),
        cards = cards(others),
    );
    page(product.name, greeting, "", &body)
}

/// What was found.
pub(super) fn results(greeting: &Greeting, query: &str) -> String {
    let found = search(query);
    let title = match found.len() {
        0 => "Nothing found".to_owned(),
        1 => "One thing found".to_owned(),
        count => format!("{count} things found"),
    };
    let hint = if found.is_empty() { "Try “tent”, “warm” or “coffee”." } else { "" };
    let body = format!(
        r#"<section class="wrap"><p class="crumbs"><a href="/">Home</a> / Search</p><h1>{title}</h1>
<p class="lead">You looked for “{query}”. {hint}</p><div class="grid">{cards}</div></section>"#,
        query = Text(query),
        cards = cards(found.into_iter()),
    );
    page(&title, greeting, query, &body)
}

/// What is not there, or not allowed.
pub(super) fn lost(greeting: &Greeting, title: &str, words: &str) -> String {
    let body = format!(
        r#"<section class="wrap narrow"><h1>{}</h1><p class="lead">{}</p><a class="button" href="/">Back to the shop</a></section>"#,
        Text(title),
        Text(words),
    );
    page(title, greeting, "", &body)
}

fn cards<'p>(products: impl Iterator<Item = &'p Product>) -> String {
    let mut html = String::new();
    for product in products {
        html.push_str(&format!(
            r#"<a class="card" href="/p/{slug}"><img src="/img/{slug}.svg" alt="" width="320" height="240" loading="lazy"><span class="kind">{kind}</span><b>{name}</b><span>{pitch}</span><span class="price">€{price}</span></a>"#,
            slug = product.slug,
            kind = Text(product.kind),
            name = Text(product.name),
            pitch = Text(product.pitch),
            price = product.price,
        ));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_visitors_type_is_escaped() {
        let greeting = Greeting { name: Some("<b>Eve</b>".into()), in_cart: 0 };
        let html = results(&greeting, r#""><script>alert(1)</script>"#);
        assert!(!html.contains("<script>") && !html.contains("<b>Eve"));
        assert!(html.contains("&quot;&gt;&lt;script&gt;"));
    }
}
