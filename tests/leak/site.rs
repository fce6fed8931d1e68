//! The site that is put behind Cloakroom, and its routes: one of each kind that could leak.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cloakroom_demo::DemoGeo;

use crate::{Failure, HOST, Identity};

/// A page that every visitor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its path as the site writes it.
    pub path: &'static str,
    /// The origin is told the variant: `Cloakroom-Variant` and `Accept-Language`.
    pub tells: bool,
    /// The site lists the parameter `page`.
    pub paged: bool,
}

/// All that are measured. There is a passthrough route besides, `/account/*`, which carries identity.
pub const ROUTES: [Route; 6] = [
    // Personalized by edits; fetched again for each visitor, since nothing may be reused.
    Route { path: "/", tells: false, paged: true },
    // Personalized by the origin, which is told all that it may ever be told.
    Route { path: "/told", tells: true, paged: false },
    // Personalized and revalidated: each visitor causes a conditional request.
    Route { path: "/kept", tells: false, paged: false },
    // Personalized and cached: misses alone reach the origin.
    Route { path: "/cached", tells: false, paged: false },
    Route { path: "/plain", tells: false, paged: true },
    // Declared by no route.
    Route { path: "/news/today", tells: false, paged: false },
];

const SITE: &str = r#"
[signals]
country = ["FR", "DE", "US"]
language = ["fr", "de", "en"]
campaign = { parameter = "utm_campaign", values = ["spring"] }
[[plugin]]
name = "greet"
file = "greet.toml"
[[plugin]]
name = "told"
file = "told.toml"
[[plugin]]
name = "speak"
file = "speak.toml"
[[route]]
path = "/"
mode = "personalize"
plugins = ["greet"]
query = ["page"]
[[route]]
path = "/told"
mode = "personalize"
plugins = ["told", "speak"]
origin_sees = ["language"]
[[route]]
path = "/kept"
mode = "personalize"
plugins = ["greet"]
[[route]]
path = "/cached"
mode = "personalize"
plugins = ["greet"]
[[route]]
path = "/plain"
mode = "anonymous"
query = ["page"]
[[route]]
path = "/account/*"
mode = "passthrough"
"#;

/// By name: what is shown, and when.
const HEROES: [(&str, &str); 4] = [
    ("spring", "campaign = \"spring\""),
    ("france", "country = \"FR\""),
    ("germany", "country = \"DE\""),
    ("states", "country = \"US\""),
];
const LANGUAGES: [(&str, &str); 3] =
    [("fr", "language = \"fr\""), ("de", "language = \"de\""), ("en", "language = \"en\"")];

/// A rule file; where `told` is true the same choice is told to the origin in a slot of its own.
fn rules(signals: &[&str], word: &str, selector: &str, variants: &[(&str, &str)], told: bool) -> String {
    let mut text = format!("name = \"{word}\"\nversion = \"1\"\n");
    for signal in signals {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "[signals.{signal}]\nreason = \"to be measured\"");
    }
    let slots: &[&str] = if told { &["seen", "told"] } else { &["seen"] };
    for slot in slots {
        let place = if *slot == "told" { "delivery = \"origin-variant\"" } else { selector };
        let _ = writeln!(text, "[[slot]]\nname = \"{slot}\"\n{place}\ndefault = \"none\"");
        for (variant, _) in [("none", "")].iter().chain(variants) {
            let _ = writeln!(text, "[[slot.variant]]\nname = \"{variant}\"");
            if *slot == "seen" && *variant != "none" {
                let _ = writeln!(text, "content = \"<p>{word}:{variant};</p>\"");
            }
        }
    }
    for (variant, when) in variants {
        let show: Vec<_> = slots.iter().map(|slot| format!("{slot} = \"{variant}\"")).collect();
        let _ = writeln!(text, "[[rule]]\nwhen = {{ {when} }}\nshow = {{ {} }}", show.join(", "));
    }
    text
}

/// Writes the configuration; answers where its main file is.
pub(crate) fn configure(
    folder: &Path,
    addresses: [SocketAddr; 2],
    origin: SocketAddr,
    (k, epoch, more): (u32, Duration, &str),
) -> Result<PathBuf, Failure> {
    let [http, metrics] = addresses;
    let shop = folder.join("shop");
    std::fs::create_dir_all(&shop)?;
    std::fs::write(folder.join("country.mmdb"), DemoGeo::new().bytes())?;
    let hero = "selector = \"#hero\"";
    let signals = ["country", "campaign"];
    std::fs::write(shop.join("greet.toml"), rules(&signals, "shown", hero, &HEROES, false))?;
    std::fs::write(shop.join("told.toml"), rules(&signals, "shown", hero, &HEROES, true))?;
    let speak = rules(&["language"], "speaks", "selector = \"#language\"", &LANGUAGES, false);
    std::fs::write(shop.join("speak.toml"), speak)?;
    let crowd = format!("[crowd]\nk = {k}\nepoch = \"{}s\"\n", epoch.as_secs());
    let head = format!("hosts = [\"{HOST}\"]\norigin = \"http://{origin}\"\n");
    std::fs::write(shop.join("site.toml"), format!("{head}{SITE}{crowd}"))?;
    let main = folder.join("cloakroom.toml");
    let text = format!(
        "[listen]\nhttp = \"{http}\"\n[client_ip]\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
         [geo]\ndatabase = \"country.mmdb\"\n[sites]\npaths = [\"shop\"]\n[metrics]\nlisten = \"{metrics}\"\n{more}"
    );
    std::fs::write(&main, text)?;
    Ok(main)
}

impl Route {
    /// The target as a visitor's link spells it: parameters of the way there, and one path in many
    /// spellings.
    #[must_use]
    pub fn target(&self, identity: &Identity) -> String {
        let path = match (self.path, identity.number % 4) {
            ("/news/today", 0) => "/news/%74oday".to_owned(),
            ("/news/today", 1) => "/news/./today".to_owned(),
            ("/news/today", 2) => format!("/news/today;jsessionid={}", identity.own),
            (path, _) => path.to_owned(),
        };
        let page = if self.paged { "page=1" } else { "" };
        let parts = if identity.number.is_multiple_of(2) {
            [page, identity.tracking.as_str()]
        } else {
            [identity.tracking.as_str(), page]
        };
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { path } else { format!("{path}?{}", parts.join("&")) }
    }
}
