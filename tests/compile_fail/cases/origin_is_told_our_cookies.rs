//! Blocks: cookies that Cloakroom keeps in the browser reach the origin as words of the variant.

use cloakroom_boundary::OwnCookies;
use cloakroom_origin::Told;

fn assemble(cookies: &OwnCookies) -> Told {
    Told { variants: cookies.lines().next().cloned(), language: None, mobile: None }
}

fn main() {}
