//! Blocks: what a visitor's browser is told to keep is kept or logged by the proxy.

use cloakroom_boundary::OwnCookies;

fn copy(cookies: &OwnCookies) -> OwnCookies {
    cookies.clone()
}

fn log(cookies: &OwnCookies) -> String {
    format!("{cookies:?}")
}

fn main() {}
