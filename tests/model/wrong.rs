//! Answers that are wrong in one thing, each of which has to be refused, and beside each the right one: a judge who
//! lets everything pass proves nothing, and one who refuses everything does not either.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::check::{Check, Tags};
use crate::page::{Key, PATHS, Variant, body};
use crate::policy::POLICIES;
use crate::reference::{Reference, When};
use crate::reply::Reply;
use crate::shop::{Flight, Mood, Outcome, Purged, Shop};
use crate::steps::{Visit, Who, Wish};

/// What happened before an answer. Times are milliseconds.
#[derive(Clone)]
struct Scene {
    began: Instant,
    flights: Vec<Flight>,
    purges: Vec<Purged>,
    visit: Visit,
    /// The tags that the visitor has.
    has: Vec<String>,
    /// When the visitor asks; the answer is there ten milliseconds later.
    at: u64,
}

/// An answer as it comes from the proxy.
#[derive(Clone)]
struct Given {
    status: u16,
    fields: String,
    body: Vec<u8>,
    /// So many bytes of the body come.
    sent: usize,
}

const TAG: &str = "\"one\"";

impl Scene {
    /// The first version of `/p/0` was fetched at 0; a visitor from France asks at 500.
    fn new(policy: &str) -> Self {
        let visit =
            Visit { path: 0, after: 0, who: Who::French, wish: Wish::Whole, coding: None, longer_way: false };
        let began = Instant::now();
        let scene = Self { began, flights: Vec::new(), purges: Vec::new(), visit, has: Vec::new(), at: 500 };
        scene.fetched(0, 1, policy)
    }

    fn time(&self, at: u64) -> Instant {
        self.began + Duration::from_millis(at)
    }

    fn fetched(mut self, at: u64, version: u32, fields: &str) -> Self {
        let policy = POLICIES.iter().find(|policy| policy.fields == format!("Cache-Control: {fields}\r\n"));
        let (asked, done) = (self.time(at), Some(self.time(at + 5)));
        let (policy, outcome) = (*policy.unwrap(), Outcome::Whole);
        self.flights.push(Flight { asked, done, seen: done, version, policy, outcome });
        self
    }

    /// The last time that the origin was asked, it went so.
    fn but(mut self, outcome: Outcome) -> Self {
        self.flights.last_mut().unwrap().outcome = outcome;
        self
    }

    /// The last time that the origin was asked, its answer is still coming.
    fn coming(mut self) -> Self {
        let last = self.flights.last_mut().unwrap();
        (last.done, last.seen) = (None, None);
        self
    }

    fn purged(mut self, from: u64, to: u64, soft: bool) -> Self {
        let purge = Purged { from: self.time(from), to: Some(self.time(to)), soft };
        self.purges.push(purge);
        self
    }

    fn at(self, at: u64) -> Self {
        Self { at, ..self }
    }

    fn wishing(mut self, wish: Wish, has: &str) -> Self {
        self.visit.wish = wish;
        self.has = vec![has.to_owned()];
        self
    }

    /// Judges an answer, after the first version was seen by its tag.
    fn judge(&self, given: &Given) -> Result<(), String> {
        let mut tags = Tags::default();
        let seen = Scene::new("max-age=2");
        seen.judge_with(&hit(), &mut tags).expect("the first visitor's answer is right");
        self.judge_with(given, &mut tags)
    }

    fn judge_with(&self, given: &Given, tags: &mut Tags) -> Result<(), String> {
        let Given { status, fields, body, sent } = given;
        let mut bytes = format!("HTTP/1.1 {status} Text\r\n{fields}\r\n").into_bytes();
        bytes.extend_from_slice(&body[..*sent]);
        let when = When { from: self.time(self.at), to: self.time(self.at + 10) };
        let reply = Reply::read(&bytes, false, (when.from, when.to))?;
        let reference = Reference::new(self.flights.clone(), self.purges.clone(), when);
        let key = self.visit.who.key(PATHS[self.visit.path]);
        Check::of(&self.visit, &reply, self.has.clone(), vec![(key, reference)]).judge(tags).map(drop)
    }
}

/// What a visitor from France is sent of a version.
fn french(version: u32) -> Vec<u8> {
    body(&Who::French.key(PATHS[0]), version, Variant::France)
}

fn given(status: u16, how: &str, age: u64, fields: &str, body: Vec<u8>) -> Given {
    let length = body.len();
    let fields =
        format!("Cache-Status: cloakroom; {how}\r\nAge: {age}\r\n{fields}Content-Length: {length}\r\n");
    Given { status, fields, body, sent: length }
}

/// The first version, found.
fn hit() -> Given {
    given(200, "hit; ttl=1", 0, &format!("ETag: {TAG}\r\n"), french(1))
}

fn with(how: &str, age: u64, version: u32) -> Given {
    given(200, how, age, &format!("ETag: \"{version}\"\r\n"), french(version))
}

fn error() -> Given {
    given(502, "fwd=miss; detail=502", 0, "", b"sorry".to_vec())
}

fn check(scene: &Scene, rights: &[(&str, Given)], wrongs: &[(&str, Given)]) {
    for (what, given) in rights {
        scene.judge(given).unwrap_or_else(|refused| panic!("{what}: {refused}"));
    }
    for (what, given) in wrongs {
        assert!(scene.judge(given).is_err(), "nobody notices: {what}");
    }
}

#[test]
fn a_page_of_anything_else_is_refused() {
    let scene = Scene::new("max-age=2");
    let of = |key: Key, version, variant| given(200, "hit; ttl=1", 0, "", body(&key, version, variant));
    let tagged = |given: Given| Given { fields: format!("{}ETag: {TAG}\r\n", given.fields), ..given };
    let key = Who::French.key(PATHS[0]);
    check(
        &scene,
        &[("its page", hit()), ("what everybody gets", of(key.clone(), 1, Variant::Plain))],
        &[
            ("another page", of(Who::French.key(PATHS[2]), 1, Variant::France)),
            ("a version that never was", of(key.clone(), 2, Variant::France)),
            ("somebody else's variant", of(key.clone(), 1, Variant::Spring)),
            ("that of those who opted out", of(Who::OptedOut.key(PATHS[0]), 1, Variant::Plain)),
            ("one tag for two bodies", tagged(of(key.clone(), 1, Variant::Plain))),
            ("a language that nobody was told", of(Key { told: Some("fr"), ..key }, 1, Variant::France)),
            ("half of it", Given { sent: 90, ..hit() }),
        ],
    );
    let newer = scene.fetched(400, 2, "max-age=2");
    check(&newer, &[("the newer", with("hit; ttl=1", 0, 2))], &[("what it took the place of", hit())]);
}

#[test]
fn what_is_too_old_is_refused() {
    let scene = Scene::new("max-age=2");
    check(
        &scene.clone().at(1_900),
        &[("still fresh", with("hit; ttl=0", 1, 1))],
        &[("younger than it is", with("hit; ttl=0", 0, 1)), ("older than it is", with("hit; ttl=0", 5, 1))],
    );
    let stale = "hit; ttl=-1; detail=stale-while-revalidate";
    check(
        &scene.at(2_100),
        &[],
        &[
            ("no longer fresh", with("hit; ttl=0", 2, 1)),
            ("stale, though nobody allowed it", with(stale, 2, 1)),
            ("fetched, though nobody was asked", with("fwd=stale; stored; ttl=2", 2, 1)),
        ],
    );
    let scene = Scene::new("max-age=1, stale-while-revalidate=2");
    check(&scene.clone().at(2_100), &[("stale", with(stale, 2, 1))], &[("fresh", with("hit; ttl=0", 2, 1))]);
    check(&scene.at(3_100), &[], &[("stale for too long", with(stale, 3, 1))]);
}

#[test]
fn what_stands_in_for_an_error_is_refused_without_one() {
    let (failed, stale) = (Outcome::Failed, "hit; ttl=-1; detail=stale-if-error");
    let scene = Scene::new("max-age=1");
    let failing = scene.clone().fetched(1_500, 1, "max-age=1").but(failed);
    check(&failing.clone().at(1_510), &[("it failed", with(stale, 1, 1))], &[("an error", error())]);
    check(&failing.at(3_100), &[("for too long", error())], &[("for too long", with(stale, 3, 1))]);
    check(&scene.at(1_510), &[], &[("nothing failed", with(stale, 1, 1)), ("nothing failed", error())]);
    let strict = Scene::new("max-age=1, must-revalidate").fetched(1_500, 1, "max-age=1").but(failed);
    check(&strict.at(1_510), &[("it may not", error())], &[("it may not", with(stale, 1, 1))]);
    check(&Scene::new("max-age=2"), &[], &[("an error for a page that is there", error())]);
    let again = Scene::new("max-age=2").fetched(505, 1, "max-age=2");
    check(&again, &[], &[("the origin was asked for nothing", hit())]);
}

#[test]
fn what_was_purged_is_refused() {
    let scene = Scene::new("max-age=1, stale-while-revalidate=2");
    let (stale, fetched) = ("hit; ttl=0; detail=stale-while-revalidate", "fwd=miss; stored; ttl=1");
    let all = [("found", hit()), ("stale", with(stale, 0, 1)), ("fetched", with(fetched, 0, 1))];
    check(&scene.clone().purged(100, 110, false), &[], &all);
    check(&scene.clone().purged(100, 110, true), &all[1..2], &all[..1]);
    check(&scene.clone().purged(490, 520, false), &all[..1], &[]);
    check(&scene.clone().purged(100, 110, false).purged(200, 210, true), &[], &all);
    let coming = scene.coming();
    check(&coming, &all[2..], &[]);
    check(&coming.clone().purged(100, 110, false), &[], &all);
    let anew = coming.purged(100, 110, false).fetched(300, 2, "max-age=1");
    check(&anew, &[("the new one", with("hit; ttl=0", 0, 2))], &all);
}

#[test]
fn what_is_no_answer_to_the_question_is_refused() {
    let scene = Scene::new("max-age=2");
    let unmodified = |tag: &str| given(304, "hit; ttl=1", 0, &format!("ETag: {tag}\r\n"), Vec::new());
    let asks = scene.clone().wishing(Wish::Unlike(vec![0]), TAG);
    check(&asks, &[("they have it", unmodified(TAG))], &[("whole", hit()), ("another", unmodified("\"x\""))]);
    let has = scene.clone().wishing(Wish::Unlike(vec![0]), "\"x\"");
    check(&has, &[("whole", hit())], &[("they do not have it", unmodified(TAG))]);
    check(&asks.fetched(400, 2, "max-age=2"), &[], &[("it is another now", unmodified(TAG))]);
    check(&scene, &[], &[("nobody asked about it", unmodified(TAG))]);
    let part = |first: usize, range: &str| {
        let place = format!("Content-Range: bytes {range}/{}\r\nETag: {TAG}\r\n", french(1).len());
        given(206, "hit; ttl=1", 0, &place, french(1)[first..first + 10].to_vec())
    };
    let asks = scene.clone().wishing(Wish::Range("bytes=20-29".into()), TAG);
    let right = part(20, "20-29");
    check(&asks, &[("a part", right.clone())], &[("others", part(21, "20-29")), ("another", part(0, "0-9"))]);
    check(&scene, &[], &[("nobody wants a part", right.clone())]);
    let of_another = scene.wishing(Wish::RangeOf("bytes=20-29".into(), 0), "\"x\"");
    check(&of_another, &[("whole", hit())], &[("a part of what they do not have", right)]);
}

#[test]
fn half_a_page_is_refused_unless_its_origin_broke_off() {
    let along = Given {
        fields: "Cache-Status: cloakroom; fwd=miss\r\nAge: 0\r\nTransfer-Encoding: chunked\r\n".into(),
        ..hit()
    };
    let half = format!("40\r\n{}\r\n", String::from_utf8_lossy(&french(1)[..64]));
    let along = Given { sent: half.len(), body: half.into_bytes(), ..along };
    let tagged = Given { fields: format!("{}ETag: {TAG}\r\n", along.fields), ..along.clone() };
    let coming = Scene::new("max-age=2").coming();
    check(&coming, &[], &[("half of it", along.clone())]);
    check(&coming.but(Outcome::Broken), &[("half of it", along)], &[("of what is there", tagged)]);
}

#[test]
fn two_flights_at_once_are_noticed() {
    let shop = Shop::open();
    let ask = || {
        let address = shop.address();
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /p/0 HTTP/1.1\r\nHost: shop.test\r\n\r\n").unwrap();
            let _ = stream.read(&mut [0; 64]).unwrap();
        })
    };
    let both = |between: &dyn Fn()| {
        shop.set_mood(PATHS[0], Mood::Slow, 2);
        let first = ask();
        while shop.count().is_multiple_of(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        between();
        [first, ask()].into_iter().for_each(|asking| asking.join().unwrap());
        std::thread::sleep(Duration::from_millis(600));
        shop.wrong().len()
    };
    let purge = || {
        shop.purging(&[PATHS[0]], false);
        shop.purged(&[PATHS[0]]);
    };
    assert_eq!(both(&|| ()), 1);
    assert_eq!(both(&purge), 1, "what was purged may be fetched anew");
}
