//! The US Privacy string (IAB Tech Lab, "U.S. Privacy String", version 1.0): version, notice given,
//! opted out of sale, covered by the LSPA.

/// Whether it is well formed and does not object.
pub(super) fn is_silent(value: &[u8]) -> bool {
    let answer = |byte: u8| matches!(byte, b'Y' | b'N' | b'-');
    matches!(value, [b'1', notice, b'N' | b'-', covered] if answer(*notice) && answer(*covered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_and_everything_odd_objects() {
        for value in ["1YNN", "1YNY", "1---", "1NNN"] {
            assert!(is_silent(value.as_bytes()), "{value}");
        }
        for value in ["1YYN", "1NYY", "2YNN", "1yn-", "1YN", "1YNNN", "", "1Y\u{e9}"] {
            assert!(!is_silent(value.as_bytes()), "{value}");
        }
    }
}
