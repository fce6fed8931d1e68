//! Tokens that let a crowd be counted without storing who is in it.
//!
//! The network prefix enters a keyed hash and 12 bits come out: too few to tell prefixes apart,
//! enough to count them. Key and counts die together at the end of an epoch.

use std::net::IpAddr;

use siphasher::sip::SipHasher13;

/// Mask of the 12 bits that a token has.
const SLOT_MASK: u64 = 0xfff;

/// The secret of one epoch. Lives in memory alone.
pub struct TokenKey(SipHasher13);

impl TokenKey {
    /// A new key of 128 random bits.
    #[must_use]
    pub fn random() -> Self {
        Self(SipHasher13::new_with_keys(rand::random(), rand::random()))
    }

    /// The token of the prefix (/24 or /48) that an address belongs to. All clients whose address
    /// cannot be told share one token.
    pub(crate) fn token(&self, address: Option<IpAddr>) -> Token {
        let hash = match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                self.0.hash(&[4, a, b, c])
            }
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, ..] = address.octets();
                self.0.hash(&[6, a, b, c, d, e, f])
            }
            None => self.0.hash(&[0]),
        };
        Token(u16::try_from(hash & SLOT_MASK).unwrap_or(0))
    }
}

/// A keyed 12-bit hash of a network prefix.
pub struct Token(u16);

impl Token {
    /// The token of requests whose address was not read.
    pub(crate) const UNREAD: Self = Self(0);

    /// The slot of the crowd's bitmap, below 4,096.
    #[must_use]
    pub fn slot(&self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(key: &TokenKey, address: &str) -> u16 {
        key.token(Some(address.parse().unwrap())).slot()
    }

    #[test]
    fn a_prefix_has_one_token_and_prefixes_spread() {
        let key = TokenKey::random();
        assert_eq!(slot(&key, "198.18.7.1"), slot(&key, "198.18.7.254"));
        assert_eq!(slot(&key, "198.18.7.1"), slot(&key, "::ffff:198.18.7.9"));
        assert_eq!(slot(&key, "2001:db8:1:2::1"), slot(&key, "2001:db8:1:ffff::9"));
        let slots: std::collections::BTreeSet<_> =
            (0..=255_u8).map(|third| slot(&key, &format!("198.18.{third}.1"))).collect();
        assert!(slots.len() > 200, "{} different slots", slots.len());
        assert!(slots.iter().all(|slot| *slot < 4_096));
    }

    #[test]
    fn another_key_gives_other_tokens() {
        let (one, two) = (TokenKey::random(), TokenKey::random());
        let same = (0..=255_u8)
            .filter(|third| {
                let address = format!("198.18.{third}.1");
                slot(&one, &address) == slot(&two, &address)
            })
            .count();
        assert!(same < 16, "{same} of 256 tokens are the same under two keys");
    }
}
