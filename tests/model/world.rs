//! A world: one proxy, one origin, and what happens between them.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::check::{Check, Tags};
use crate::client::Visitor;
use crate::page::{PATHS, Variant, says};
use crate::policy::{NEGATIVE, POLICIES, STALE_IF_ERROR};
use crate::proxy::{HERO, Proxy, free_address, write_configuration};
use crate::reply::Reply;
use crate::shop::{CROWD, Mood, Shop};
use crate::steps::{Purge, Step, Visit, Who, steps};
use crate::visitors::Crowd;

/// What happened in a world, over all its steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub steps: usize,
    pub visits: usize,
    pub fetches: usize,
    pub unmodified: usize,
    pub parts: usize,
    pub errors: usize,
    pub stale: usize,
    pub purges: usize,
    /// Pages for those who are due something of their own, and how many had it.
    pub due: usize,
    pub own: usize,
}

impl Told {
    pub fn add(&mut self, other: Self) {
        let Self { steps, visits, fetches, unmodified, parts, errors, stale, purges, due, own } = other;
        self.steps += steps;
        self.visits += visits;
        self.fetches += fetches;
        self.unmodified += unmodified;
        self.parts += parts;
        self.errors += errors;
        self.stale += stale;
        self.purges += purges;
        self.due += due;
        self.own += own;
    }
}

/// A running world.
pub struct World {
    seed: u64,
    began: Instant,
    shop: Shop,
    proxy: Proxy,
    /// Where the proxy takes orders.
    control: PathBuf,
    tags: Tags,
    /// What happened, by path: the last of it is printed when something is wrong.
    journal: Vec<(&'static str, String)>,
    told: Told,
}

impl World {
    /// Starts one, and waits until those who are due something get it.
    pub fn start(seed: u64) -> (Self, Crowd) {
        let shop = Shop::open();
        let (proxy, control) = proxy(&shop);
        let crowd = Crowd::gather(proxy.address());
        for (who, words) in [
            (Who::French, &["Bonjour", "told=fr"][..]),
            (Who::InSpring, &["Spring", "told=fr"]),
            (Who::German, &["told=en"]),
        ] {
            let visit = |path: &str| Visitor { target: format!("{path}{CROWD}"), ..who.asking() };
            for word in words {
                let path = if word.starts_with("told") { "/l/" } else { "/p/" };
                let mut visitor = visit(path);
                if who == Who::InSpring {
                    visitor.target += "?utm_campaign=spring";
                }
                proxy.ask_until(&visitor, word);
            }
        }
        let (began, tags, journal, told) = (Instant::now(), Tags::default(), Vec::new(), Told::default());
        (Self { seed, began, shop, proxy, control, tags, journal, told }, crowd)
    }

    /// Goes through so many steps; an error says what was wrong after which.
    pub fn run(mut self, count: usize) -> Result<Told, String> {
        for (number, path) in PATHS.iter().enumerate() {
            self.shop.change(path, (self.seed as usize + number * 5) % POLICIES.len());
        }
        for (number, step) in steps(self.seed, count).into_iter().enumerate() {
            self.take(&step).map_err(|wrong| format!("seed {}, step {number}: {wrong}", self.seed))?;
            if let Some(wrong) = self.shop.wrong().first() {
                return Err(format!("seed {}, step {number}: {wrong}", self.seed));
            }
        }
        self.told.steps = count;
        self.told.fetches = self.shop.count();
        Ok(self.told)
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Wait(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
            Step::Change { path, policy } => {
                self.shop.change(PATHS[*path], *policy);
                self.note(*path, format!("a new version, {:?}", POLICIES[*policy].fields));
            }
            Step::Rephrase { path, policy } => {
                self.shop.rephrase(PATHS[*path], *policy);
                self.note(*path, format!("another word, {:?}", POLICIES[*policy].fields));
            }
            Step::Mood { path, mood, times } => {
                self.shop.set_mood(PATHS[*path], *mood, *times);
                self.note(*path, format!("the origin is {mood:?} for {times}"));
            }
            Step::Purge(purge) => {
                let told = ordered(&self.control, &self.shop, purge)?;
                self.note_purge(purge, &told);
            }
            Step::Visits(visits) => {
                let asked = self.ask(visits);
                return self.judge(visits, asked, visits.len() == 1);
            }
            Step::Storm { visits, after, purge } => {
                self.shop.set_mood(PATHS[purge.path], Mood::Slow, 2);
                let (control, shop) = (self.control.clone(), self.shop.clone());
                let (after, order) = (Duration::from_millis(*after), purge.clone());
                let purging = std::thread::spawn(move || {
                    std::thread::sleep(after);
                    ordered(&control, &shop, &order)
                });
                let asked = self.ask(visits);
                let told = purging.join().unwrap()?;
                self.note_purge(purge, &told);
                return self.judge(visits, asked, false);
            }
        }
        Ok(())
    }

    /// Has visitors ask, each when it is time, and waits for all of them.
    fn ask(&self, visits: &[Visit]) -> Vec<Asked> {
        let address = self.proxy.address();
        let asking: Vec<_> = visits
            .iter()
            .map(|visit| {
                let visitor = visit.visitor(self.tags.seen(visit.path()));
                let after = Duration::from_millis(visit.after);
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    (Reply::to(&visitor, address), visitor)
                })
            })
            .collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    }

    /// Judges what visitors were given; `alone` if there was one, and nothing happened meanwhile.
    fn judge(&mut self, visits: &[Visit], asked: Vec<Asked>, alone: bool) -> Result<(), String> {
        for (visit, (reply, visitor)) in visits.iter().zip(asked) {
            let reply = reply.map_err(|wrong| self.explain(visit, &wrong))?;
            self.note_reply(visit, &reply);
            let check = Check::new(&self.shop, visit, &reply, tags_of(&visitor));
            let found = check.judge(&mut self.tags).map_err(|wrong| self.explain(visit, &wrong))?;
            self.count(&reply);
            let Some(found) = found else { continue };
            let (key, variant) = (visit.who.key(visit.path()), visit.who.variant(visit.path()));
            if key.told.is_some() || variant != Variant::Plain {
                self.told.due += 1;
                self.told.own += usize::from(found.key == key && found.variant == variant);
            }
            // What one visitor alone has waited for has landed by now.
            let status = reply.field("cache-status").unwrap_or_default();
            let stored = reply.field("etag").is_some() || reply.status != 200;
            if alone && status.contains("fwd=") && stored {
                self.shop.saw(&found.key, (reply.from, reply.to));
            }
        }
        Ok(())
    }

    fn count(&mut self, reply: &Reply) {
        let status = reply.field("cache-status").unwrap_or_default();
        self.told.visits += 1;
        self.told.unmodified += usize::from(reply.status == 304);
        self.told.parts += usize::from(reply.status == 206);
        self.told.errors += usize::from(reply.status >= 500);
        self.told.stale += usize::from(status.contains("detail=stale"));
    }

    fn note(&mut self, path: usize, what: String) {
        let line = format!("{:7.3} {what}", self.began.elapsed().as_secs_f64());
        self.journal.push((PATHS[path], line));
    }

    fn note_purge(&mut self, purge: &Purge, told: &(Instant, Instant)) {
        self.told.purges += 1;
        let (from, to) = (self.since(told.0), self.since(told.1));
        let line = format!("{to:7.3} since {from:.3}: {purge:?}");
        self.journal.extend(purge.paths().into_iter().map(|path| (path, line.clone())));
    }

    fn note_reply(&mut self, visit: &Visit, reply: &Reply) {
        let [from, to] = [reply.from, reply.to].map(|at| self.since(at));
        let status = reply.field("cache-status").unwrap_or_default();
        let (age, tag) = (reply.field("age").unwrap_or("no"), reply.field("etag").unwrap_or("no tag"));
        let says = if reply.field("content-encoding").is_none() { says(&reply.body) } else { "coded".into() };
        let Visit { who, wish, coding, .. } = visit;
        let what = format!(
            "{from:.3} to {to:.3} {who:?} asks for {wish:?} in {coding:?}: {} after {age} s, {tag}, {status}: {says}",
            reply.status
        );
        self.note(visit.path, what);
    }

    fn since(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.began).as_secs_f64()
    }

    /// What was wrong, with what had happened to the page.
    fn explain(&self, visit: &Visit, wrong: &str) -> String {
        let lines =
            self.journal.iter().filter(|(path, _)| *path == visit.path()).map(|(_, line)| line.as_str());
        let lines: Vec<_> = lines.collect();
        let lines = lines[lines.len().saturating_sub(25)..].join("\n");
        let mut keys = vec![visit.who.key(visit.path())];
        keys.push(crate::page::Key { told: None, ..keys[0].clone() });
        let mut flights = String::new();
        for key in &keys {
            for flight in self.shop.flights(key).iter().rev().take(6).rev() {
                let done = flight.done.map_or("not yet".into(), |done| format!("{:.3}", self.since(done)));
                flights += &format!(
                    "{key}: asked {:.3}, done {done}, {:?} version={} {:?}\n",
                    self.since(flight.asked),
                    flight.outcome,
                    flight.version,
                    flight.policy.fields
                );
            }
        }
        format!("{wrong}\n{visit:?}\n{lines}\n{flights}")
    }
}

/// What a visitor was given, and how it was asked for.
type Asked = (Result<Reply, String>, Visitor);

/// Has the operator order a purge over the proxy's socket; answers from when until when.
fn ordered(control: &PathBuf, shop: &Shop, purge: &Purge) -> Result<(Instant, Instant), String> {
    let (from, paths, order) = (Instant::now(), purge.paths(), purge.order());
    shop.purging(&paths, purge.soft);
    let mut said = String::new();
    let mut ask = || {
        let mut stream = UnixStream::connect(control)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(
            stream,
            "POST /purge HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{order}",
            order.len()
        )?;
        stream.read_to_string(&mut said)
    };
    ask().map_err(|cause| format!("`{order}`: {cause}"))?;
    shop.purged(&paths);
    let done = said.starts_with("HTTP/1.1 200 ") && said.contains("\"purged\"");
    if done { Ok((from, Instant::now())) } else { Err(format!("`{order}` is answered with `{said}`")) }
}

/// The tags that stand in a request.
fn tags_of(visitor: &Visitor) -> Vec<String> {
    let fields =
        visitor.fields.iter().filter(|(name, _)| matches!(name.as_str(), "If-None-Match" | "If-Range"));
    fields.flat_map(|(_, value)| value.split(", ").map(str::to_owned)).collect()
}

/// A proxy before a shop, and the socket where it takes orders.
fn proxy(shop: &Shop) -> (Proxy, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    let route = |path: &str, more: &str| format!("[[route]]\npath = \"{path}/*\"\n{more}\n");
    let site = format!(
        "hosts = [\"shop.test\"]\norigin = \"http://{}\"\n\
         [signals]\ncountry = [\"FR\", \"DE\"]\nlanguage = [\"fr\", \"en\"]\n\
         campaign = {{ parameter = \"utm_campaign\", values = [\"spring\"] }}\n\
         [crowd]\nk = 5\nepoch = \"2s\"\n[canary]\nafter = \"1d\"\n\
         [[plugin]]\nname = \"hero\"\nfile = \"hero.toml\"\n{}{}{}{}",
        shop.address(),
        route("/p", "mode = \"personalize\"\nplugins = [\"hero\"]"),
        route("/l", "mode = \"personalize\"\nplugins = [\"hero\"]\norigin_sees = [\"language\"]"),
        route("/a", ""),
        route("/o", "downstream = \"origin\"")
    );
    write_configuration(folder.path(), address, metrics, &site, HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    let cache = format!(
        "[control]\nsocket = \"orders\"\n[cache]\nstale_if_error = \"{}s\"\nnegative = \"{}s\"\n",
        STALE_IF_ERROR.as_secs(),
        NEGATIVE.as_secs()
    );
    std::fs::write(&main, text + &cache).unwrap();
    let control = folder.path().join("orders");
    (Proxy::start_in(folder, address, metrics), control)
}
