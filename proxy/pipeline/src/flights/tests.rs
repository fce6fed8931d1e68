//! Flights that many wait for, and that are purged while they are under way.

use super::*;
use cloakroom_variants::{CacheConfig, VariantCache};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// When a flight begins, and whether one is outdated.
type Times = (fn() -> Began, fn(Began) -> bool);

/// Before all purges, of which there is none.
fn now() -> Times {
    (|| VariantCache::new(CacheConfig { max_bytes: 1 }).began(), |_| false)
}

async fn join<F>(flights: &Arc<Flights<u8, usize>>, start: impl FnOnce() -> F) -> Option<usize>
where
    F: Future<Output = usize> + Send + 'static,
{
    flights.board(1, now(), || None, |_| start()).unwrap().landed().await
}

#[tokio::test]
async fn many_readers_cause_one_flight() {
    let flights = Flights::<u8, usize>::new();
    let started = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let (flights, started) = (Arc::clone(&flights), Arc::clone(&started));
            tokio::spawn(async move {
                let start = move || async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    started.fetch_add(1, SeqCst)
                };
                join(&flights, start).await
            })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Some(0));
    }
    assert_eq!(started.load(SeqCst), 1);
    let under_way = flights.under_way.lock().unwrap();
    assert!(under_way.flights.is_empty() && under_way.count == 0);
}

#[tokio::test]
async fn a_reader_that_leaves_does_not_end_the_flight() {
    let flights = Flights::<u8, usize>::new();
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        5
    };
    let first = tokio::time::timeout(Duration::from_millis(5), join(&flights, slow)).await;
    assert!(first.is_err());
    let second = join(&flights, || async { 6 }).await;
    assert_eq!(second, Some(5));
}

#[tokio::test]
async fn a_task_that_dies_fails_its_readers_and_nobody_else() {
    let flights = Flights::<u8, usize>::new();
    assert_eq!(join(&flights, || async { panic!("as the test wants") }).await, None);
    assert_eq!(join(&flights, || async { 6 }).await, Some(6));
}

#[tokio::test]
async fn whoever_waits_is_told_what_the_origin_said_and_then_what_it_brought() {
    let flights = Flights::<u8, usize>::new();
    let said = || Arc::new(Interim::new(http::StatusCode::PROCESSING, &http::HeaderMap::new()).unwrap());
    let start = |tower: Arc<Tower<usize>>| async move {
        for _ in 0..=interim::MOST {
            tower.tell(said());
        }
        6
    };
    let first = flights.board(1, now(), || None, start).unwrap();
    let second = flights.board(1, now(), || None, |_| async { 7 }).unwrap();
    for mut seat in [first, second] {
        for _ in 0..interim::MOST {
            assert!(matches!(seat.next().await, Some(News::Interim(_))));
        }
        assert!(matches!(seat.next().await, Some(News::Stage(Stage::Landed(6)))));
    }
}

#[tokio::test]
async fn what_has_landed_meanwhile_needs_no_flight() {
    let flights = Flights::<u8, usize>::new();
    let seat = flights.board(1, now(), || Some(4), |_| async { 6 }).unwrap();
    assert!(!seat.is_shared());
    assert_eq!(seat.landed().await, Some(4));
}

#[tokio::test]
async fn nobody_boards_a_flight_that_was_purged() {
    let flights = Flights::<u8, usize>::new();
    let slow = |_| async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        5
    };
    let first = flights.board(1, now(), || None, slow).unwrap();
    let outdated = (now().0, |_: Began| true);
    let later = |_| async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        6
    };
    let second = flights.board(1, outdated, || None, later).unwrap();
    assert!(!second.is_shared());
    assert_eq!(first.landed().await, Some(5), "who was in it before waits for it");
    let third = flights.board(1, now(), || None, |_| async { 7 }).unwrap();
    assert!(third.is_shared(), "the end of the first is not that of the second");
    assert_eq!((second.landed().await, third.landed().await), (Some(6), Some(6)));
    let under_way = flights.under_way.lock().unwrap();
    assert!(under_way.flights.is_empty() && under_way.count == 0);
}

#[tokio::test]
async fn flights_for_one_key_have_a_bound_and_the_next_waits_for_its_turn() {
    let flights = Flights::<u8, usize>::new();
    let (begun, gates) = (Arc::new(AtomicUsize::new(0)), watch::channel(0));
    let board = |number: usize| {
        let (begun, mut opened) = (Arc::clone(&begun), gates.1.clone());
        let start = move |_| async move {
            begun.fetch_add(1, SeqCst);
            opened.wait_for(|opened| *opened > number).await.unwrap();
            number
        };
        // Whatever has begun is purged at once.
        flights.board(1, (now().0, |_| true), || None, start).unwrap()
    };
    let seats: Vec<_> = (0..8).map(board).collect();
    let is_shared: Vec<_> = seats.iter().map(Seat::is_shared).collect();
    let boards = [false, false, false, false, true, true, true, true];
    assert_eq!(is_shared, boards, "whoever comes when the next one waits boards that, whatever was purged");
    let settle = || tokio::time::sleep(Duration::from_millis(20));
    settle().await;
    assert_eq!((begun.load(SeqCst), flights.under_way.lock().unwrap().count), (3, 4));
    // The first is over, so that the one that waits begins; and is purged too.
    gates.0.send(1).unwrap();
    settle().await;
    assert_eq!(begun.load(SeqCst), 4);
    let last = board(8);
    assert!(!last.is_shared(), "that has begun by now");
    gates.0.send(9).unwrap();
    let mut landed = Vec::new();
    for seat in seats.into_iter().chain([last]) {
        landed.push(seat.landed().await.unwrap());
    }
    assert_eq!(landed, [0, 1, 2, 3, 3, 3, 3, 3, 8]);
    let under_way = flights.under_way.lock().unwrap();
    assert!(under_way.flights.is_empty() && under_way.count == 0);
}

#[tokio::test]
async fn a_flight_that_dies_leaves_its_place_to_the_next() {
    let flights = Flights::<u8, usize>::new();
    let dies = || flights.board(1, (now().0, |_| true), || None, |_| async { panic!("as the test wants") });
    let dying: Vec<_> = (0..MOST_OF_ONE).map(|_| dies().unwrap()).collect();
    let last = flights.board(1, (now().0, |_| true), || None, |_| async { 7 }).unwrap();
    for seat in dying {
        assert_eq!(seat.landed().await, None);
    }
    assert_eq!(last.landed().await, Some(7));
    let under_way = flights.under_way.lock().unwrap();
    assert!(under_way.flights.is_empty() && under_way.count == 0);
}
