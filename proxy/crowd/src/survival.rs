//! What outlives a restart and what does not; and what all of it takes of memory. Only made-up
//! visitors enter.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cloakroom_vocabulary::{Domain, Grain, Signal, SiteValues, SiteVocabulary};

use crate::epoch::RouteEpoch;
use crate::plan::Plan;
use crate::reference::{Visitor, split, unsplit, vocabulary};
use crate::{Config, Crowd, NotKept, Restored, RouteCrowd};

const HOUR: Duration = Duration::from_secs(3_600);

fn config() -> Config {
    Config { k: 5, epoch: HOUR, ..Config::default() }
}

fn route() -> RouteCrowd {
    split(vec![vec![Grain(9); 3], vec![Grain(0); 3]])
}

fn at(hour: u32, minute: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + HOUR * hour + HOUR * minute / 60
}

fn crowd(config: Config, routes: Vec<Option<RouteCrowd>>, now: SystemTime) -> Crowd {
    Crowd::new(config, Arc::new(vocabulary()), routes, now).unwrap()
}

/// The cell and the joint variant of a visitor from France.
fn visit(crowd: &Crowd, slot: u16) -> (u32, u16) {
    let visitor = Visitor::new(1, ["FR", "search", "night"], slot);
    let epoch = crowd.epoch();
    let route = epoch.routes().iter().flatten().next().unwrap();
    route.place(1, |signal| visitor.value(signal), Some(3), slot)
}

fn visits(crowd: &Crowd, count: u16) {
    for slot in 0..count {
        let _ = visit(crowd, slot);
    }
}

/// A crowd in whose eleventh hour France is released, and that.
fn released() -> (Crowd, (u32, u16)) {
    let crowd = crowd(config(), vec![None, Some(route())], at(10, 15));
    visits(&crowd, 300);
    crowd.rotate(at(11, 0));
    let given = visit(&crowd, 1);
    assert_ne!(given.0, crate::reference::domain().any().0);
    assert_ne!(given.1, 0);
    (crowd, given)
}

#[test]
fn a_release_outlives_a_restart_and_ends_when_it_would_have() {
    let (before, given) = released();
    let kept = before.keep();
    assert_eq!(kept.left_out, 0);

    let after = crowd(config(), vec![Some(route())], at(11, 40));
    assert_eq!(after.restore(&kept.bytes, at(11, 40)), Ok(Restored { cells: 1, changed_routes: 0 }));
    assert_eq!(visit(&after, 1), given);
    let left = after.left(at(11, 40));
    assert!(left <= HOUR / 3 && left > HOUR / 4, "{left:?}");
    after.rotate(at(12, 0));
    assert_eq!(visit(&after, 1).0, crate::reference::domain().any().0, "one visitor is no crowd");
}

#[test]
fn a_table_of_another_epoch_is_not_taken_over() {
    let (before, _) = released();
    let kept = before.keep().bytes;
    for now in [at(10, 59), at(12, 0), at(35, 40)] {
        let after = crowd(config(), vec![Some(route())], now);
        assert_eq!(after.restore(&kept, now), Err(NotKept::Expired));
        assert_eq!(visit(&after, 1).1, 0);
    }
}

#[test]
fn a_changed_configuration_takes_nothing_over() {
    let (before, _) = released();
    let kept = before.keep().bytes;
    let now = at(11, 40);
    let policy = RouteCrowd { identity: b"another policy".to_vec(), ..route() };
    let grains = split(vec![vec![Grain(9); 3], vec![Grain(0), Grain(0), Grain(1)]]);
    let variants = unsplit(crate::reference::domain(), vec![vec![Grain(9); 3], vec![Grain(0); 3]]);
    let order = Config { generalize: vec![Signal::Daypart], ..config() };
    for (config, route) in [
        (config(), policy),
        (config(), grains),
        (config(), variants),
        (Config { k: 6, ..config() }, route()),
        (Config { noise: Some(2), ..config() }, route()),
        (order, route()),
    ] {
        let after = crowd(config, vec![Some(route)], now);
        assert_eq!(after.restore(&kept, now), Ok(Restored { cells: 0, changed_routes: 1 }));
        assert_eq!(visit(&after, 1), (crate::reference::domain().any().0, 0));
    }
}

#[test]
fn a_damaged_or_foreign_table_releases_nothing() {
    let (before, _) = released();
    let kept = before.keep().bytes;
    let now = at(11, 40);
    let after = crowd(config(), vec![Some(route())], now);
    for at in 0..kept.len() {
        let mut damaged = kept.clone();
        damaged[at] ^= 1;
        assert!(after.restore(&damaged, now).is_err(), "byte {at}");
        assert!(after.restore(&kept[..at], now).is_err(), "cut at {at}");
    }
    let longer: Vec<u8> = kept.iter().copied().chain([0]).collect();
    assert_eq!(after.restore(&longer, now), Err(NotKept::Damaged));
    assert_eq!(after.restore(b"{}", now), Err(NotKept::Foreign));
    assert_eq!(visit(&after, 1).1, 0);
}

#[test]
fn a_table_holds_no_slot_and_no_count() {
    let few = released().0.keep().bytes;
    let more = crowd(config(), vec![Some(route())], at(10, 15));
    visits(&more, 4_000);
    more.rotate(at(11, 0));
    assert_eq!(few, more.keep().bytes, "300 or 4,000 visitors of other networks: the same bytes");
}

#[test]
fn four_thousand_cells_take_two_mebibytes() {
    let countries = ["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "SE"];
    let vocabulary = SiteVocabulary::new(&SiteValues {
        countries: countries.map(str::to_owned).to_vec(),
        languages: ["de", "en", "fr"].map(str::to_owned).to_vec(),
        ..SiteValues::default()
    })
    .unwrap();
    let signals = [Signal::Country, Signal::Device, Signal::Language, Signal::Daypart];
    let domain = Domain::of_site(signals.map(|signal| (signal, vocabulary.hierarchy(signal)))).unwrap();
    let crowd = unsplit(domain, vec![vec![Grain::ANY; 4], vec![Grain::FINEST; 4]]);
    let plan = Plan::new(&Config::default(), &vocabulary, 0, crowd).unwrap();
    let (cells, counted) = (plan.cells(), plan.countable() as usize);
    let bytes = RouteEpoch::first(plan, Config::default().counted_cells).bytes();
    println!("{cells} cells, {counted} of them counted: {bytes} bytes, {} a cell", bytes.div_ceil(cells));
    assert_eq!((cells, counted), (3_825, 3_824));
    assert!(bytes <= 2 * 1024 * 1024);
    // 4,000 cells of so many bytes are 2 MiB.
    assert!(bytes.div_ceil(cells) <= 524, "a bitmap, a place, and a released cell");
}
