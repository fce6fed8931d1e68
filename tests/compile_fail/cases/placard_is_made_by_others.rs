//! Blocks: markup that reaches pages unchecked as Cloakroom's own, although somebody else wrote it.

use std::sync::Arc;

use cloakroom_notice::{Notice, Placard};

fn forge(notice: Arc<Notice>) -> Placard {
    Placard { notice, asks: true, target: "/".into() }
}

fn main() {}
