//! The origin of a world: it serves what it was told to, badly where it was told to, and keeps a record of each
//! time it was asked.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::page::{Key, Variant, body, media_type, tags_of};
use crate::policy::{Means, POLICIES, Policy};
use crate::reference::ON_THE_WAY;

/// How the origin answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// Waits before the head, and in the middle of the body.
    Slow,
    /// 500.
    Error,
    /// Closes the connection.
    Down,
    /// Says nothing until the other side gives up.
    Silent,
    /// Closes the connection in the middle of the body.
    Breaks,
}

/// One time that the origin was asked for a page.
#[derive(Clone, Debug)]
pub struct Flight {
    pub asked: Instant,
    /// When its last byte was about to be sent, or it had failed.
    pub done: Option<Instant>,
    /// By then it is known to have landed, since somebody had an answer that was made of it.
    pub seen: Option<Instant>,
    pub version: u32,
    pub policy: Policy,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The page was sent.
    Whole,
    /// What the proxy had was confirmed by a 304.
    Confirmed,
    /// Something was sent that must neither be stored nor passed on.
    Refused,
    /// There was no answer, or an error.
    Failed,
    /// Half of it was sent.
    Broken,
}

/// An operator has a path purged.
#[derive(Clone, Copy, Debug)]
pub struct Purged {
    /// Before the order was given: what the origin had been asked for by then is meant by it.
    pub from: Instant,
    /// When the answer to it was there: from then on it holds.
    pub to: Option<Instant>,
    /// It is stale from then on, and not gone.
    pub soft: bool,
}

/// What is served under a path.
#[derive(Clone, Copy)]
pub struct Served {
    pub version: u32,
    pub policy: Policy,
    mood: Mood,
    /// So many more answers are given in this mood.
    times: u32,
}

#[derive(Default)]
struct Record {
    served: HashMap<String, Served>,
    flights: HashMap<Key, Vec<Flight>>,
    purges: HashMap<String, Vec<Purged>>,
    wrong: Vec<String>,
}

/// A running origin.
#[derive(Clone)]
pub struct Shop {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
}

/// The proxy does not give up sooner.
const PATIENCE: Duration = Duration::from_millis(1_900);

/// What stays for everybody while a crowd is there: it is no part of the model.
pub const CROWD: &str = "crowd";

impl Shop {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shop = Self { address: listener.local_addr().unwrap(), record: Arc::default() };
        let open = shop.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shop = open.clone();
                std::thread::spawn(move || while let Ok(true) = shop.serve(&mut &stream) {});
            }
        });
        shop
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    /// Serves another version from now on.
    pub fn change(&self, path: &str, policy: usize) {
        let mut record = self.record();
        let served = record.served(path);
        *served = Served { version: served.version + 1, policy: POLICIES[policy], ..*served };
    }

    /// Says something else of the same version from now on, where a 304 can say it.
    pub fn rephrase(&self, path: &str, policy: usize) {
        let mut record = self.record();
        let served = record.served(path);
        if served.policy.can_follow() && POLICIES[policy].can_follow() {
            served.policy = POLICIES[policy];
        }
    }

    pub fn set_mood(&self, path: &str, mood: Mood, times: u32) {
        let mut record = self.record();
        let served = record.served(path);
        (served.mood, served.times) = (mood, times);
    }

    /// Takes down that these paths are about to be purged.
    pub fn purging(&self, paths: &[&str], soft: bool) {
        let mut record = self.record();
        for path in paths {
            let purge = Purged { from: Instant::now(), to: None, soft };
            record.purges.entry((*path).to_owned()).or_default().push(purge);
        }
    }

    /// Takes down that they are.
    pub fn purged(&self, paths: &[&str]) {
        let mut record = self.record();
        for path in paths {
            let purges = record.purges.entry((*path).to_owned()).or_default();
            for purge in purges.iter_mut().filter(|purge| purge.to.is_none()) {
                purge.to = Some(Instant::now());
            }
        }
    }

    /// The orders to purge a path.
    pub fn purges(&self, path: &str) -> Vec<Purged> {
        self.record().purges.get(path).cloned().unwrap_or_default()
    }

    /// Each time that it was asked for a page, in order.
    pub fn flights(&self, key: &Key) -> Vec<Flight> {
        self.record().flights.get(key).cloned().unwrap_or_default()
    }

    /// Says that what a flight brought has been seen by then.
    pub fn saw(&self, key: &Key, between: (Instant, Instant)) {
        let mut record = self.record();
        let flights = record.flights.entry(key.clone()).or_default();
        let within =
            |flight: &&mut Flight| flight.asked >= between.0 && flight.done.is_some_and(|at| at <= between.1);
        for flight in flights.iter_mut().filter(within) {
            flight.seen.get_or_insert(between.1);
        }
    }

    /// What was wrong by itself: a page that was asked for twice at a time.
    pub fn wrong(&self) -> Vec<String> {
        self.record().wrong.clone()
    }

    /// How often it was asked.
    pub fn count(&self) -> usize {
        self.record().flights.values().map(Vec::len).sum()
    }

    /// Answers one request; `false` when the connection is over.
    fn serve(&self, stream: &mut &TcpStream) -> io::Result<bool> {
        let Some(head) = read_head(stream)? else { return Ok(false) };
        let (key, held) = understood(&head);
        if key.path.ends_with(CROWD) {
            let body = body(&key, 0, Variant::Plain);
            stream.write_all(&answer(&key, "200 OK", "Cache-Control: max-age=600\r\n", body.len()))?;
            return stream.write_all(&body).map(|()| true);
        }
        let (served, at) = self.record().begin(&key, held.as_deref());
        let result =
            deliver(stream, &key, served, held.is_some_and(|held| held == tag(&key, served.version)), || {
                self.record().end(&key, at);
            });
        self.record().end(&key, at);
        result
    }
}

/// Writes the answer; `last` is called before its last byte.
fn deliver(
    mut stream: &TcpStream,
    key: &Key,
    served: Served,
    confirms: bool,
    last: impl Fn(),
) -> io::Result<bool> {
    let Served { version, policy, mood, .. } = served;
    if mood == Mood::Slow {
        std::thread::sleep(Duration::from_millis(250));
    }
    let fields = policy.lines() + &more_fields(key, served);
    match mood {
        Mood::Down => return Ok(false),
        Mood::Silent => return wait_for_end(stream).map(|()| false),
        Mood::Error => {
            last();
            return stream.write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n").map(|()| true);
        }
        Mood::Fine | Mood::Slow if confirms && policy.status == 200 => {
            last();
            return stream
                .write_all(format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n").as_bytes())
                .map(|()| true);
        }
        _ => {}
    }
    let body = body(key, version, Variant::Plain);
    stream.write_all(&answer(key, &format!("{} Text", policy.status), &fields, body.len()))?;
    let (first, second) = body.split_at(body.len() / 2);
    stream.write_all(first)?;
    if mood == Mood::Breaks {
        std::thread::sleep(Duration::from_millis(50));
        return Ok(false);
    }
    if mood == Mood::Slow {
        std::thread::sleep(Duration::from_millis(250));
    }
    last();
    stream.write_all(second).map(|()| true)
}

impl Record {
    fn served(&mut self, path: &str) -> &mut Served {
        let new = || Served { version: 1, policy: POLICIES[0], mood: Mood::Fine, times: 0 };
        self.served.entry(path.to_owned()).or_insert_with(new)
    }

    /// Takes a request down, with what will become of it; answers its number.
    fn begin(&mut self, key: &Key, held: Option<&str>) -> (Served, usize) {
        let served = self.served(&key.path);
        let now = if served.times == 0 { Served { mood: Mood::Fine, ..*served } } else { *served };
        served.times = served.times.saturating_sub(1);
        let confirms = now.policy.status == 200 && held.is_some_and(|held| held == tag(key, now.version));
        let outcome = match now.mood {
            Mood::Error | Mood::Down | Mood::Silent => Outcome::Failed,
            Mood::Breaks => Outcome::Broken,
            Mood::Fine | Mood::Slow => match now.policy.means {
                Means::Refused => Outcome::Refused,
                Means::Shared { .. } if confirms => Outcome::Confirmed,
                Means::Shared { .. } => Outcome::Whole,
            },
        };
        if self.is_under_way(key) {
            self.wrong.push(format!("{key} was asked for twice at once"));
        }
        let flights = self.flights.entry(key.clone()).or_default();
        let (version, policy) = (now.version, now.policy);
        flights.push(Flight { asked: Instant::now(), done: None, seen: None, version, policy, outcome });
        (now, flights.len() - 1)
    }

    fn end(&mut self, key: &Key, at: usize) {
        let flight = &mut self.flights.get_mut(key).unwrap()[at];
        flight.done.get_or_insert_with(Instant::now);
    }

    /// Whether a page is on its way already that somebody who asks now may have. One that was purged meanwhile is
    /// none; nor is one that the proxy may have given up by now, since nobody knows yet whether it has.
    fn is_under_way(&self, key: &Key) -> bool {
        let purges = self.purges.get(&key.path).map_or(&[][..], Vec::as_slice);
        let purged = |flight: &Flight| {
            let since = |purge: &Purged| purge.to.is_none_or(|to| to + ON_THE_WAY >= flight.asked);
            purges.iter().any(|purge| !purge.soft && since(purge))
        };
        let flights = self.flights.get(key).map_or(&[][..], Vec::as_slice);
        flights
            .iter()
            .any(|flight| flight.done.is_none() && flight.asked.elapsed() < PATIENCE && !purged(flight))
    }
}

fn tag(key: &Key, version: u32) -> String {
    format!("\"{}.{}.{}.{version}\"", key.path, key.gpc, key.told.unwrap_or("nothing"))
}

/// The fields that are not the policy's: an entity tag, and the tags by which the page can be purged.
fn more_fields(key: &Key, served: Served) -> String {
    let Served { version, policy, .. } = served;
    let tags = format!("Cache-Tag: {}\r\n", tags_of(&key.path).join(","));
    if policy.status == 200 { format!("ETag: {}\r\n{tags}", tag(key, version)) } else { tags }
}

fn answer(key: &Key, status: &str, fields: &str, length: usize) -> Vec<u8> {
    let media_type = media_type(&key.path);
    format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n{fields}\r\n")
        .into_bytes()
}

fn read_head(stream: &mut &TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    Ok(Some(String::from_utf8(head).unwrap()))
}

/// What a request asks for, and the tag that it brings.
fn understood(head: &str) -> (Key, Option<String>) {
    let field = |wanted: &str| {
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned()).next()
    };
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let told = field("accept-language").map(|told| match &*told {
        "fr" => "fr",
        "en" => "en",
        other => panic!("the origin is told `{other}`"),
    });
    (Key { path, gpc: field("sec-gpc").is_some(), told }, field("if-none-match"))
}

/// Waits until the other side closes the connection.
fn wait_for_end(mut stream: &TcpStream) -> io::Result<()> {
    let mut byte = [0];
    while stream.read(&mut byte)? > 0 {}
    Ok(())
}
