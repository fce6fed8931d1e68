//! Blocks: a cookie is set in a visitor's browser that no policy lets anybody see, or a visitor's values are
//! kept or printed on the way there.

use cloakroom_boundary::{OwnCookies, PendingCookies};

fn send(pending: PendingCookies) -> usize {
    pending.lines().count()
}

fn assemble(pending: PendingCookies) -> OwnCookies {
    OwnCookies(vec![pending.visit])
}

fn keep(pending: &PendingCookies) -> PendingCookies {
    println!("{pending:?}");
    pending.clone()
}

fn main() {}
