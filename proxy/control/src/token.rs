//! The secret that programs on other machines show.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use subtle::ConstantTimeEq as _;

/// How long a token may be, in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 16..=1_024;
/// May be read by everybody: of the bits of a file's mode.
const BY_EVERYBODY: u32 = 0o004;

/// A secret of the operator. No `Debug` and no getter: it is compared with, and that is all.
pub struct Token(Box<[u8]>);

/// A file that holds no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// It is no secret.
    #[error("everybody on this machine may read it: take that away and change the token")]
    Readable,
    /// It is too short, too long, or not plain text.
    #[error("a token has {} to {} printable ASCII characters", BYTES.start(), BYTES.end())]
    Unfit,
}

impl Token {
    /// Reads a token from a file that holds it, and at most blanks around it.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let mut file = std::fs::File::open(path)?;
        if file.metadata()?.mode() & BY_EVERYBODY != 0 {
            return Err(TokenError::Readable);
        }
        let mut bytes = Vec::new();
        // What a larger file holds is none.
        file.by_ref().take(4 * *BYTES.end() as u64).read_to_end(&mut bytes)?;
        Self::new(bytes.trim_ascii()).ok_or(TokenError::Unfit)
    }

    fn new(bytes: &[u8]) -> Option<Self> {
        let fits = BYTES.contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        fits.then(|| Self(bytes.into()))
    }

    /// Whether the value of `Authorization` shows it (RFC 6750 §2.1). Takes the same time for every wrong token of its
    /// length.
    #[must_use]
    pub(crate) fn is_shown_by(&self, authorization: &[u8]) -> bool {
        const SCHEME: &[u8] = b"bearer ";
        let Some((scheme, shown)) = authorization.split_at_checked(SCHEME.len()) else { return false };
        scheme.eq_ignore_ascii_case(SCHEME) && bool::from(shown.trim_ascii().ct_eq(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_token_itself_is_shown() {
        let token = Token::new(b"0123456789abcdef").unwrap();
        for (field, shown) in [
            ("Bearer 0123456789abcdef", true),
            ("bearer  0123456789abcdef ", true),
            ("Bearer 0123456789abcdeF", false),
            ("Bearer 0123456789abcde", false),
            ("Bearer 0123456789abcdef0", false),
            ("Basic 0123456789abcdef", false),
            ("0123456789abcdef", false),
            ("Bearer", false),
            ("", false),
        ] {
            assert_eq!(token.is_shown_by(field.as_bytes()), shown, "{field}");
        }
    }

    #[test]
    fn a_file_that_everybody_may_read_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        assert!(matches!(Token::read(&path), Err(TokenError::File(_))));
        let written = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Token::read(&path)
        };
        assert!(written(" 0123456789abcdef\n", 0o640).is_ok_and(|token| token.is_shown_by(b"Bearer 0123456789abcdef")));
        assert!(matches!(written("0123456789abcdef", 0o644), Err(TokenError::Readable)));
        for text in ["", "short", "0123456789 abcdef", &"a".repeat(1_025), &"a".repeat(10_000)] {
            assert!(matches!(written(text, 0o600), Err(TokenError::Unfit)), "{text}");
        }
    }
}
