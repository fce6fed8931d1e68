//! Sends all visitors through a proxy, twice, and ties what each was shown to what the origin got.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::{Failure, Identity, Observation, Options, Origin, ROUTES, Random, Seen, Server, visit};

/// Visitors at once.
const THREADS: usize = 8;
/// Kept clear on both sides of the end of an epoch.
const MARGIN: Duration = Duration::from_millis(500);
/// How often an epoch that is too short for all visitors is doubled.
const ATTEMPTS: u32 = 6;

/// Passes in which crowds may gather, at most; the first epoch of a proxy releases nothing.
const GATHERING: u32 = 6;
/// Different things that the origin is told once crowds are released.
const SETTLED: usize = 6;

/// Two passes, by page.
pub struct Watched {
    /// The first and the second pass, each by position in [`ROUTES`].
    pub passes: [Vec<Vec<Observation>>; 2],
    /// Distinct byte strings that the origin received, with how many requests were so.
    pub strings: Vec<(Vec<u8>, usize)>,
    /// Different words that pages showed of their variants.
    pub shown: usize,
    /// Requests of visitors, the warming-up included.
    pub asked: usize,
    /// Requests that reached the origin.
    pub received: usize,
}

/// Through Cloakroom: passes in which crowds gather, then two that count. Each lies within one epoch,
/// so that a crowd is what it is and not half of it.
///
/// # Errors
/// When a server does not start, an answer is wrong, or visitors do not get through in time.
pub fn watch(program: &Path, identities: &[Identity], k: u32, seed: u64) -> Result<Watched, Failure> {
    let mut epoch = Duration::from_secs(2 + identities.len() as u64 / 400);
    for _ in 0..ATTEMPTS {
        let origin = Origin::start()?;
        let server = Server::cloakroom(program, origin.address(), Options { k, epoch, more: "" })?;
        let mut shared = Shared::new(identities, &origin, server.address(), seed);
        let (mut gathering, mut passes) = (0, Vec::new());
        sleep_to_the_next(epoch);
        while let Some(pass) = within_an_epoch(epoch, || shared.pass())? {
            sleep_to_the_next(epoch);
            if passes.is_empty() && gathering < GATHERING && !is_settled(&pass) {
                gathering += 1;
                continue;
            }
            passes.push(pass);
            if passes.len() == 2 {
                break;
            }
        }
        if let Ok(passes) = <[_; 2]>::try_from(passes) {
            return Ok(shared.watched(passes));
        }
        epoch *= 2;
    }
    Err("visitors do not get through within an epoch of any length".into())
}

/// Whether crowds have been released: the origin is told several variants.
fn is_settled(pass: &[Vec<Observation>]) -> bool {
    let telling = ROUTES.iter().zip(pass).filter(|(route, _)| route.tells);
    let told: HashSet<_> = telling.flat_map(|(_, page)| page).map(|seen| &seen.told).collect();
    told.len() >= SETTLED
}

impl Watched {
    /// Through nginx, which has no epochs and no variants.
    ///
    /// # Errors
    /// When nginx is not there, or an answer is wrong.
    pub fn nginx(program: &Path, identities: &[Identity], seed: u64) -> Result<Self, Failure> {
        let origin = Origin::start()?;
        let server = Server::nginx(program, origin.address())?;
        let mut shared = Shared::new(identities, &origin, server.address(), seed);
        let passes = [shared.pass()?, shared.pass()?];
        Ok(shared.watched(passes))
    }

    /// All pages of a visit as one observation: what an origin knows that can link them.
    #[must_use]
    pub fn linked(&self) -> [Vec<Observation>; 2] {
        self.passes.each_ref().map(|pages| {
            let mut all: Vec<_> = pages.first().cloned().unwrap_or_default();
            for page in pages.iter().skip(1) {
                for (linked, more) in all.iter_mut().zip(page) {
                    linked.told.extend(&more.told);
                    linked.bytes.extend(&more.bytes);
                }
            }
            all
        })
    }
}

fn within_an_epoch<T>(
    epoch: Duration,
    pass: impl FnOnce() -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let number = since_1970() / epoch.as_millis();
    let done = pass()?;
    let ended = since_1970() + MARGIN.as_millis();
    Ok((ended / epoch.as_millis() == number).then_some(done))
}

/// Milliseconds: epochs end at whole multiples of their length since then, whenever a proxy was started.
fn since_1970() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

fn sleep_to_the_next(epoch: Duration) {
    let into = since_1970() % epoch.as_millis();
    let left = epoch.saturating_sub(Duration::from_millis(u64::try_from(into).unwrap_or(0)));
    std::thread::sleep(left + MARGIN);
}

/// What all passes share.
struct Shared<'a> {
    identities: &'a [Identity],
    origin: &'a Origin,
    proxy: SocketAddr,
    random: Random,
    /// Numbers of what pages show together with GPC, by route.
    told: HashMap<(usize, String, bool), usize>,
    shown: HashMap<String, usize>,
    asked: usize,
}

impl<'a> Shared<'a> {
    fn new(identities: &'a [Identity], origin: &'a Origin, proxy: SocketAddr, seed: u64) -> Self {
        let random = Random::new(seed);
        let (told, shown) = (HashMap::new(), HashMap::new());
        Self { identities, origin, proxy, random, told, shown, asked: 0 }
    }

    /// Everybody once, in an order of its own, several at a time, each by an own way through the pages.
    fn pass(&mut self) -> Result<Vec<Vec<Observation>>, Failure> {
        let mut visits: Vec<_> = self
            .identities
            .iter()
            .map(|identity| {
                let mut order: Vec<usize> = (0..ROUTES.len()).collect();
                self.random.shuffle(&mut order);
                (identity, order)
            })
            .collect();
        self.random.shuffle(&mut visits);
        let (proxy, since) = (self.proxy, Instant::now());
        let share = visits.len().div_ceil(THREADS).max(1);
        let seen: Vec<(u32, bool, Seen)> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                visits.chunks(share).map(|visits| scope.spawn(move || all(proxy, visits))).collect();
            let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| "a visitor panicked")?);
            joined.collect::<Result<Vec<_>, Failure>>()
        })?
        .into_iter()
        .flatten()
        .collect();
        self.asked += seen.len();
        eprintln!("{} pages in {:.1} s", seen.len(), since.elapsed().as_secs_f64());
        self.observed(seen)
    }

    fn observed(&mut self, seen: Vec<(u32, bool, Seen)>) -> Result<Vec<Vec<Observation>>, Failure> {
        let mut pages: Vec<Vec<Observation>> = ROUTES.iter().map(|_| Vec::new()).collect();
        for (visitor, gpc, seen) in seen {
            let route = ROUTES.get(seen.route).ok_or("there is no such route")?;
            *self.shown.entry(seen.shown.clone()).or_default() += 1;
            // Where the origin is told nothing of the variant, GPC alone may make a difference.
            let shown = if route.tells { seen.shown } else { String::new() };
            let new = self.told.len();
            let told = *self.told.entry((seen.route, shown, gpc)).or_insert(new);
            let bytes = self.origin.string_of(seen.served).ok_or("a page of a request that never came")?;
            let page = pages.get_mut(seen.route).ok_or("there is no such route")?;
            page.push(Observation { visitor, told: vec![told], bytes: vec![bytes] });
        }
        pages.iter_mut().for_each(|page| page.sort_unstable_by_key(|seen| seen.visitor));
        Ok(pages)
    }

    fn watched(self, passes: [Vec<Vec<Observation>>; 2]) -> Watched {
        Watched {
            passes,
            strings: self.origin.strings(),
            shown: self.shown.len(),
            asked: self.asked,
            received: self.origin.requests(),
        }
    }
}

fn all(proxy: SocketAddr, visits: &[(&Identity, Vec<usize>)]) -> Result<Vec<(u32, bool, Seen)>, Failure> {
    let mut seen = Vec::new();
    for (identity, order) in visits {
        let pages = visit(proxy, identity, order)?;
        seen.extend(pages.into_iter().map(|page| (identity.number, identity.gpc, page)));
    }
    Ok(seen)
}
