//! Whatever arrives, in whatever order of epochs: nobody is told apart in a group of fewer than k, and
//! the real implementation releases what the naive one does. Only made-up visitors enter.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_vocabulary::{CellId, Grain, Signal, ValueId};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::Config;
use crate::epoch::RouteEpoch;
use crate::plan::Plan;
use crate::reference::{Outcome, Rule, SIGNALS, Visitor, split, vocabulary};
use crate::release::DrawnFor;

const AMPLE: u32 = 50_000;

/// Nothing; everything; coarse countries and no daypart; everything again; nothing but a bucket.
fn classes() -> Vec<Vec<Grain>> {
    [[9, 9, 9], [0, 0, 0], [1, 0, 9], [0, 0, 0], [9, 9, 9]].map(|class| class.map(Grain).to_vec()).to_vec()
}

/// Noise that is as wide as crowds are large, and the same whenever it is asked for.
fn noise(seed: u64, drawn: DrawnFor) -> i64 {
    let mixed = match drawn {
        DrawnFor::Cell { class, cell } => (class as u64 + 1) << 32 | u64::from(cell),
        DrawnFor::Joint(joint) => 1 << 48 | u64::from(joint),
    };
    let mixed = (mixed ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    i64::try_from(mixed >> 60).unwrap() - 8
}

/// Somebody of a crowd, or somebody who tries to be one: few values, few slots.
fn visitor() -> impl Strategy<Value = Visitor> {
    let values = SIGNALS.map(|signal| {
        let leaves = u8::try_from(vocabulary().hierarchy(signal).leaves().count()).unwrap();
        prop_oneof![4 => 0..2_u8, 1 => 0..leaves].prop_map(ValueId)
    });
    let slot = prop_oneof![0..8_u16, 0..40_u16, 0..4_096_u16];
    let bucket = proptest::option::weighted(0.8, 0..100_u8);
    (0..5_u8, values, bucket, slot).prop_map(|(class, values, bucket, slot)| Visitor {
        class,
        values,
        bucket,
        slot,
    })
}

fn epochs() -> impl Strategy<Value = Vec<Vec<Visitor>>> {
    proptest::collection::vec(proptest::collection::vec(visitor(), 0..400), 1..4)
}

fn order() -> impl Strategy<Value = Vec<Signal>> {
    subsequence(SIGNALS.to_vec(), 0..=3).prop_shuffle()
}

fn visit(epoch: &RouteEpoch, visitor: &Visitor) -> (CellId, u16) {
    let (cell, joint) = epoch.place(visitor.class, |s| visitor.value(s), visitor.bucket, visitor.slot);
    (CellId(cell), joint)
}

/// Lets the epoch's own visitors come again in the next one, and looks at who is told apart.
fn nobody_is_alone(next: &RouteEpoch, traffic: &[Visitor], k: u32) {
    let mut cells: BTreeMap<(u8, CellId), BTreeSet<u16>> = BTreeMap::new();
    let mut joints: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
    for visitor in traffic {
        let (cell, joint) = visit(next, visitor);
        assert!(visitor.class != 0 || joint == 0, "who said no gets the default");
        cells.entry((visitor.class, cell)).or_default().insert(visitor.slot);
        joints.entry(joint).or_default().insert(visitor.slot);
    }
    for released in next.released() {
        let crowd = cells.get(&(released.class, released.cell)).map_or(0, BTreeSet::len);
        assert!(crowd >= k as usize, "{released:?} is given to {crowd} of {k}");
    }
    for joint in next.releases().list_shown() {
        let crowd = joints.get(&joint).map_or(0, BTreeSet::len);
        assert!(crowd >= k as usize, "variant {joint} is shown to {crowd} of {k}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_group_is_smaller_than_k_and_all_is_as_in_the_naive_implementation(
        epochs in epochs(), k in 2..14_u32, order in order(), seed in any::<u64>(),
    ) {
        let config = Config { k, counted_cells: AMPLE, generalize: order.clone(), ..Config::default() };
        let plan = Plan::new(&config, &vocabulary(), 0, split(classes())).unwrap();
        let mut real = RouteEpoch::first(plan, AMPLE);
        let mut naive = Outcome::default();
        for (number, traffic) in (0_u64..).zip(&epochs) {
            for visitor in traffic {
                let _ = visit(&real, visitor);
            }
            let draw = |drawn| noise(seed ^ number, drawn);
            let rule = Rule {
                classes: &classes(), order: &order, k, at_once: i64::from(config.at_once()), draw: &draw,
            };
            naive = rule.outcome(traffic, &naive);
            let mut drawn = BTreeSet::new();
            let next = real.next(&config, &mut |what| {
                assert!(drawn.insert(what), "noise is drawn twice for {what:?}");
                draw(what)
            });
            let released: BTreeSet<_> = next.released().iter().map(|r| (r.class, r.cell)).collect();
            prop_assert_eq!(&released, &naive.released);
            let shown: BTreeSet<_> = next.releases().list_shown().into_iter().collect();
            prop_assert_eq!(&shown, &naive.shown);
            // The visits of this check must not be counted in the next epoch.
            nobody_is_alone(&real.next(&config, &mut |what| draw(what)), traffic, k);
            real = next;
        }
    }

    #[test]
    fn no_group_is_smaller_than_k_where_memory_runs_out(
        epochs in epochs(), k in 2..14_u32, room in 1..120_u32, order in order(), seed in any::<u64>(),
    ) {
        let config = Config { k, counted_cells: room, generalize: order, ..Config::default() };
        let plan = Plan::new(&config, &vocabulary(), 0, split(classes())).unwrap();
        let mut real = RouteEpoch::first(plan, room);
        for (number, traffic) in (0_u64..).zip(&epochs) {
            for visitor in traffic {
                let _ = visit(&real, visitor);
            }
            let next = || real.next(&config, &mut |drawn| noise(seed ^ number, drawn));
            nobody_is_alone(&next(), traffic, k);
            let next = next();
            real = next;
        }
    }
}
