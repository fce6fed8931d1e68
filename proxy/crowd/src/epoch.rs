//! One epoch: its key, what is counted in it, and what the epoch before it released.
//!
//! Dropping it drops the key and the counts together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloakroom_boundary::{RouteId, Signals, Token, TokenKey};
use cloakroom_vocabulary::{CellId, Signal, ValueId};

use crate::Config;
use crate::count::Counts;
use crate::placed::Placed;
use crate::plan::Plan;
use crate::release::{Draw, Released, Releases};

/// A site's crowds during one epoch.
pub struct Epoch {
    number: u64,
    began: Instant,
    /// How long it lasts, however the clock is set meanwhile.
    lasting: Duration,
    key: Arc<TokenKey>,
    routes: Vec<Option<RouteEpoch>>,
}

impl Epoch {
    pub(crate) fn new(number: u64, lasting: Duration, routes: Vec<Option<RouteEpoch>>) -> Self {
        Self { number, began: Instant::now(), lasting, key: Arc::new(TokenKey::random()), routes }
    }

    /// The same epoch over other routes: whoever was counted stays counted under the same key.
    pub(crate) fn over(&self, routes: Vec<Option<RouteEpoch>>) -> Self {
        let Self { number, began, lasting, .. } = *self;
        Self { number, began, lasting, key: Arc::clone(&self.key), routes }
    }

    /// How many epochs would have ended since 1970.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What is left of its time by a clock that nobody sets.
    pub(crate) fn left(&self) -> Duration {
        self.lasting.saturating_sub(self.began.elapsed())
    }

    /// The key of this epoch's tokens.
    #[must_use]
    pub fn key(&self) -> &TokenKey {
        &self.key
    }

    /// Counts a visitor, and answers with what the last epoch released for them.
    ///
    /// Class 0 is never counted and gets `any` and the default. The token has to come from this
    /// epoch's [key](Self::key).
    #[must_use]
    pub fn place(&self, route: RouteId, class: u8, signals: &Signals, token: Token) -> Placed {
        let route = self.routes.get(route.index()).and_then(Option::as_ref);
        let (cell, joint) = route.map_or((0, 0), |route| {
            route.place(class, |signal| signals.value(signal), signals.bucket(), token.slot())
        });
        Placed::new(CellId(cell), joint)
    }

    pub(crate) fn routes(&self) -> &[Option<RouteEpoch>] {
        &self.routes
    }
}

/// A route's crowd during one epoch.
pub(crate) struct RouteEpoch {
    plan: Arc<Plan>,
    counts: Arc<Counts>,
    releases: Releases,
}

impl RouteEpoch {
    /// The first epoch: nothing was counted before it.
    pub(crate) fn first(plan: Plan, counted_cells: u32) -> Self {
        let (counts, releases) = (Counts::new(&plan, counted_cells), Releases::none(&plan));
        Self { plan: Arc::new(plan), counts: Arc::new(counts), releases }
    }

    /// The epoch after this one.
    pub(crate) fn next(&self, config: &Config, draw: Draw<'_>) -> Self {
        let releases = Releases::of(&self.plan, config, &self.counts, &self.releases, draw);
        self.with(config, releases)
    }

    /// An epoch in which nothing has been counted yet, and that is what is released.
    pub(crate) fn with(&self, config: &Config, releases: Releases) -> Self {
        let counts = Counts::new(&self.plan, config.counted_cells);
        Self { plan: Arc::clone(&self.plan), counts: Arc::new(counts), releases }
    }

    /// This route in the middle of an epoch, of which `before` is what it was until now: what has been
    /// counted and released stays as far as it means the same.
    pub(crate) fn after(&self, before: &Self, config: &Config) -> Self {
        let (plan, old) = (&self.plan, &before.plan);
        if !plan.counts_like(old) {
            return self.with(config, Releases::none(plan));
        }
        let mut next = self.with(config, before.releases.under(old, plan));
        if plan.joints().splits_like(old.joints()) {
            next.counts = Arc::clone(&before.counts);
        }
        next
    }

    #[inline]
    pub(crate) fn place(
        &self,
        class: u8,
        value_of: impl Fn(Signal) -> ValueId,
        bucket: Option<u8>,
        slot: u16,
    ) -> (u32, u16) {
        let Some((position, cell)) = self.plan.enter(class, value_of) else { return (self.plan.any(), 0) };
        let range = self.plan.joints().range(bucket);
        self.counts.record(&self.plan, position, cell, range, slot);
        let released = self.releases.get(&self.plan, position, cell);
        let joint = self.plan.joints().joint(usize::from(class), released, range);
        (released, self.releases.shown(joint))
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn releases(&self) -> &Releases {
        &self.releases
    }

    pub(crate) fn released(&self) -> Vec<Released> {
        self.releases.list(&self.plan)
    }

    /// Bytes that counts and releases take.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.counts.bytes() + self.releases.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cloakroom_vocabulary::Grain;

    use super::*;
    use crate::reference::{self, Dice, Visitor, domain, unsplit, vocabulary};

    const K: u32 = 5;
    const ROOM: u32 = 10_000;

    fn config(k: u32, counted_cells: u32) -> Config {
        Config { k, counted_cells, ..Config::default() }
    }

    /// A draw so far up that a cell of `k` is released at once.
    fn certain(_: crate::release::DrawnFor) -> i64 {
        1_000
    }

    fn next(epoch: &RouteEpoch, k: u32, counted_cells: u32) -> RouteEpoch {
        epoch.next(&config(k, counted_cells), &mut certain)
    }

    /// Nothing; everything; coarse countries and no daypart; everything again.
    fn classes() -> Vec<Vec<Grain>> {
        [[9, 9, 9], [0, 0, 0], [1, 0, 9], [0, 0, 0]].map(|class| class.map(Grain).to_vec()).to_vec()
    }

    fn first(counted_cells: u32) -> RouteEpoch {
        let crowd = unsplit(domain(), classes());
        RouteEpoch::first(
            Plan::new(&config(K, counted_cells), &vocabulary(), 0, crowd).unwrap(),
            counted_cells,
        )
    }

    fn visit(epoch: &RouteEpoch, visitor: &Visitor) -> CellId {
        CellId(epoch.place(visitor.class, |signal| visitor.value(signal), None, visitor.slot).0)
    }

    fn visit_all(epoch: &RouteEpoch, traffic: &[Visitor]) {
        for visitor in traffic {
            visit(epoch, visitor);
        }
    }

    fn slots(class: u8, names: [&str; 3], slots: impl IntoIterator<Item = u16>) -> Vec<Visitor> {
        slots.into_iter().map(|slot| Visitor::new(class, names, slot)).collect()
    }

    /// The epoch after one with that traffic.
    fn after(traffic: &[Visitor]) -> RouteEpoch {
        let epoch = first(ROOM);
        for visitor in traffic {
            assert_eq!(visit(&epoch, visitor), domain().any(), "nothing is released in the first epoch");
        }
        next(&epoch, K, ROOM)
    }

    fn released(epoch: &RouteEpoch) -> Vec<(u8, [String; 3])> {
        let vocabulary = vocabulary();
        let names = |cell| {
            let mut values = domain().values(cell).into_iter();
            let signals: Vec<_> = domain().signals().collect();
            [0, 1, 2].map(|at| vocabulary.hierarchy(signals[at]).name(values.next().unwrap()).to_owned())
        };
        epoch.released().into_iter().map(|released| (released.class, names(released.cell))).collect()
    }

    fn is_released(epoch: &RouteEpoch, class: u8, names: [&str; 3]) -> bool {
        released(epoch).contains(&(class, names.map(str::to_owned)))
    }

    const PARIS: [&str; 3] = ["FR", "search", "night"];
    const BERLIN: [&str; 3] = ["DE", "search", "night"];

    #[test]
    fn k_distinct_slots_release_a_cell_and_one_fewer_do_not() {
        let few = after(&slots(1, PARIS, 0..4));
        assert_eq!(released(&few), []);
        let enough = after(&slots(1, PARIS, [0, 63, 64, 65, 4_095]));
        assert_eq!(released(&enough), [(1, PARIS.map(str::to_owned))]);
        let newcomer = Visitor::new(1, PARIS, 77);
        assert_eq!(visit(&enough, &newcomer), reference::path(&classes(), &newcomer)[0]);
        assert_eq!(visit(&enough, &Visitor::new(1, BERLIN, 77)), domain().any());
    }

    #[test]
    fn a_slot_counts_once_however_often_it_comes() {
        let traffic: Vec<_> = (0..100).flat_map(|_| slots(1, PARIS, 0..4)).collect();
        assert_eq!(released(&after(&traffic)), []);
    }

    #[test]
    fn small_cells_pool_into_a_coarser_one() {
        let traffic = [slots(1, PARIS, 0..3), slots(1, BERLIN, 3..6)].concat();
        let epoch = after(&traffic);
        assert_eq!(released(&epoch).len(), 1);
        let cells: BTreeSet<_> = traffic.iter().map(|visitor| visit(&epoch, visitor)).collect();
        assert_eq!(cells.len(), 1);
        assert!(!cells.contains(&domain().any()));
        // Slots that both have count once: four of them are too few, and a fifth is enough.
        assert_eq!(released(&after(&[slots(1, PARIS, 0..4), slots(1, BERLIN, 0..4)].concat())), []);
        assert_eq!(released(&after(&[slots(1, PARIS, 0..4), slots(1, BERLIN, 1..5)].concat())).len(), 1);
    }

    #[test]
    fn a_coarser_cell_does_not_count_whom_finer_releases_have_taken() {
        let epoch = after(&[slots(1, PARIS, 0..50), slots(1, BERLIN, 100..104)].concat());
        assert_eq!(released(&epoch), [(1, PARIS.map(str::to_owned))]);
        assert_eq!(visit(&epoch, &Visitor::new(1, BERLIN, 100)), domain().any());
    }

    #[test]
    fn classes_never_mix() {
        let epoch = after(&[slots(1, PARIS, 0..4), slots(3, PARIS, 4..8)].concat());
        assert_eq!(released(&epoch), []);
        let epoch = after(&slots(1, PARIS, 0..5));
        assert_ne!(visit(&epoch, &Visitor::new(1, PARIS, 0)), domain().any());
        assert_eq!(visit(&epoch, &Visitor::new(3, PARIS, 0)), domain().any());
    }

    #[test]
    fn a_class_starts_at_its_own_grain() {
        let epoch = after(&[slots(2, PARIS, 0..3), slots(2, BERLIN, 3..6)].concat());
        assert!(is_released(&epoch, 2, ["europe", "search", "any"]));
    }

    #[test]
    fn class_zero_and_unknown_classes_are_never_counted() {
        let epoch = after(&[slots(0, PARIS, 0..50), slots(4, PARIS, 0..50)].concat());
        assert_eq!(released(&epoch), []);
    }

    #[test]
    fn releases_expire_after_one_epoch_without_traffic() {
        let epoch = after(&slots(1, PARIS, 0..5));
        assert_eq!(released(&epoch).len(), 1);
        assert_eq!(released(&next(&epoch, K, ROOM)), []);
        visit_all(&epoch, &slots(1, PARIS, 10..15));
        assert_eq!(released(&next(&epoch, K, ROOM)).len(), 1, "with traffic the cell is released again");
    }

    #[test]
    fn counting_changes_nothing_before_the_epoch_ends() {
        let epoch = after(&[]);
        for visitor in slots(1, PARIS, 0..50) {
            assert_eq!(visit(&epoch, &visitor), domain().any());
        }
    }

    #[test]
    fn without_room_visitors_are_counted_coarser_and_never_overcounted() {
        let mut dice = Dice(7);
        let traffic: Vec<_> = (0..3_000).map(|_| dice.visitor(4, 4_096)).collect();
        for room in [1, 3, 20] {
            let epoch = first(room);
            visit_all(&epoch, &traffic);
            let next = next(&epoch, K, room);
            assert!(next.released().len() <= room as usize);
            for released in next.released() {
                let mut own: BTreeSet<u16> = BTreeSet::new();
                own.extend(
                    traffic
                        .iter()
                        .filter(|visitor| visitor.class == released.class)
                        .filter(|visitor| reference::path(&classes(), visitor).contains(&released.cell))
                        .map(|visitor| visitor.slot),
                );
                assert!(own.len() >= K as usize);
            }
        }
    }

    #[test]
    fn random_traffic_is_released_as_by_the_naive_implementation() {
        let mut dice = Dice(1);
        let mut sizes = BTreeSet::new();
        for visitors in [10, 60, 200, 600, 2_000] {
            for k in [2, K, 40] {
                let traffic: Vec<_> = (0..visitors).map(|_| dice.visitor(4, 300)).collect();
                let epoch = first(ROOM);
                visit_all(&epoch, &traffic);
                let next = next(&epoch, k, ROOM);
                let expected = reference::released(&classes(), &traffic, k);
                let real: BTreeSet<_> = next.released().iter().map(|r| (r.class, r.cell)).collect();
                assert_eq!(real, expected, "{visitors} visitors, k = {k}");
                for _ in 0..100 {
                    let visitor = dice.visitor(4, 300);
                    assert_eq!(visit(&next, &visitor), reference::given(&classes(), &visitor, &expected));
                }
                sizes.insert(real.len());
            }
        }
        assert!(sizes.len() > 5, "the traffic should lead to different releases: {sizes:?}");
    }

    #[test]
    fn threads_count_what_one_thread_counts() {
        let mut dice = Dice(3);
        let traffic: Vec<_> = (0..8_000).map(|_| dice.visitor(4, 1_000)).collect();
        let epoch = first(ROOM);
        std::thread::scope(|scope| {
            // Each thread sees every visitor, from another end, so that they meet in the same cells.
            for offset in [0, 1, 4_000, 7_999] {
                let (epoch, traffic) = (&epoch, &traffic);
                scope.spawn(move || {
                    for visitor in traffic.iter().cycle().skip(offset).take(traffic.len()) {
                        visit(epoch, visitor);
                    }
                });
            }
        });
        let real: BTreeSet<_> = next(&epoch, K, ROOM).released().iter().map(|r| (r.class, r.cell)).collect();
        assert_eq!(real, reference::released(&classes(), &traffic, K));
    }

    #[test]
    fn threads_that_meet_in_one_new_cell_lose_no_bit() {
        const THREADS: u16 = 4;
        for _ in 0..50 {
            let epoch = first(ROOM);
            let start = std::sync::Barrier::new(usize::from(THREADS));
            std::thread::scope(|scope| {
                for thread in 0..THREADS {
                    let (epoch, start) = (&epoch, &start);
                    let visitors = slots(1, PARIS, (thread..4_096).step_by(usize::from(THREADS)).take(200));
                    scope.spawn(move || {
                        start.wait();
                        visit_all(epoch, &visitors);
                    });
                }
            });
            assert_eq!(released(&next(&epoch, 800, ROOM)), [(1, PARIS.map(str::to_owned))]);
        }
    }
}
