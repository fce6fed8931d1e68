//! Blocks: a change of a visitor's choice that no page of the site has sent.

use cloakroom_boundary::{Form, SiteId};

fn forge(site: SiteId) -> Form {
    Form { site }
}

fn main() {}
