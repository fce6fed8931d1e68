//! The quarter of the day and the part of the week where a visitor lives, told from the clock and
//! the country's main zone.
//!
//! A table over all countries, recomputed at most once a minute: a request only reads it.

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use cloakroom_vocabulary::{CountryCode, country_facts};
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::BoundaryError;

/// How many quarters a day has: night, morning, afternoon, evening.
pub(crate) const QUARTERS: usize = 4;

const HOURS_A_QUARTER: i8 = 6;
/// Bit of a table's entry that says that it is the weekend; the bits below are the quarter.
const WEEKEND: u8 = 1 << 2;

/// Countries whose weekend is Friday and Saturday (Unicode CLDR 45, `weekData`).
const FRIDAY_AND_SATURDAY: [&str; 14] =
    ["BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "OM", "QA", "SA", "SD", "SY", "YE"];

/// Tells the time.
pub(crate) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// The time of day and week in every country.
pub(crate) struct Dayparts {
    clock: Clock,
    zones: Vec<(CountryCode, TimeZone)>,
    /// By [`CountryCode::index`]: the quarter, and [`WEEKEND`].
    times: Box<[AtomicU8]>,
    /// The minute since 1970 that `times` are of.
    minute: AtomicI64,
}

impl Dayparts {
    pub(crate) fn new(clock: Clock) -> Result<Self, BoundaryError> {
        let letters = || (b'A'..=b'Z').map(char::from);
        let mut zones = Vec::new();
        for facts in letters()
            .flat_map(|first| letters().map(move |second| format!("{first}{second}")))
            .filter_map(|code| CountryCode::parse(&code).and_then(country_facts))
        {
            let zone = TimeZone::get(facts.zone).map_err(|_| BoundaryError::Zone { zone: facts.zone })?;
            zones.push((facts.code, zone));
        }
        let times = (0..CountryCode::SPACE).map(|_| AtomicU8::new(0)).collect();
        let dayparts = Self { clock, zones, times, minute: AtomicI64::new(i64::MIN) };
        dayparts.refresh();
        Ok(dayparts)
    }

    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
        self.minute.store(i64::MIN, Ordering::Relaxed);
    }

    /// The time.
    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// Position of the quarter, below [`QUARTERS`].
    pub(crate) fn quarter(&self, country: CountryCode) -> usize {
        usize::from(self.time(country) & !WEEKEND)
    }

    /// Whether it is the weekend there.
    pub(crate) fn is_weekend(&self, country: CountryCode) -> bool {
        self.time(country) & WEEKEND != 0
    }

    fn time(&self, country: CountryCode) -> u8 {
        self.refresh();
        self.times.get(country.index()).map_or(0, |time| time.load(Ordering::Relaxed))
    }

    /// Recomputes the table if another minute has begun. One request does it; those that run
    /// beside it may still read the minute before.
    fn refresh(&self) {
        let minute = minute_of((self.clock)());
        let known = self.minute.load(Ordering::Relaxed);
        if known == minute {
            return;
        }
        if self.minute.compare_exchange(known, minute, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let now = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or(Timestamp::UNIX_EPOCH);
        for (country, zone) in &self.zones {
            let there = zone.to_datetime(now);
            let quarter = u8::try_from(there.hour() / HOURS_A_QUARTER).unwrap_or(0);
            let weekend = if weekend(*country, there.weekday()) { WEEKEND } else { 0 };
            if let Some(time) = self.times.get(country.index()) {
                time.store(quarter | weekend, Ordering::Relaxed);
            }
        }
    }
}

/// Saturday and Sunday, but where CLDR has other days.
fn weekend(country: CountryCode, day: Weekday) -> bool {
    match country.as_str() {
        "AF" => matches!(day, Weekday::Thursday | Weekday::Friday),
        "IR" => day == Weekday::Friday,
        "IN" | "UG" => day == Weekday::Sunday,
        code if FRIDAY_AND_SATURDAY.contains(&code) => matches!(day, Weekday::Friday | Weekday::Saturday),
        _ => matches!(day, Weekday::Saturday | Weekday::Sunday),
    }
}

/// Whole minutes since 1970; clocks before that read as 1970.
fn minute_of(time: SystemTime) -> i64 {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds / 60).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;
    use std::time::Duration;

    #[test]
    fn each_country_has_its_own_quarter_and_it_moves() {
        // 2024-07-01 04:30 UTC.
        let seconds = Arc::new(AtomicU64::new(1_719_808_200));
        let shown = Arc::clone(&seconds);
        let clock = move || UNIX_EPOCH + Duration::from_secs(shown.load(Ordering::Relaxed));
        let dayparts = Dayparts::new(Box::new(clock)).unwrap();
        let quarter = |code| dayparts.quarter(CountryCode::parse(code).unwrap());
        assert_eq!(quarter("FR"), 1); // 06:30 with summer time
        assert_eq!(quarter("GB"), 0); // 05:30
        assert_eq!(quarter("US"), 0); // 00:30
        assert_eq!(quarter("JP"), 2); // 13:30
        seconds.fetch_add(12 * 3_600, Ordering::Relaxed);
        assert_eq!(quarter("FR"), 3); // 18:30
        assert_eq!(quarter("GB"), 2); // 17:30
        assert_eq!(quarter("JP"), 0); // 01:30 the next day
    }

    #[test]
    fn weekends_are_those_of_the_country() {
        // 2024-07-05 is a Friday; 12:00 UTC.
        let on = |days: u64, code| {
            let time = UNIX_EPOCH + Duration::from_secs(1_720_180_800 + days * 86_400);
            Dayparts::new(Box::new(move || time)).unwrap().is_weekend(CountryCode::parse(code).unwrap())
        };
        let week = |code| [0, 1, 2, 3].map(|days| on(days, code));
        assert_eq!(week("FR"), [false, true, true, false]);
        assert_eq!(week("EG"), [true, true, false, false]);
        assert_eq!(week("IR"), [true, false, false, false]);
        assert_eq!(week("IN"), [false, false, true, false]);
        // Saturday noon in London is Sunday in Kiribati.
        assert!(on(2, "GB") && !on(3, "GB") && on(1, "KI"));
    }

    #[test]
    fn absurd_clocks_give_some_quarter() {
        for time in
            [UNIX_EPOCH, UNIX_EPOCH - Duration::from_secs(9), UNIX_EPOCH + Duration::from_secs(1 << 50)]
        {
            let dayparts = Dayparts::new(Box::new(move || time)).unwrap();
            assert!(dayparts.quarter(CountryCode::parse("FR").unwrap()) < QUARTERS);
        }
    }
}
