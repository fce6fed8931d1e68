//! The numbers that a configuration may hold: least, most and default, in one place for the
//! checks and the reference.

/// A quantity with its bounds: a count, bytes or milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounded {
    pub least: u64,
    pub most: u64,
    pub default: Option<u64>,
}

/// A number that may have a fraction, from 0 on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction {
    pub most: f64,
}

const fn bounded(least: u64, most: u64, default: u64) -> Bounded {
    Bounded { least, most, default: Some(default) }
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;

// Counts.
pub(crate) const CROWD_K: Bounded = bounded(2, 2_000, 50);
pub(crate) const CROWD_NOISE: Bounded = Bounded { least: 1, most: 100, default: None };
pub(crate) const VENDOR: Bounded = Bounded { least: 1, most: 65_535, default: None };
pub(crate) const SIGNAL_BITS: Bounded = bounded(1, 64, 16);
pub(crate) const DISTINCT_PATHS: Bounded = bounded(1, 1_000_000, 10_000);
pub(crate) const COMPRESS_THREADS: Bounded = bounded(1, 16, 1);

pub(crate) const STREAMS: Bounded = bounded(1, 1_000, 100);
pub(crate) const AUDIT_COUNT: Bounded = Bounded { least: 0, most: 1_000, default: None };

// Fractions.
pub(crate) const SHARE: Fraction = Fraction { most: 1.0 };
/// RFC 9111 §4.2.2 calls a tenth typical.
pub(crate) const HEURISTIC: f64 = 0.1;
/// log2 of the most joint variants of a plugin is below 10.
pub(crate) const BITS: Fraction = Fraction { most: 64.0 };

// Bytes.
pub(crate) const CACHE_BYTES: Bounded = bounded(MIB, 64 * GIB, 256 * MIB);
pub(crate) const COMPRESS_FROM: Bounded = bounded(1, MIB, 256);
pub(crate) const HEADER_BYTES: Bounded = bounded(4 * KIB, 64 * KIB, 16 * KIB);
pub(crate) const ORIGIN_BODY: Bounded = bounded(64 * KIB, 64 * MIB, 8 * MIB);

// Milliseconds.
pub(crate) const CLIENT_SILENCE: Bounded = bounded(SECOND, 10 * MINUTE, MINUTE);
pub(crate) const ORIGIN_CONNECT: Bounded = bounded(10, 30 * SECOND, 2 * SECOND);
pub(crate) const ORIGIN_FIRST_BYTE: Bounded = bounded(10, 2 * MINUTE, 10 * SECOND);
pub(crate) const ORIGIN_TIMEOUT: Bounded = bounded(10, 10 * MINUTE, 30 * SECOND);
pub(crate) const CANARY_AFTER: Bounded = bounded(SECOND, DAY, 30 * SECOND);
pub(crate) const EPOCH: Bounded = bounded(SECOND, 30 * DAY, DAY);
pub(crate) const NOTICE_LIFETIME: Bounded = bounded(DAY, 395 * DAY, 180 * DAY);
pub(crate) const HEURISTIC_MOST: Bounded = bounded(0, 365 * DAY, DAY);
pub(crate) const NEGATIVE: Bounded = bounded(0, DAY, 10 * SECOND);
pub(crate) const STALE_IF_ERROR: Bounded = bounded(0, 365 * DAY, DAY);
pub(crate) const FRESHNESS: Bounded = Bounded { least: SECOND, most: 30 * DAY, default: None };

// How long lists may be.
pub(crate) const MAX_LISTENERS: usize = 16;
pub(crate) const MAX_CERTIFICATES: usize = 256;
pub(crate) const MAX_TRUSTED_PROXIES: usize = 1_000;
pub(crate) const MAX_SITES: usize = 64;
pub(crate) const MAX_HOSTS: usize = 64;
pub(crate) const MAX_LISTED_VALUES: usize = 200;
pub(crate) const MAX_TOPIC_PATHS: usize = 64;
pub(crate) const MAX_OUTPUT_HOSTS: usize = 64;
pub(crate) const MAX_OUTPUT_HEADERS: usize = 32;
pub(crate) const MAX_PRICE_LIKE: usize = 64;
pub(crate) const MAX_OVERRIDERS: usize = 32;
pub(crate) const MAX_SHARE_ROWS: usize = 1_000;
pub(crate) const MAX_POLICY_FILES: usize = 64;
pub(crate) const MAX_PLUGINS: usize = 64;
pub(crate) const MAX_ROUTES: usize = 1_000;
pub(crate) const MAX_ROUTE_PLUGINS: usize = 8;
pub(crate) const MAX_QUERY: usize = 32;
pub(crate) const MAX_QUERY_VALUES: usize = 256;
pub(crate) const MAX_VOLATILE: usize = 8;
pub(crate) const MAX_LABELS: usize = 16;
pub(crate) const MAX_PURPOSES: usize = 8;

// How long texts may be, in bytes.
pub(crate) const MAX_PATH: usize = 1_024;
pub(crate) const MAX_PATTERN: usize = 256;
pub(crate) const MAX_COMPILED_PATTERN: usize = 256 << 10;
pub(crate) const MAX_QUERY_VALUE: usize = 256;
pub(crate) const MAX_ADDRESS: usize = 1_024;
pub(crate) const MAX_SHARES_FILE: u64 = 256 * KIB;
pub(crate) const MAX_WILDCARDS: usize = 8;
/// Of `sun_path` in unix(7), with room for the name under which a socket is made.
pub(crate) const MAX_SOCKET_PATH: usize = 100;

// How long a reason may be, in characters.
pub(crate) const REASON: std::ops::RangeInclusive<usize> = 20..=400;

// How large files may be, in bytes.
pub(crate) const MAX_CONFIGURATION_FILE: u64 = MIB;
pub(crate) const MAX_POLICY_FILE: u64 = 256 * KIB;
pub(crate) const MAX_RULE_FILE: u64 = MIB;
pub(crate) const MAX_COMPONENT_FILE: u64 = 16 * MIB;
pub(crate) const MAX_CA_FILE: u64 = MIB;
pub(crate) const MAX_TOKEN_FILE: u64 = 4 * KIB;
pub(crate) const MAX_PEM_FILE: u64 = 256 * KIB;
pub(crate) const MAX_GEO_FILE: u64 = GIB;
