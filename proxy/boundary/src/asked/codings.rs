//! Content codings, and which of them a client would rather have (RFC 9110 §8.4.1, §12.5.3).

use std::cmp::Reverse;

use cloakroom_vocabulary::Coding;

use crate::weight::weight;

/// The most bytes of `Accept-Encoding` that are read, over all lines.
const MAX_BYTES: usize = 512;
/// The most codings of it that are read.
const MAX_MEMBERS: usize = 32;
/// What nearly all browsers send: known at sight, since every request pays for reading it.
const FROM_BROWSERS: &[u8] = b"gzip, deflate, br, zstd";
/// What plain bytes weigh for a client that does not speak of them: they are welcome, but less so than
/// anything that it names. Other weights are doubled thousandths.
const UNSAID_IDENTITY: u16 = 1;

/// In which order a client likes the forms of an answer. Of the weights that it gave nothing else is kept:
/// how much more it likes one could tell it from others, and decides nothing.
#[derive(Clone, Copy)]
pub struct Codings {
    /// 0 for what it will not have; else more is better, 4 at most.
    brotli: u8,
    zstd: u8,
    gzip: u8,
    identity: u8,
}

impl Default for Codings {
    /// Plain bytes alone, which is what is sent to a client that says nothing. It would have to take any
    /// coding (RFC 9110 §12.5.3), but those who say nothing often cannot.
    fn default() -> Self {
        Self { brotli: 0, zstd: 0, gzip: 0, identity: 1 }
    }
}

impl Codings {
    /// What [`FROM_BROWSERS`] says.
    const OF_BROWSERS: Self = Self { brotli: 2, zstd: 2, gzip: 2, identity: 1 };

    /// The form to send: a coding, or `None` for plain bytes. `identity` is their size in bytes, and `size`
    /// that of each coded form, `None` where there is none. The best liked is taken, of equally liked ones the
    /// smallest, and of equal sizes the first of [`Coding::ALL`] before plain bytes; who knows no sizes gives
    /// the same for all. Where a client will have none of what there is, it is sent plain bytes: never a 406,
    /// which would help nobody (RFC 9110 §12.5.3 leaves the choice).
    #[must_use]
    pub fn best(self, identity: usize, size: impl Fn(Coding) -> Option<usize>) -> Option<Coding> {
        let coded = Coding::ALL.into_iter().filter_map(|coding| Some((Some(coding), size(coding)?)));
        let liked = coded.chain([(None, identity)]).filter(|(form, _)| self.rank(*form) > 0);
        liked.min_by_key(|(form, size)| (Reverse(self.rank(*form)), *size)).and_then(|(form, _)| form)
    }

    /// Whether only plain bytes are welcome, so that nothing has to be chosen.
    #[must_use]
    pub fn is_identity_only(self) -> bool {
        (self.brotli, self.zstd, self.gzip) == (0, 0, 0)
    }

    fn rank(self, form: Option<Coding>) -> u8 {
        match form {
            Some(Coding::Brotli) => self.brotli,
            Some(Coding::Zstd) => self.zstd,
            Some(Coding::Gzip) => self.gzip,
            None => self.identity,
        }
    }

    /// Reads the lines of `Accept-Encoding`. Of a coding that is named twice the first weight counts; a member
    /// that cannot be read is passed over.
    pub(super) fn read<'l>(mut lines: impl Iterator<Item = &'l [u8]>) -> Self {
        let (first, second) = (lines.next(), lines.next());
        if (first, second) == (Some(FROM_BROWSERS), None) {
            return Self::OF_BROWSERS;
        }
        let mut named = Named::default();
        let (mut bytes, mut members) = (MAX_BYTES, MAX_MEMBERS);
        for line in first.into_iter().chain(second).chain(lines) {
            let read = line.get(..bytes).unwrap_or(line);
            bytes -= read.len();
            for member in read.split(|byte| *byte == b',').take(members) {
                members -= 1;
                named.add(member);
            }
        }
        named.ranked()
    }
}

/// The weights that a client gave.
#[derive(Default)]
struct Named {
    brotli: Option<u16>,
    zstd: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    /// `*`: of whatever is not named.
    others: Option<u16>,
}

impl Named {
    fn add(&mut self, member: &[u8]) {
        let mut parts = member.split(|byte| *byte == b';');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let place = match name {
            b"br" => &mut self.brotli,
            b"zstd" => &mut self.zstd,
            b"gzip" => &mut self.gzip,
            b"*" => &mut self.others,
            // Names are the same in upper case (RFC 9110 §8.4.1), and gzip has two (§8.4.1.3).
            _ if name.eq_ignore_ascii_case(b"identity") => &mut self.identity,
            _ if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => &mut self.gzip,
            _ if name.eq_ignore_ascii_case(b"br") => &mut self.brotli,
            _ if name.eq_ignore_ascii_case(b"zstd") => &mut self.zstd,
            _ => return,
        };
        let weight = match parts.next() {
            None => Some(1_000),
            Some(parameter) => weight(parameter.trim_ascii()),
        };
        if let (Some(weight), None) = (weight, parts.next()) {
            place.get_or_insert(weight * 2);
        }
    }

    fn ranked(self) -> Codings {
        let coded = |named: Option<u16>| named.or(self.others).unwrap_or(0);
        let identity = self.identity.or(self.others).unwrap_or(UNSAID_IDENTITY);
        let weights = [coded(self.brotli), coded(self.zstd), coded(self.gzip), identity];
        let [brotli, zstd, gzip, identity] = weights.map(|own| {
            let below = weights.iter().map(|other| u8::from((1..own).contains(other))).sum::<u8>();
            if own == 0 { 0 } else { below + 1 }
        });
        Codings { brotli, zstd, gzip, identity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent when all forms are there and of one size.
    fn sent(lines: &[&str]) -> &'static str {
        let codings = Codings::read(lines.iter().map(|line| line.as_bytes()));
        codings.best(1, |_| Some(1)).map_or("identity", Coding::name)
    }

    #[test]
    fn weights_decide_as_rfc_9110_12_5_3_says() {
        let rows: &[(&[&str], &str)] = &[
            // Without the field; empty, which is identity alone.
            (&[], "identity"),
            (&[""], "identity"),
            (&[" , ,"], "identity"),
            // What browsers say.
            (&["gzip, deflate, br, zstd"], "br"),
            (&["gzip, deflate, br"], "br"),
            (&["gzip, deflate, zstd"], "zstd"),
            (&["gzip, deflate"], "gzip"),
            (&["deflate"], "identity"),
            // The RFC's own examples.
            (&["compress, gzip"], "gzip"),
            (&["*"], "br"),
            (&["compress;q=0.5, gzip;q=1.0"], "gzip"),
            (&["gzip;q=1.0, identity; q=0.5, *;q=0"], "gzip"),
            // The highest weight that is not 0 wins.
            (&["br;q=0.5, gzip;q=0.8"], "gzip"),
            (&["br;q=0.5", "gzip;q=0.8"], "gzip"),
            (&["br;q=0.123, zstd;q=0.124"], "zstd"),
            (&["br;q=0, gzip"], "gzip"),
            (&["br;q=0.000"], "identity"),
            (&["identity, gzip;q=0.5"], "identity"),
            (&["identity;q=0.5, gzip;q=0.5"], "gzip"),
            (&["gzip;q=0.001"], "gzip"),
            // `*` is every form that is not named, plain bytes too.
            (&["br;q=0, *"], "zstd"),
            (&["br;q=0, zstd;q=0, *;q=0.3"], "gzip"),
            (&["gzip;q=0.5, *;q=0.6"], "br"),
            (&["*;q=0.5, identity"], "identity"),
            // Nothing that there is will do: plain bytes, never a 406.
            (&["*;q=0"], "identity"),
            (&["identity;q=0"], "identity"),
            (&["br;q=0, zstd;q=0, gzip;q=0, identity;q=0"], "identity"),
            (&["identity;q=0, gzip;q=0.1"], "gzip"),
            // Other spellings (§8.4.1, §8.4.1.3, §12.4.2).
            (&["GZIP"], "gzip"),
            (&["x-gzip"], "gzip"),
            (&["X-Gzip;Q=0.5"], "gzip"),
            (&["Br"], "br"),
            (&["ZSTD ; q=1.000"], "zstd"),
            (&["Identity, gzip;q=0.9"], "identity"),
            // The first weight counts.
            (&["gzip;q=0, gzip"], "identity"),
            (&["x-gzip, gzip;q=0"], "gzip"),
        ];
        for (lines, wanted) in rows {
            assert_eq!(sent(lines), *wanted, "{lines:?}");
        }
    }

    #[test]
    fn members_that_cannot_be_read_are_passed_over() {
        for member in [
            "gzip;q=1.1",
            "gzip;q=-1",
            "gzip;q=",
            "gzip;q",
            "gzip;q=0.1234",
            "gzip;level=9",
            "gzip;q=1;x",
            "g zip",
            "gzipx",
            "\"gzip\"",
            ";q=1",
        ] {
            assert_eq!(sent(&[member]), "identity", "{member}");
            assert_eq!(sent(&[&format!("{member}, zstd")]), "zstd", "{member}");
        }
    }

    #[test]
    fn of_equally_liked_forms_the_smallest_is_sent() {
        let all = Codings::read([&b"gzip, br, zstd"[..]].into_iter());
        let sizes = |brotli, zstd, gzip| {
            move |coding| match coding {
                Coding::Brotli => brotli,
                Coding::Zstd => zstd,
                Coding::Gzip => gzip,
            }
        };
        assert_eq!(all.best(9, sizes(Some(3), Some(2), Some(4))), Some(Coding::Zstd));
        assert_eq!(all.best(9, sizes(Some(3), Some(3), Some(3))), Some(Coding::Brotli));
        assert_eq!(all.best(9, sizes(None, Some(3), Some(3))), Some(Coding::Zstd));
        assert_eq!(all.best(9, sizes(None, None, Some(3))), Some(Coding::Gzip));
        assert_eq!(all.best(9, sizes(None, None, None)), None);
        let any = Codings::read([&b"*"[..]].into_iter());
        assert_eq!(any.best(2, sizes(Some(3), Some(4), Some(5))), None);
        let gzip = Codings::read([&b"gzip;q=0.9, br;q=0.8"[..]].into_iter());
        assert_eq!(gzip.best(9, sizes(Some(3), None, Some(4))), Some(Coding::Gzip));
        assert_eq!(gzip.best(9, sizes(Some(3), None, None)), Some(Coding::Brotli));
        assert!(Codings::default().is_identity_only() && !gzip.is_identity_only());
    }

    #[test]
    fn absurd_lengths_are_cut() {
        assert_eq!(sent(&[&format!("{}gzip", "x,".repeat(MAX_MEMBERS - 1))]), "gzip");
        assert_eq!(sent(&[&format!("{}gzip", "x,".repeat(MAX_MEMBERS))]), "identity");
        let long = "x".repeat(MAX_BYTES);
        assert_eq!(sent(&[&format!("{long},gzip")]), "identity");
        assert_eq!(sent(&[&long, "gzip"]), "identity");
    }

    #[test]
    fn what_is_kept_is_four_bytes_and_an_order() {
        assert_eq!(size_of::<Codings>(), 4);
        let kept = |line: &str| {
            let Codings { brotli, zstd, gzip, identity } = Codings::read([line.as_bytes()].into_iter());
            [brotli, zstd, gzip, identity]
        };
        assert_eq!(kept("br;q=0.9, gzip;q=0.8"), kept("br;q=0.337, gzip;q=0.336"));
        assert_eq!(kept("br;q=0.9, zstd;q=0.8, gzip;q=0.7"), [4, 3, 2, 1]);
        let known = std::str::from_utf8(FROM_BROWSERS).unwrap();
        assert_eq!(kept(known), kept(&format!("{known},")));
    }
}
