//! Made-up visitors: a browser, a network, cookies, a way to the site. Every one is distinct, and
//! the same number makes the same visitor.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cloakroom_demo::DemoGeo;

use crate::Failure;
use crate::browsers::{Browser, browsers};

/// The host that is asked for.
pub const HOST: &str = "leak.test";

/// Where visitors are from and what most there speak, with their shares in a hundred.
const HOMES: [(&str, &str, u64); 7] = [
    ("FR", "fr", 30),
    ("DE", "de", 20),
    ("US", "en", 20),
    ("GB", "en", 10),
    ("JP", "ja", 5),
    ("BR", "pt", 5),
    // In no country database.
    ("", "it", 10),
];

/// Where visitors come from, with the parameters that such links have; `#` is for the visitor's own.
const WAYS: [(&str, &str); 7] = [
    ("", ""),
    ("https://www.google.com/", "gclid=Cj0KCQjw#&gad_source=1"),
    ("https://l.facebook.com/", "fbclid=IwAR#&utm_source=facebook&utm_medium=paid"),
    ("https://mail.google.com/", "utm_source=newsletter&utm_medium=email&utm_campaign=spring&mc_eid=#"),
    ("https://www.bing.com/", "msclkid=#"),
    ("https://news.example/articles/#?ref=#", "utm_campaign=spring&utm_content=#"),
    ("https://leak.test/account/#", "_gl=1*#*_ga*#"),
];

/// A deterministic stream of numbers (SplitMix64 of Steele, Lea and Flood, 2014).
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    fn one_in(&mut self, often: u64) -> bool {
        self.below(often) == 0
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u64 + 1);
            list.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }
}

/// A visitor.
pub struct Identity {
    /// Position among all.
    pub number: u32,
    /// The network address, as the trusted proxy in front tells it.
    pub address: IpAddr,
    /// Sends `Sec-GPC: 1`.
    pub gpc: bool,
    /// All header fields, each line with its end.
    pub fields: String,
    /// Parameters of the link that was followed.
    pub tracking: String,
    /// What no other visitor has: 16 hexadecimal digits, in cookies and parameters.
    pub own: String,
}

/// So many visitors; the first ones are the same for every `count`.
///
/// # Errors
/// When the file of browsers cannot be read.
pub fn identities(count: u32) -> Result<Vec<Identity>, Failure> {
    let browsers = browsers()?;
    (0..count).map(|number| identity(number, &browsers)).collect()
}

fn identity(number: u32, browsers: &[Browser]) -> Result<Identity, Failure> {
    let mut random = Random::new(u64::from(number) << 20);
    let own = format!("{:016x}", random.bits());
    let (country, spoken) = home(random.below(100));
    let alike = |browser: &&Browser| random_language(number) || browser.language() == spoken;
    let fitting: Vec<_> = browsers.iter().filter(alike).collect();
    let at = usize::try_from(random.below(fitting.len() as u64))?;
    let browser = *fitting.get(at).ok_or("no browser speaks this language")?;
    let address = DemoGeo::address_for(country, number).unwrap_or_else(|| elsewhere(number));
    let (referer, tracking) = WAYS.get(usize::try_from(random.below(7))?).copied().unwrap_or_default();
    let gpc = random.one_in(10);
    let mut fields = vec![("Host", HOST.to_owned()), ("X-Forwarded-For", address.to_string())];
    fields.extend(browser.fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
    if !referer.is_empty() {
        fields.push(("Referer", referer.replace('#', &own)));
    }
    fields.push(("Cookie", cookies(&mut random, &own)));
    if gpc {
        fields.push(("Sec-GPC", "1".to_owned()));
    }
    fields.extend(oddities(&mut random, &own));
    let lines = fields.into_iter().map(|(name, value)| {
        let name = if browser.is_lower_case() { name.to_ascii_lowercase() } else { name.to_owned() };
        format!("{name}: {value}\r\n")
    });
    Ok(Identity { number, address, gpc, fields: lines.collect(), tracking: tracking.replace('#', &own), own })
}

/// One in four speaks what others there do not.
fn random_language(number: u32) -> bool {
    number.wrapping_mul(0x9e37_79b1) >> 30 == 0
}

fn home(mut share: u64) -> (&'static str, &'static str) {
    for (country, spoken, part) in HOMES {
        if share < part {
            return (country, spoken);
        }
        share -= part;
    }
    ("", "it")
}

/// Networks for documentation that no database knows (RFC 5737, RFC 9637).
fn elsewhere(number: u32) -> IpAddr {
    let [_, high, middle, low] = number.to_be_bytes();
    if number.is_multiple_of(3) {
        return IpAddr::V4(Ipv4Addr::new(203, 0, 113, low));
    }
    IpAddr::V6(Ipv6Addr::from(
        (0x3fff_u128 << 112) | (u128::from(u32::from_be_bytes([0, high, middle, low])) << 80) | 7,
    ))
}

fn cookies(random: &mut Random, own: &str) -> String {
    let since = 1_700_000_000 + random.below(60_000_000);
    let mut jar = vec![
        format!("_ga=GA1.1.{}.{since}", random.below(2_000_000_000)),
        format!("_fbp=fb.1.{since}.{}", random.below(10_000_000_000)),
        format!("sid={own}"),
        format!("theme={}", if random.one_in(2) { "dark" } else { "light" }),
    ];
    if random.one_in(3) {
        jar.push(format!("remember_me={own}.{:x}", random.bits()));
    }
    let said = match random.below(10) {
        0 => Some("none"),
        1 => None,
        2 => Some("personalization"),
        _ => Some("all"),
    };
    jar.extend(said.map(|said| format!("cloakroom_consent={said}")));
    random.shuffle(&mut jar);
    jar.join("; ")
}

/// Fields that only some send: most of them tell one visitor from all others.
fn oddities(random: &mut Random, own: &str) -> Vec<(&'static str, String)> {
    let all = [
        (5, "DNT", "1".to_owned()),
        (6, "If-None-Match", format!("\"{own}\"")),
        (12, "Authorization", format!("Bearer {own}")),
        (9, "X-Requested-With", "com.example.browser".to_owned()),
        (5, "Cache-Control", "max-age=0".to_owned()),
        (8, "X-Client-Data", format!("CI{own}")),
        (15, "Via", format!("1.1 proxy-{own}")),
        (20, "Traceparent", format!("00-{own}{own}-{own}-01")),
        (10, "Save-Data", "on".to_owned()),
    ];
    all.into_iter()
        .filter(|(often, ..)| random.one_in(*often))
        .map(|(_, name, value)| (name, value))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn thousands_are_distinct_and_the_same_each_time() {
        let (all, again) = (identities(3_000).unwrap(), identities(500).unwrap());
        let fields: HashSet<_> = all.iter().map(|identity| &identity.fields).collect();
        let owns: HashSet<_> = all.iter().map(|identity| &identity.own).collect();
        assert_eq!((fields.len(), owns.len()), (3_000, 3_000));
        assert!(all.iter().zip(&again).all(|(one, other)| one.fields == other.fields));
        let prefixes: HashSet<_> = all
            .iter()
            .map(|identity| match identity.address {
                IpAddr::V4(address) => u128::from(u32::from(address) >> 8),
                IpAddr::V6(address) => u128::from(address) >> 80,
            })
            .collect();
        assert!(prefixes.len() > 2_000, "{} networks", prefixes.len());
        assert!(all.iter().filter(|identity| identity.address.is_ipv4()).count() > 500);
    }

    #[test]
    fn a_shuffled_list_has_the_same_members() {
        let mut list: Vec<_> = (0..100).collect();
        Random::new(7).shuffle(&mut list);
        assert_ne!(list, (0..100).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
    }
}
