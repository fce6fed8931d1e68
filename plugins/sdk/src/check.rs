//! What can be wrong with a declaration, found while it is compiled.

/// The contract's names of signals.
const SIGNALS: [&str; 12] = [
    "country",
    "device",
    "language",
    "referrer",
    "campaign",
    "daypart",
    "os",
    "weekpart",
    "save_data",
    "color_scheme",
    "visit",
    "interest",
];

/// Fails to compile unless the name is one of the closed vocabulary.
pub const fn signal(name: &str) {
    let mut known = false;
    let mut rest: &[&str] = &SIGNALS;
    while let [first, others @ ..] = rest {
        known = known || same(first, name);
        rest = others;
    }
    assert!(known, "there is no signal of this name: see the closed vocabulary");
}

/// Fails to compile unless there are at most 4 signals, and at most 250,000 cells.
pub const fn domain(signals: &[usize], ranges: usize) {
    assert!(signals.len() <= 4, "a plugin may see at most 4 signals beside `bucket`");
    let mut cells = ranges + 1;
    let mut rest = signals;
    while let [values, others @ ..] = rest {
        assert!(*values <= 250, "a signal has at most 250 values");
        cells *= *values + 2;
        rest = others;
    }
    assert!(cells <= 250_000, "the signals have more than 250,000 combinations");
}

/// Fails to compile unless there are 1 to 8 slots of 1 to 64 variants, at most 1,000 combinations.
pub const fn slots(slots: &[usize]) {
    assert!(slots.len() <= 8, "a plugin has at most 8 slots");
    let mut choices = 1;
    let mut rest = slots;
    while let [variants, others @ ..] = rest {
        assert!(*variants <= 64, "a slot has at most 64 variants");
        choices *= *variants;
        assert!(choices <= 1_000, "the slots have more than 1,000 combinations of variants");
        rest = others;
    }
}

/// Fails to compile unless there are 2 to 100 ranges that add up to 100.
pub const fn bucket(widths: &[u8]) {
    assert!(widths.len() >= 2, "`bucket` is split into at least 2 ranges");
    let mut sum = 0_u32;
    let mut rest = widths;
    while let [width, others @ ..] = rest {
        assert!(*width > 0, "a range of `bucket` is at least 1 wide");
        sum += *width as u32;
        rest = others;
    }
    assert!(sum == 100, "the ranges of `bucket` have to add up to 100");
}

/// Fails to compile unless the name is 1 to 64 of a-z, 0-9 and `-`.
pub const fn name(name: &str) {
    let mut rest = name.as_bytes();
    assert!(!rest.is_empty() && rest.len() <= 64, "a name has 1 to 64 characters");
    while let [byte, others @ ..] = rest {
        assert!(matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'), "a name is made of a-z, 0-9 and `-`");
        rest = others;
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let ([one, lefts @ ..], [other, rights @ ..]) = (left, right) {
        if *one != *other {
            return false;
        }
        (left, right) = (lefts, rights);
    }
    left.is_empty() && right.is_empty()
}
