//! What the memory of the process holds when all visitors are gone. Paths and listed parameters are
//! in the cache, as they have to be; nothing else of a request may be.
//!
//! A plain request is overwritten as soon as it has its answer, so nothing of what was sent is found,
//! but for some addresses of the last visitors, as numbers on the stacks of threads. What goes the
//! longer way (passthrough, and whatever the door does not read itself) passes through buffers of
//! libraries, which are freed without being overwritten: of the last ones, scraps are found.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use cloakroom_leak::{HOST, Origin, Server, search};

use crate::canaries::{FIELDS, MARK, by_several, canary, pages, post, start};

/// Visitors in a round.
const VISITORS: u32 = 500;

/// Numbers of the visitors of whom anything is in the memory of the process.
fn remembered(server: &Server) -> BTreeSet<u32> {
    let kinds = FIELDS.iter().map(|(_, kind, _)| *kind).chain(["qu", "pa", "bo"]);
    kinds
        .flat_map(|kind| search(server.pid(), format!("{MARK}{kind}").as_bytes()).unwrap().distinct)
        .filter_map(|digits| std::str::from_utf8(&digits).ok()?.parse().ok())
        .collect()
}

/// The last answers may still be on their way out of the process.
fn quiet() {
    std::thread::sleep(Duration::from_millis(500));
}

/// How many addresses of the demo's network are in the memory of the process, as numbers.
fn remembered_addresses(server: &Server) -> usize {
    search(server.pid(), b"\x20\x01\x0d\xb8").unwrap().distinct.len()
}

#[test]
fn of_plain_requests_nothing_that_was_sent_is_left_in_memory() {
    let origin = Origin::start().unwrap();
    let server = start(&origin);
    let round = |number: u32| {
        by_several(number * VISITORS..(number + 1) * VISITORS, |number| {
            drop(pages(server.address(), number))
        });
        quiet();
        // The addresses are of the demo's networks, of which the configuration has none.
        for text in [MARK, "2001:db8:", "198.18."] {
            let found = search(server.pid(), text.as_bytes()).unwrap();
            assert_eq!(found.places, 0, "{text}: {:?} in {} bytes", found.distinct, found.searched);
        }
        remembered_addresses(&server)
    };
    let first = round(0);
    let last = (1..4).fold(first, |_, number| round(number));
    println!("{first} addresses of {VISITORS} visitors are found as numbers, {last} of {}", 4 * VISITORS);
    assert!(last <= 2 * first + 50, "{first} addresses after one round, {last} after four");

    // A search that finds nothing has to be one that would find something.
    let mut waiting = TcpStream::connect(server.address()).unwrap();
    write!(waiting, "GET / HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\n", canary("ck", 77)).unwrap();
    quiet();
    assert_eq!(remembered(&server), BTreeSet::from([77]));
}

#[test]
fn of_relayed_requests_scraps_of_the_last_are_left_and_no_history() {
    let origin = Origin::start().unwrap();
    let server = start(&origin);
    let round = |number: u32| {
        by_several(number * VISITORS..(number + 1) * VISITORS, |number| post(server.address(), number));
        quiet();
        remembered(&server).len()
    };
    let first = round(0);
    let last = (1..6).fold(first, |_, number| round(number));
    let all = 6 * VISITORS;
    println!("of {VISITORS} relayed visitors {first} are found, of {all} visitors {last}");
    // How many buffers the libraries leave differs from run to run; a history would hold them all.
    assert!(last * 10 <= all as usize, "{first} visitors after one round, {last} of {all} after six");
}
