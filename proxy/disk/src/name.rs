//! Names of records: 128 bits that say nothing, and the file that each stands for.

use std::fmt;

/// Hexadecimal digits of a name.
const DIGITS: usize = 32;

/// The name of a record, made by [`Disk::name`](crate::Disk::name).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Name(u128);

impl Name {
    /// Of the first bytes of a seal.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().take(DIGITS / 2).fold(0, |name, byte| name << 8 | u128::from(*byte)))
    }

    /// The name of a file that is called so.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        let digits = file.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits && file.len() == DIGITS).then(|| u128::from_str_radix(file, 16).ok().map(Self))?
    }

    /// The folder that its file is in: one of 256.
    pub(crate) fn folder(self) -> u8 {
        (self.0 >> 120) as u8
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_nothing_else_is_one() {
        let name = Name::of(&[0x0a, 0, 0xff, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
        assert_eq!(name.to_string(), "0a00ff0405060708090a0b0c0d0e0f10");
        assert_eq!(Name::parse(&name.to_string()), Some(name));
        assert_eq!(name.folder(), 0x0a);
        let upper = name.to_string().to_uppercase();
        let signed = format!("+{}", &name.to_string()[1..]);
        for other in ["", "0a", "lock", &upper, &signed, &format!("{name}0"), &format!("{name}.new")] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }
}
