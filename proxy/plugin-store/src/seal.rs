//! A seal that tells what this store has written from what others have put there: HMAC-SHA256 (RFC 2104)
//! under a random key that does not leave the store.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::StoreError;
use crate::files::Folder;

const KEY_FILE: &str = "seal.key";
const KEY_BYTES: usize = 32;
const SEAL_BYTES: usize = 32;

pub(crate) struct Seal([u8; KEY_BYTES]);

impl Seal {
    /// The store's key; `None` if it has none, or one that is damaged.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>, StoreError> {
        let bytes = folder.read(KEY_FILE, 1024)?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Self))
    }

    /// The store's key, which is made if there is none. What was sealed under a lost one is made anew.
    pub(crate) fn of(folder: &Folder) -> Result<Self, StoreError> {
        if let Some(seal) = Self::read(folder)? {
            return Ok(seal);
        }
        let key: [u8; KEY_BYTES] = rand::random();
        folder.write(KEY_FILE, &key)?;
        Ok(Self(key))
    }

    /// `record` behind a seal that holds under this name alone.
    pub(crate) fn close(&self, name: &str, record: &[u8]) -> Vec<u8> {
        let Some(mac) = self.mac(name, record) else { return Vec::new() };
        let mut sealed = mac.finalize().into_bytes().to_vec();
        sealed.extend_from_slice(record);
        sealed
    }

    /// What stands behind the seal, if that is whole.
    pub(crate) fn open<'s>(&self, name: &str, sealed: &'s [u8]) -> Option<&'s [u8]> {
        let (seal, record) = sealed.split_at_checked(SEAL_BYTES)?;
        self.mac(name, record)?.verify_slice(seal).ok().map(|()| record)
    }

    fn mac(&self, name: &str, record: &[u8]) -> Option<Hmac<Sha256>> {
        // A key of any length is one; no error is to be had here.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(name.as_bytes());
        mac.update(&[0]);
        mac.update(record);
        Some(mac)
    }
}
