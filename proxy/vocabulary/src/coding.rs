//! The content codings that stored bodies are sent in: a closed list, for those who read what a client
//! accepts and for those who compress.

/// A content coding (RFC 9110 §8.4.1) that bodies are compressed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878), with a window of at most 8 MiB (RFC 9659).
    Zstd,
    /// gzip (RFC 1952).
    Gzip,
}

impl Coding {
    /// How many there are.
    pub const COUNT: usize = 3;

    /// All of them, in the order of their discriminants: of what a client likes alike, the first is likely
    /// the smallest.
    pub const ALL: [Self; Self::COUNT] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Its name in `Accept-Encoding`, `Content-Encoding` and the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The coding of that name, in any case (RFC 9110 §8.4.1); `x-gzip` is gzip.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("x-gzip") {
            return Some(Self::Gzip);
        }
        Self::ALL.into_iter().find(|coding| coding.name().eq_ignore_ascii_case(name))
    }

    /// Position in arrays of length [`Coding::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Coding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_positions_lead_back() {
        for (at, coding) in Coding::ALL.into_iter().enumerate() {
            assert_eq!(coding.index(), at);
            assert_eq!(Coding::from_name(coding.name()), Some(coding));
            assert_eq!(Coding::from_name(&coding.name().to_uppercase()), Some(coding));
        }
        assert_eq!(Coding::from_name("X-GZIP"), Some(Coding::Gzip));
        for other in ["", "identity", "deflate", "compress", "*", "br "] {
            assert_eq!(Coding::from_name(other), None, "{other}");
        }
    }
}
