//! What a visitor likes to read about, in the manner of the Topics API, within one site.
//!
//! The cookie collects the topics of this week's pages, never the pages. When a new week begins, one
//! topic of the week before is drawn and answered for the whole new week; one answer in twenty is drawn
//! from all topics instead, whatever was read, so that no answer proves anything. Which of the two it was is
//! kept nowhere.
//!
//! The cookie `cloakroom_interest` is eleven bytes, `cc.w.a.tttt`:
//! - `cc`: two hexadecimal digits that change with the site's list of topics, the same for all its
//!   visitors. Positions in another list would mean other topics.
//! - `w`: the number of the week modulo 4, a digit. Weeks are of UTC and begin at a second that is the same
//!   for all visitors of the site.
//! - `a`: the position of this week's answer, a hexadecimal digit, or `-` for none.
//! - `tttt`: four hexadecimal digits, one bit for each topic of the week's pages; the lowest is the
//!   first topic.
//!
//! It is kept for two weeks, the longest that it can matter. It is written when it changes: at the first
//! visit of a week, and at the first page of each topic in it. Whatever is not written exactly so counts as
//! absent. A forged one is a claim like any other header of the client: it changes nothing but what its
//! sender sees.

use std::hash::Hasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloakroom_vocabulary::{Hierarchy, MAX_TOPICS, ValueId};
use siphasher::sip::SipHasher13;

use crate::chance::{Chance, below};
use crate::config::TopicConfig;
use crate::topics::Topics;

/// How long the cookie is kept.
pub(crate) const LASTING: Duration = Duration::from_secs(2 * WEEK_SECONDS);

const WEEK_SECONDS: u64 = 7 * 86_400;
/// Weeks are numbered modulo this: enough to tell this week, the one before and all others apart.
const WEEKS: u64 = 4;
/// One answer in so many is drawn from all topics.
const RANDOM_ONE_IN: u64 = 20;

/// What the cookie says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    week: u8,
    /// Position of the topic that is answered this week.
    answer: Option<u8>,
    /// The topics of this week's pages.
    topics: u16,
}

/// The topics of a site, and how records of it are read and written.
pub(crate) struct Interest {
    names: Vec<Box<str>>,
    values: Vec<ValueId>,
    none: ValueId,
    topics: Topics,
    /// The two digits of the list.
    list: u8,
    /// When weeks begin, in seconds after a Thursday's midnight.
    offset: u64,
}

impl Interest {
    /// Topics beyond [`MAX_TOPICS`] are not looked at; the vocabulary has none.
    pub(crate) fn new(host: &str, configured: &[TopicConfig], hierarchy: &Hierarchy) -> Self {
        let configured = configured.get(..MAX_TOPICS).unwrap_or(configured);
        let named = |name: &str| hierarchy.find(name).unwrap_or(hierarchy.any());
        let mut list = SipHasher13::new();
        for topic in configured {
            list.write(topic.name.as_bytes());
            for path in &topic.paths {
                list.write_u8(0);
                list.write(path.text().as_bytes());
            }
            list.write_u8(1);
        }
        Self {
            names: configured.iter().map(|topic| topic.name.as_str().into()).collect(),
            values: configured.iter().map(|topic| named(&topic.name)).collect(),
            none: named("none"),
            topics: Topics::new(configured.iter().map(|topic| topic.paths.as_slice())),
            list: list.finish().to_le_bytes().first().copied().unwrap_or(0),
            offset: SipHasher13::new().hash(host.as_bytes()) % WEEK_SECONDS,
        }
    }

    /// Whether the site declares no topic.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The value of the signal that a record answers.
    pub(crate) fn value(&self, record: Record) -> ValueId {
        record.answer.and_then(|at| self.values.get(usize::from(at)).copied()).unwrap_or(self.none)
    }

    /// The names of all topics that a record holds, this week's answer included.
    pub(crate) fn names(&self, record: Record) -> impl Iterator<Item = &str> {
        let held = record.topics | record.answer.map_or(0, |at| 1 << at);
        (0..u16::BITS).zip(&self.names).filter(move |(at, _)| held >> at & 1 == 1).map(|(_, name)| &**name)
    }

    /// The record after a page at a canonical path was asked for at `now`.
    pub(crate) fn advance(
        &self,
        held: Option<Record>,
        path: &str,
        now: SystemTime,
        chance: &Chance,
    ) -> Record {
        let topics = self.topics.of(path);
        let week = self.week(now);
        match held {
            Some(record) if record.week == week => Record { topics: record.topics | topics, ..record },
            Some(record) if u64::from(record.week + 1) % WEEKS == u64::from(week) => {
                Record { week, answer: self.draw(record.topics, chance), topics }
            }
            _ => Record { week, answer: self.draw(0, chance), topics },
        }
    }

    /// One of the past week's topics, or now and then any.
    fn draw(&self, past: u16, chance: &Chance) -> Option<u8> {
        let all = u8::try_from(self.names.len()).unwrap_or(0);
        if below(chance, RANDOM_ONE_IN) == 0 {
            return u8::try_from(below(chance, u64::from(all))).ok().filter(|at| *at < all);
        }
        let read = past.count_ones();
        let nth = usize::try_from(below(chance, u64::from(read))).unwrap_or(0);
        (0..all).filter(|at| past >> at & 1 == 1).nth(nth)
    }

    fn week(&self, now: SystemTime) -> u8 {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let week = seconds.saturating_add(self.offset) / WEEK_SECONDS % WEEKS;
        u8::try_from(week).unwrap_or(0)
    }

    /// The record in the cookie's bytes, if they are written exactly as [`Interest::write`] does.
    pub(crate) fn read(&self, value: &[u8]) -> Option<Record> {
        let [c1, c2, b'.', week, b'.', answer, b'.', t1, t2, t3, t4] = value else { return None };
        let list = hex(*c1)? << 4 | hex(*c2)?;
        let week = hex(*week).filter(|week| u64::from(*week) < WEEKS)?;
        let all = u8::try_from(self.names.len()).ok()?;
        let answer = match answer {
            b'-' => None,
            digit => Some(hex(*digit).filter(|at| *at < all)?),
        };
        let mut topics = 0_u16;
        for digit in [t1, t2, t3, t4] {
            topics = topics << 4 | u16::from(hex(*digit)?);
        }
        let declared = u32::from(topics) < 1 << all;
        (declared && list == self.list).then_some(Record { week, answer, topics })
    }

    /// The cookie's value.
    pub(crate) fn write(&self, record: Record) -> Written {
        let Record { week, answer, topics } = record;
        let digit = |number: u16| char::from_digit(u32::from(number & 0xf), 16).map_or(b'0', |c| c as u8);
        let list = u16::from(self.list);
        let answer = answer.map_or(b'-', |at| digit(at.into()));
        let [t1, t2, t3, t4] = [12, 8, 4, 0].map(|shift| digit(topics >> shift));
        Written([digit(list >> 4), digit(list), b'.', digit(week.into()), b'.', answer, b'.', t1, t2, t3, t4])
    }
}

/// A record as it stands in the cookie.
pub(crate) struct Written([u8; 11]);

impl Written {
    #[cfg(test)]
    pub(crate) fn of(bytes: [u8; 11]) -> Self {
        Self(bytes)
    }

    /// The bytes, all of them ASCII.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A hexadecimal digit in lower case.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TopicPath;
    use cloakroom_vocabulary::{Signal, SiteValues, SiteVocabulary};

    fn interest(host: &str, names: &[&str]) -> Interest {
        let topics: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let site = SiteVocabulary::new(&SiteValues { topics: topics.clone(), ..SiteValues::default() });
        let path = |name: &String| vec![TopicPath::parse(&format!("/{name}")).unwrap()];
        let configured: Vec<_> =
            topics.iter().map(|name| TopicConfig { name: name.clone(), paths: path(name) }).collect();
        Interest::new(host, &configured, site.unwrap().hierarchy(Signal::Interest))
    }

    #[test]
    fn every_record_has_one_spelling_and_no_other_is_read() {
        let names: Vec<String> = (0..16).map(|number| format!("t{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let interest = interest("shop.example", &names);
        for (week, topics) in (0..4).flat_map(|week| (0..=u16::MAX).step_by(97).map(move |t| (week, t))) {
            for answer in [None, Some(0), Some(9), Some(15)] {
                let record = Record { week, answer, topics };
                let written = interest.write(record);
                assert!(interest.read(written.text().as_bytes()) == Some(record), "{}", written.text());
            }
        }
        let written = interest.write(Record { week: 2, answer: Some(10), topics: 0xbeef });
        assert_eq!(written.text().get(2..), Some(".2.a.beef"));
        for at in 0..11 {
            for byte in 0..=u8::MAX {
                let mut forged = written.text().as_bytes().to_vec();
                forged[at] = byte;
                if let Some(record) = interest.read(&forged) {
                    assert_eq!(interest.write(record).text().as_bytes(), forged);
                }
            }
        }
    }

    #[test]
    fn records_of_another_list_of_topics_are_not_read() {
        let (before, after) = (interest("a.example", &["x", "y"]), interest("a.example", &["y", "x"]));
        let written = before.write(Record { week: 0, answer: None, topics: 1 });
        assert!(before.read(written.text().as_bytes()).is_some());
        assert!(after.read(written.text().as_bytes()).is_none());
        assert!(interest("b.example", &["x", "y"]).read(written.text().as_bytes()).is_some());
    }

    #[test]
    fn weeks_are_seven_days_long_and_begin_at_one_second_of_the_site() {
        let begins = |host: &str| {
            let interest = interest(host, &["x"]);
            let week = |second| interest.week(UNIX_EPOCH + Duration::from_secs(1_719_829_800 + second));
            let changes: Vec<_> = (0..4 * WEEK_SECONDS)
                .step_by(60)
                .filter(|second| week(*second) != week(second + 60))
                .collect();
            assert_eq!(changes.len(), 4, "{host}");
            assert!(changes.windows(2).all(|pair| pair[1] - pair[0] == WEEK_SECONDS));
            changes[0]
        };
        assert_ne!(begins("a.example"), begins("b.example"));
        assert_eq!(begins("a.example"), begins("a.example"));
    }

    #[test]
    fn a_clock_before_1970_reads_as_1970() {
        let interest = interest("a.example", &["x"]);
        assert_eq!(interest.week(UNIX_EPOCH - Duration::from_secs(9)), interest.week(UNIX_EPOCH));
    }
}
