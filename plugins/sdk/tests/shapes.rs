//! Declarations of several shapes: what they become, and the numbers by which the host speaks of them.

use cloakroom_sdk::Declared;

mod nothing_seen {
    use cloakroom_sdk::prelude::*;

    cloakroom_sdk::plugin! {
        plugin Fixed = "fixed", version "1";
        slot price_list: PriceList, origin_variant, price_like { Old = "old", #[default] New = "new" }
        slot offer: Offer, price_like { #[default] None = "none", Spring = "spring" }
        slot layout: Layout, origin_variant { #[default] Wide = "wide" }
        slot note: Note { #[default] None = "none" }
    }

    impl Plugin for Fixed {
        fn decide(_: Seen) -> Choice {
            Choice::default()
        }
        fn render(_: Shown) -> Vec<Edit> {
            vec![]
        }
    }
}

mod split {
    use cloakroom_sdk::prelude::*;

    cloakroom_sdk::plugin! {
        plugin Split = "split", version "1";
        signal country: Country, because "Shipping differs." { France = "FR", Europe = "europe" }
        signal device: Device, because "Phones are narrow." { Phone = "phone" }
        bucket Rollout { Few = 10, Many = 90 }
        slot hero: Hero { #[default] Plain = "plain", Free = "free-shipping", Spring = "spring" }
        slot layout: Layout { Wide = "wide", #[default] Narrow = "narrow" }
    }

    impl Plugin for Split {
        fn decide(seen: Seen) -> Choice {
            let hero = if seen.country == Country::France { Hero::Free } else { Hero::Plain };
            let wide = seen.bucket == Rollout::Few && seen.device != Device::Phone;
            Choice { hero, layout: if wide { Layout::Wide } else { Layout::Narrow } }
        }
        fn render(shown: Shown) -> Vec<Edit> {
            match shown {
                Shown::Hero(Hero::Free) => vec![text("#hero", "Free shipping")],
                Shown::Hero(Hero::Plain | Hero::Spring) => vec![],
                Shown::Layout(Layout::Narrow) => vec![remove("aside")],
                Shown::Layout(Layout::Wide) => vec![],
            }
        }
    }
}

#[test]
fn a_plugin_may_see_nothing_and_leave_the_page_to_the_origin() {
    let manifest = nothing_seen::Fixed::manifest();
    assert!(manifest.signals.is_empty() && manifest.bucket.is_none());
    let kinds: Vec<_> = manifest.slots.iter().map(|slot| (slot.origin_variant, slot.price_like)).collect();
    assert_eq!(kinds, [(true, true), (false, true), (true, false), (false, false)]);
    assert_eq!(manifest.slots[0].default, 1);
    assert_eq!(nothing_seen::Seen::all().count(), 0, "the only cell is the one nobody is asked about");
}

#[test]
fn ids_are_positions_then_other_then_any() {
    use split::{Country, Device, Rollout, Seen, Split};
    let seen = |ids, bucket| Split::seen(ids, bucket);
    let cell = |country, device, bucket| Seen { country, device, bucket };
    assert_eq!(seen([0, 1, 0, 0, 0], 0), cell(Country::France, Device::Other, Rollout::Few));
    assert_eq!(seen([2, 0, 0, 0, 0], 1), cell(Country::Other, Device::Phone, Rollout::Many));
    assert_eq!(seen([3, 2, 0, 0, 0], 2), cell(Country::Any, Device::Any, Rollout::Any));
    assert_eq!(seen([9, 9, 0, 0, 0], 9), cell(Country::Any, Device::Any, Rollout::Any));
}

#[test]
fn every_cell_is_walked_once_but_the_one_that_says_nothing() {
    use split::{Country, Device, Rollout, Seen};
    let all: Vec<Seen> = Seen::all().collect();
    assert_eq!(all.len(), 4 * 3 * 3 - 1);
    for (at, seen) in all.iter().enumerate() {
        assert!(!all[..at].contains(seen), "{seen:?} comes twice");
    }
    let nothing = Seen { country: Country::Any, device: Device::Any, bucket: Rollout::Any };
    assert!(!all.contains(&nothing));
}

#[test]
fn the_first_slot_is_the_most_significant_digit() {
    use split::{Choice, Hero, Layout, Split};
    assert_eq!(Split::number(&Choice { hero: Hero::Plain, layout: Layout::Narrow }), 1);
    assert_eq!(Split::number(&Choice { hero: Hero::Free, layout: Layout::Wide }), 2);
    assert_eq!(Split::number(&Choice { hero: Hero::Spring, layout: Layout::Narrow }), 5);
}

#[test]
fn variants_are_rendered_by_position() {
    use cloakroom_sdk::prelude::{remove, text};
    use split::Split;
    assert_eq!(Split::edits(0, 1), [text("#hero", "Free shipping")]);
    assert_eq!(Split::edits(1, 1), [remove("aside")]);
    assert!(Split::edits(0, 3).is_empty() && Split::edits(2, 0).is_empty());
}
