//! The head of a page as bytes, so that it can be kept on disk beside its body and outlive a restart.
//!
//! What is kept is what the origin said, not what was made of it: the configuration may be another after a
//! restart. Variants and compressed forms are made anew. All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | version of the format: 1 |
//! | 2 + … | the site's first host |
//! | 4 + … | canonical target |
//! | 1 | 1 with Global Privacy Control, else 0 |
//! | 8 + 2 | what the origin was told: edition and view, or 0 |
//! | 2 | status |
//! | 8 | when it arrived, in milliseconds since 1970 |
//! | 8 each | freshness lifetime, age on arrival, windows while revalidating and if the origin fails, in milliseconds |
//! | 2 | fields of the origin |
//! | 2 + … and 4 + … | for each field: name in lower case, value; those of one name stand together |
//!
//! Nothing here finds damage: that is for whoever keeps the bytes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cloakroom_boundary::SiteId;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::{Edition, Freshness, OriginView, Page, PageKey, Tags};

const VERSION: u16 = 1;
/// The most fields of a page that is kept.
const MAX_FIELDS: usize = 512;
/// How far a clock may go back without anybody having set it. A page from further ahead has a time that means
/// nothing.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

/// A page without its body, as it is kept. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPage {
    host: String,
    target: Arc<str>,
    gpc: bool,
    told: (Edition, OriginView),
    status: StatusCode,
    origin: HeaderMap,
    freshness: Freshness,
    /// Since 1970, in whole milliseconds.
    arrived: Duration,
}

impl KeptPage {
    /// What is kept of a page; `None` if it is for those alone who wait for it, or arrived before 1970 by the
    /// clock. `host` is the first host of its site: the number of a site is another after a restart. `clock` is
    /// the time of day at `now`.
    #[must_use]
    pub fn of(host: &str, key: &PageKey, page: &Page, now: Instant, clock: SystemTime) -> Option<Self> {
        let freshness = page.freshness();
        if freshness.is_once() {
            return None;
        }
        let arrived = clock.checked_sub(now.saturating_duration_since(page.arrived()))?;
        let (target, gpc, told) = (Arc::clone(key.target()), key.gpc(), key.view());
        Some(Self {
            host: host.to_owned(),
            target,
            gpc,
            told,
            status: page.status(),
            origin: page.answered().origin.clone(),
            freshness: in_milliseconds(freshness),
            arrived: Duration::from_millis(milliseconds(arrived.duration_since(UNIX_EPOCH).ok()?)?),
        })
    }

    /// The first host of its site.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its canonical target.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Its key, on the site that has its host now.
    #[must_use]
    pub fn key(&self, site: SiteId) -> PageKey {
        PageKey::kept(site, Arc::clone(&self.target), self.gpc, self.told)
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The origin's fields.
    #[must_use]
    pub fn origin(&self) -> &HeaderMap {
        &self.origin
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        Tags::read(&self.origin).unwrap_or_default()
    }

    /// How long it may be served, as it was judged when it arrived.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// When it arrived; `None` if that lies ahead of `clock`, the time of day at `now`: then one of the two
    /// clocks was wrong, and nobody knows how old it is. A clock that was set forward makes it older than it
    /// is, which is no harm.
    #[must_use]
    pub fn arrived(&self, now: Instant, clock: SystemTime) -> Option<Instant> {
        let clock = clock.duration_since(UNIX_EPOCH).ok()?;
        let elapsed = match clock.checked_sub(self.arrived) {
            Some(elapsed) => elapsed,
            None if self.arrived.checked_sub(clock)? <= CLOCK_SLACK => Duration::ZERO,
            None => return None,
        };
        now.checked_sub(elapsed)
    }

    /// What tells its key apart from others, also after a restart: to be hashed.
    #[must_use]
    pub fn identity(host: &str, key: &PageKey) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_key(&mut bytes, (host, key.target(), key.gpc(), key.view())).unwrap_or_default();
        bytes
    }

    /// Its bytes; `None` if it has too many fields, or a part that is too long.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(VERSION.to_le_bytes());
        write_key(&mut bytes, (&self.host, &self.target, self.gpc, self.told))?;
        bytes.extend(self.status.as_u16().to_le_bytes());
        let Freshness { lifetime, age, while_revalidating, if_error, .. } = self.freshness;
        for time in [self.arrived, lifetime, age, while_revalidating, if_error] {
            bytes.extend(milliseconds(time)?.to_le_bytes());
        }
        let fields = u16::try_from(self.origin.len()).ok()?;
        (self.origin.len() <= MAX_FIELDS).then_some(())?;
        bytes.extend(fields.to_le_bytes());
        for (name, value) in &self.origin {
            write_short(&mut bytes, name.as_str().as_bytes())?;
            write_long(&mut bytes, value.as_bytes())?;
        }
        Some(bytes)
    }

    /// Reads what [`KeptPage::to_bytes`] has written, and nothing else: whatever is read would be written the
    /// same.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut left = Reader(bytes);
        (left.u16()? == VERSION).then_some(())?;
        let host = left.short()?.to_owned();
        let host = String::from_utf8(host).ok()?;
        let target = Arc::from(std::str::from_utf8(left.long()?).ok()?);
        let gpc = match left.take()? {
            [0] => false,
            [1] => true,
            [_] => return None,
        };
        let told = (Edition(left.u64()?), OriginView(left.u16()?));
        let status = StatusCode::from_u16(left.u16()?).ok()?;
        let arrived = left.time()?;
        let mut freshness = Freshness::of(left.time()?);
        freshness.age = left.time()?;
        freshness.while_revalidating = left.time()?;
        freshness.if_error = left.time()?;
        let origin = left.fields()?;
        left.0.is_empty().then_some(Self { host, target, gpc, told, status, origin, freshness, arrived })
    }
}

type Told = (Edition, OriginView);

fn write_key(bytes: &mut Vec<u8>, (host, target, gpc, told): (&str, &str, bool, Told)) -> Option<()> {
    write_short(bytes, host.as_bytes())?;
    write_long(bytes, target.as_bytes())?;
    bytes.push(u8::from(gpc));
    bytes.extend(told.0.0.to_le_bytes());
    bytes.extend(told.1.0.to_le_bytes());
    Some(())
}

fn write_short(bytes: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    bytes.extend(u16::try_from(part.len()).ok()?.to_le_bytes());
    bytes.extend(part);
    Some(())
}

fn write_long(bytes: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    bytes.extend(u32::try_from(part.len()).ok()?.to_le_bytes());
    bytes.extend(part);
    Some(())
}

fn milliseconds(time: Duration) -> Option<u64> {
    u64::try_from(time.as_millis()).ok()
}

/// The same in whole milliseconds: no younger, and no longer fresh.
fn in_milliseconds(freshness: Freshness) -> Freshness {
    let down = |time: Duration| Duration::from_millis(milliseconds(time).unwrap_or(u64::MAX));
    let age = freshness.age.saturating_add(Duration::from_nanos(999_999));
    Freshness {
        lifetime: down(freshness.lifetime),
        age: down(age),
        while_revalidating: down(freshness.while_revalidating),
        if_error: down(freshness.if_error),
        ..freshness
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn time(&mut self) -> Option<Duration> {
        self.u64().map(Duration::from_millis)
    }

    fn part(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(part)
    }

    fn short(&mut self) -> Option<&'a [u8]> {
        let bytes = self.u16()?;
        self.part(usize::from(bytes))
    }

    fn long(&mut self) -> Option<&'a [u8]> {
        let bytes = u32::from_le_bytes(self.take()?);
        self.part(usize::try_from(bytes).ok()?)
    }

    // A map grows with what is there, not with what the number of fields promises.
    fn fields(&mut self) -> Option<HeaderMap> {
        let count = usize::from(self.u16()?);
        (count <= MAX_FIELDS).then_some(())?;
        let mut fields = HeaderMap::new();
        let mut last: Option<HeaderName> = None;
        for _ in 0..count {
            let written = self.short()?;
            let name = HeaderName::from_bytes(written).ok()?;
            let follows = last.as_ref() == Some(&name);
            // A map keeps those of one name together, and names in lower case.
            if name.as_str().as_bytes() != written || (!follows && fields.contains_key(&name)) {
                return None;
            }
            fields.append(name.clone(), HeaderValue::from_bytes(self.long()?).ok()?);
            last = Some(name);
        }
        Some(fields)
    }
}

#[cfg(test)]
mod tests;
