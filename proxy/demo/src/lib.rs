//! The sample shop, its visitors and the looking glass of `cloakroom demo`.
