//! How visitors ask, and what they are due.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use cloakroom_demo::DemoGeo;

use crate::client::{PHONE, Visitor};
use crate::page::{Key, PATHS, Variant, is_personalized};
use crate::reply::Reply;
use crate::shop::CROWD;
use crate::steps::{Visit, Who, Wish};

impl Who {
    /// What they are shown in the slot.
    pub fn variant(self, path: &str) -> Variant {
        match self {
            Self::French if is_personalized(path) => Variant::France,
            Self::InSpring if is_personalized(path) => Variant::Spring,
            _ => Variant::Plain,
        }
    }

    /// What the origin is asked for on their behalf.
    pub fn key(self, path: &str) -> Key {
        let told = match self {
            Self::French | Self::InSpring if path.starts_with("/l/") => Some("fr"),
            Self::German if path.starts_with("/l/") => Some("en"),
            _ => None,
        };
        Key { path: path.to_owned(), gpc: self == Self::OptedOut, told }
    }

    fn fields(self) -> [(&'static str, &'static str); 3] {
        let cookie =
            if self == Self::Nobody { "visitor=canary" } else { "cloakroom_consent=all; visitor=canary" };
        let language = if self == Self::German { "en" } else { "fr-FR, fr;q=0.9" };
        [("Cookie", cookie), ("User-Agent", PHONE), ("Accept-Language", language)]
    }

    /// Asks for nothing yet.
    pub fn asking(self) -> Visitor {
        self.visitor("/", 0)
    }

    /// Asks for a path, coming from the `number`th network.
    fn visitor(self, path: &str, number: u32) -> Visitor {
        let query = if self == Self::InSpring { "?utm_campaign=spring&visitor=canary" } else { "" };
        let country = if self == Self::German { "DE" } else { "FR" };
        let address = DemoGeo::address_for(country, number).unwrap().to_string();
        let mut visitor = Visitor::new(&format!("{path}{query}")).with("X-Forwarded-For", address);
        for (name, value) in self.fields() {
            visitor = visitor.with(name, value);
        }
        if self == Self::OptedOut { visitor.with("Sec-GPC", "1") } else { visitor }
    }
}

impl Visit {
    pub fn path(&self) -> &'static str {
        PATHS[self.path]
    }

    /// The request; `seen` are the tags that were seen under its path, the last one last.
    pub fn visitor(&self, seen: &[String]) -> Visitor {
        let back = |count: &usize| seen.iter().rev().nth(*count).cloned().unwrap_or("\"never-seen\"".into());
        let visitor = self.who.visitor(self.path(), self.path as u32);
        let mut visitor = match &self.wish {
            Wish::Whole | Wish::Head => visitor,
            Wish::Unlike(counts) => {
                visitor.with("If-None-Match", counts.iter().map(back).collect::<Vec<_>>().join(", "))
            }
            Wish::UnlessAny => visitor.with("If-None-Match", "*"),
            Wish::Range(range) => visitor.with("Range", range),
            Wish::RangeOf(range, count) => visitor.with("Range", range).with("If-Range", back(count)),
            Wish::OnlyIfCached => visitor.with("Cache-Control", "only-if-cached"),
        };
        if matches!(self.wish, Wish::Head) {
            visitor.method = "HEAD".into();
        }
        if let Some(coding) = self.coding {
            visitor = visitor.with("Accept-Encoding", coding);
        }
        // A field about framing is nothing that the door reads by itself.
        if self.longer_way { visitor.with("Content-Length", "0") } else { visitor }
    }
}

/// Enough of each kind of visitor to be told apart, for as long as this lives.
pub struct Crowd(Arc<AtomicBool>);

/// Networks that visitors of a kind come from.
const NETWORKS: u32 = 16;

impl Crowd {
    pub fn gather(proxy: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                for number in 0..NETWORKS {
                    for who in [Who::French, Who::InSpring, Who::German] {
                        for path in ["/p/", "/l/"] {
                            let visitor = who.visitor(&format!("{path}{CROWD}"), number);
                            if Reply::to(&visitor, proxy).is_err() {
                                // The world has ended.
                                return;
                            }
                        }
                    }
                    std::thread::sleep(Duration::from_millis(25));
                }
            }
        });
        Self(stop)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
