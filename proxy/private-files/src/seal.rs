//! A seal that tells what this program has written from what others have put there: HMAC-SHA256 (RFC 2104)
//! under a random key that does not leave its folder.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a seal, which stands before what it seals.
pub const SEAL_BYTES: usize = 32;

/// The key of a folder's seals.
pub struct Seal([u8; KEY_BYTES]);

impl Seal {
    pub(crate) fn new(key: [u8; KEY_BYTES]) -> Self {
        Self(key)
    }

    /// What to write before `bytes`, to hold under this name alone.
    #[must_use]
    pub fn of(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        self.mac(name, bytes).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// What stands behind the seal, if that is whole.
    #[must_use]
    pub fn open(&self, name: &str, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let (seal, bytes) = sealed.split_at_checked(SEAL_BYTES)?;
        self.mac(name, bytes)?.verify_slice(seal).ok()?;
        sealed.drain(..SEAL_BYTES);
        Some(sealed)
    }

    /// A seal over these parts, one after another, to hold under this name alone. It may stand anywhere:
    /// [`Seal::holds`] is told of it.
    #[must_use]
    pub fn over(&self, name: &str, parts: &[&[u8]]) -> [u8; SEAL_BYTES] {
        self.mac_over(name, parts).map(|mac| mac.finalize().into_bytes().into()).unwrap_or_default()
    }

    /// Whether this is the seal over these parts under this name.
    #[must_use]
    pub fn holds(&self, name: &str, parts: &[&[u8]], seal: &[u8]) -> bool {
        self.mac_over(name, parts).is_some_and(|mac| mac.verify_slice(seal).is_ok())
    }

    fn mac(&self, name: &str, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        self.mac_over(name, &[bytes])
    }

    fn mac_over(&self, name: &str, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        // A key of any length is one; no error is to be had here.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(name.as_bytes());
        mac.update(&[0]);
        parts.iter().for_each(|part| mac.update(part));
        Some(mac)
    }
}
