//! Minutes since 1970, which is all that is written down of when somebody worked.

use std::time::{SystemTime, UNIX_EPOCH};

/// The minute that it is.
pub(crate) fn minute() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 60)
}

/// A minute in UTC; nothing for one beyond the calendar.
pub(crate) fn in_words(minute: u64) -> String {
    let second = i64::try_from(minute.saturating_mul(60)).ok();
    let time = second.and_then(|second| jiff::Timestamp::from_second(second).ok());
    time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
