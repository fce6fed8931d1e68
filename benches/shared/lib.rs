//! What both measurements use: the page, its variants, and the visitors who ask for it. All of them
//! are made up; no real visitor's data enters.

mod large;
mod page;
mod visitors;

pub use large::large_page;
pub use page::{BANNER_SELECTOR, BANNERS, HERO_SELECTOR, HEROES, banner_rules, choose, hero_rules, page};
pub use visitors::{COUNTRIES, HOST, LANGUAGES, Traits, Visitor, visitors};
