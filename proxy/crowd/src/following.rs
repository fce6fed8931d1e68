//! What goes on when the plugins of a route are replaced in the middle of an epoch, and what begins
//! anew. Only made-up visitors enter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cloakroom_vocabulary::{CellId, Grain};

use crate::epoch::RouteEpoch;
use crate::plan::Plan;
use crate::reference::{Dice, Visitor, domain, range, split, unsplit, vocabulary};
use crate::{Config, Crowd, JointTable, RouteCrowd};

const HOUR: Duration = Duration::from_secs(3_600);

fn classes() -> Vec<Vec<Grain>> {
    [[9, 9, 9], [0, 0, 0], [1, 0, 9]].map(|class| class.map(Grain).to_vec()).to_vec()
}

fn config() -> Config {
    Config { k: 5, epoch: HOUR, ..Config::default() }
}

fn crowd(route: RouteCrowd) -> Crowd {
    let now = SystemTime::UNIX_EPOCH + HOUR * 10 + HOUR / 4;
    Crowd::new(config(), Arc::new(vocabulary()), vec![None, Some(route)], now).unwrap()
}

fn next_hour(crowd: &Crowd, hour: u32) {
    crowd.rotate(SystemTime::UNIX_EPOCH + HOUR * hour);
}

fn visit(crowd: &Crowd, visitor: &Visitor) -> (u32, u16) {
    let epoch = crowd.epoch();
    let route = epoch.routes()[1].as_ref().unwrap();
    route.place(visitor.class, |signal| visitor.value(signal), visitor.bucket, visitor.slot)
}

fn same_key(one: &Crowd, other: &Crowd) -> bool {
    std::ptr::eq(one.epoch().key(), other.epoch().key())
}

fn french(slots: std::ops::Range<u16>) -> Vec<Visitor> {
    slots.map(|slot| Visitor::new(1, ["FR", "search", "night"], slot)).collect()
}

fn visits(crowd: &Crowd, visitors: &[Visitor]) {
    for visitor in visitors {
        let _ = visit(crowd, visitor);
    }
}

/// A table over the buckets of `split`, or others, whose joint variants are what `joint` says.
fn table(shift: usize, joint: impl Fn(u32, u8) -> u16) -> JointTable {
    let buckets = std::array::from_fn(|bucket| range(u8::try_from((bucket + shift) % 100).ok()));
    let class = || domain().cells().flat_map(|cell| (0..4).map(move |range| (cell, range)));
    let choices = |class_of: usize| -> Box<[u16]> {
        class().map(|(cell, range)| if class_of == 0 { 0 } else { joint(cell.0, range) }).collect()
    };
    JointTable::split(buckets, (0..classes().len()).map(choices).collect())
}

#[test]
fn who_was_counted_before_counts_after() {
    let before = crowd(split(classes()));
    visits(&before, &french(0..200));
    let after = crowd(split(classes()));
    after.follow(&before);
    assert!(same_key(&after, &before));
    visits(&after, &french(200..300));
    next_hour(&after, 11);
    let (cell, joint) = visit(&after, &french(0..1)[0]);
    assert_ne!((cell, joint), (domain().any().0, 0));
    assert_eq!(after.epoch().routes()[1].as_ref().unwrap().released().len(), 1);
}

#[test]
fn a_release_stays_and_so_does_a_variant_that_surely_has_its_crowd() {
    let before = crowd(split(classes()));
    visits(&before, &french(0..300));
    next_hour(&before, 11);
    let given = visit(&before, &french(1..2)[0]);
    assert_ne!(given.1, 0);

    // The same but for the texts: a new meaning of the same numbers.
    let after = crowd(RouteCrowd { meaning: b"other texts".to_vec(), ..split(classes()) });
    after.follow(&before);
    assert_eq!(visit(&after, &french(1..2)[0]), given);

    // Everybody of the cell gets one variant.
    let after = crowd(RouteCrowd { joints: table(0, |_, _| 7), ..split(classes()) });
    after.follow(&before);
    assert_eq!(visit(&after, &french(1..2)[0]), (given.0, 7));
    let after = crowd(RouteCrowd { joints: table(30, |_, _| 7), ..split(classes()) });
    after.follow(&before);
    assert_eq!(visit(&after, &french(1..2)[0]), (given.0, 7), "whatever the ranges are");

    // One who is split off anew has no crowd that anybody has counted.
    let after = crowd(RouteCrowd { joints: table(30, |_, range| u16::from(range) + 1), ..split(classes()) });
    after.follow(&before);
    assert_eq!(visit(&after, &french(1..2)[0]), (given.0, 0));
    next_hour(&after, 12);
    assert_eq!(visit(&after, &french(1..2)[0]).1, 0, "nobody was counted by the new ranges");
}

#[test]
fn other_cells_begin_anew() {
    let before = crowd(split(classes()));
    visits(&before, &french(0..300));
    next_hour(&before, 11);
    let grains = vec![vec![Grain(9); 3], vec![Grain(0), Grain(0), Grain(1)]];
    let policy = RouteCrowd { identity: b"another policy".to_vec(), ..split(classes()) };
    for route in [unsplit(domain(), grains), policy] {
        let after = crowd(route);
        after.follow(&before);
        assert_eq!(visit(&after, &french(1..2)[0]), (domain().any().0, 0));
        assert!(same_key(&after, &before), "one key for all routes of a site");
    }
    let longer = Config { epoch: HOUR * 2, ..config() };
    let now = SystemTime::UNIX_EPOCH + HOUR * 11;
    let after = Crowd::new(longer, Arc::new(vocabulary()), vec![None, Some(split(classes()))], now).unwrap();
    after.follow(&before);
    assert_eq!(visit(&after, &french(1..2)[0]), (domain().any().0, 0));
}

#[test]
fn nobody_is_shown_what_fewer_than_k_get() {
    let mut dice = Dice(11);
    let mut shown = 0;
    for round in 0..200_u32 {
        let traffic: Vec<_> = (0..600)
            .map(|_| {
                let bucket = (dice.below(5) > 0).then(|| u8::try_from(dice.below(100)).unwrap());
                Visitor { bucket, ..dice.visitor(3, 200) }
            })
            .collect();
        let plan = |route| Plan::new(&config(), &vocabulary(), 0, route).unwrap();
        let first = RouteEpoch::first(plan(split(classes())), 50_000);
        for visitor in &traffic {
            let _ = first.place(visitor.class, |s| visitor.value(s), visitor.bucket, visitor.slot);
        }
        let before = first.next(&config(), &mut |_| 0);
        let (shift, kinds) = ([0, 30][round as usize % 2], 2 + dice.below(30));
        let seed = dice.below(1_000);
        let joints = table(shift, |cell, range| {
            u16::try_from((cell / (1 + seed % 7) + u32::from(range) * (seed % 3) + seed) % kinds).unwrap()
        });
        let route = RouteCrowd { joints, ..split(classes()) };
        let after = RouteEpoch::first(plan(route), 50_000).after(&before, &config());
        let mut crowds: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        for visitor in &traffic {
            let place = |epoch: &RouteEpoch| {
                epoch.place(visitor.class, |s| visitor.value(s), visitor.bucket, visitor.slot)
            };
            let (cell, joint) = place(&after);
            assert_eq!(CellId(cell), CellId(place(&before).0), "cells stay");
            crowds.entry(joint).or_default().insert(visitor.slot);
        }
        for joint in after.releases().list_shown() {
            let crowd = crowds.get(&joint).map_or(0, BTreeSet::len);
            assert!(crowd >= 5, "variant {joint} is shown to {crowd}");
            shown += 1;
        }
    }
    assert!(shown > 100, "{shown}");
}
