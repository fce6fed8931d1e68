//! Blocks: what is known of a visitor is stored beyond the request.

use cloakroom_boundary::Admitted;

fn copy(admitted: &Admitted) -> Admitted {
    admitted.clone()
}

fn main() {}
