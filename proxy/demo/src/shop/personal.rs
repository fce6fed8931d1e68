//! The pages that are about one visitor: cart, login, account.

use super::catalogue::{product, search};
use super::markup::{Greeting, Text, page};
use super::sessions::Session;

/// The cart.
pub(super) fn cart(greeting: &Greeting, session: &Session) -> String {
    if session.cart.is_empty() {
        let body = r#"<section class="wrap narrow"><h1>Your cart is empty</h1><p class="lead">That can be changed.</p><a class="button" href="/">Look around</a></section>"#;
        return page("Cart", greeting, "", body);
    }
    let mut rows = String::new();
    let mut sum = 0;
    for (slug, pieces) in &session.cart {
        let Some(product) = product(slug) else { continue };
        let price = product.price * pieces;
        sum += price;
        rows.push_str(&format!(
            r#"<tr><td><a href="/p/{slug}"><img src="/img/{slug}.svg" alt="" width="80" height="60"> {name}</a></td><td>{pieces}</td><td>€{price}</td></tr>"#,
            name = Text(product.name),
        ));
    }
    let body = format!(
        r#"<section class="wrap"><h1>Your cart</h1><table class="lines"><thead><tr><th scope="col">Thing</th><th scope="col">Pieces</th><th scope="col">Price</th></tr></thead>
<tbody>{rows}</tbody><tfoot><tr><th scope="row" colspan="2">Together</th><td>€{sum}</td></tr></tfoot></table>
<p class="lead">This is a sample shop: there is no checkout.</p></section>"#,
    );
    page("Cart", greeting, "", &body)
}

/// The login form.
pub(super) fn login(greeting: &Greeting, missing: bool) -> String {
    let note =
        if missing { r#"<p class="problem" role="alert">Please fill in both fields.</p>"# } else { "" };
    let body = format!(
        r#"<section class="wrap narrow"><h1>Log in</h1>
<p class="lead">Any name and any password will do: a sample shop checks nothing.</p>{note}
<form class="fields" method="post" action="/login">
<label>Name <input name="name" autocomplete="username" required maxlength="60"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="60"></label>
<button class="button">Log in</button></form></section>"#,
    );
    page("Log in", greeting, "", &body)
}

/// The account of somebody who is logged in.
pub(super) fn account(greeting: &Greeting, name: &str) -> String {
    let mut orders = String::new();
    for product in search("two") {
        orders.push_str(&format!(
            r#"<tr><td>{}</td><td>delivered</td><td>€{}</td></tr>"#,
            Text(product.name),
            product.price
        ));
    }
    let body = format!(
        r#"<section class="wrap"><h1>Hello, {name}</h1><p class="lead">This page is yours alone, so the proxy passes it through: your cookie reaches the shop, and nothing is cached.</p>
<h2>Your orders</h2><table class="lines"><thead><tr><th scope="col">Thing</th><th scope="col">State</th><th scope="col">Price</th></tr></thead><tbody>{orders}</tbody></table>
<form method="post" action="/logout"><button class="button quiet">Log out</button></form></section>"#,
        name = Text(name),
    );
    page("Account", greeting, "", &body)
}
