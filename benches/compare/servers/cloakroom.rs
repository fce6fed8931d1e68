//! Cloakroom's own configuration: a site with personalized, stored and relayed pages, or one that a
//! scenario makes up.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cloakroom_benches::{COUNTRIES, HOST, LANGUAGES, banner_rules, hero_rules};
use cloakroom_demo::DemoGeo;

use super::{Addresses, Setup};
use crate::Failure;

/// A site.
pub(crate) struct Site {
    /// Of the folder it is kept in, and in reports.
    pub(crate) name: String,
    /// Rule files by the name of their plugin.
    pub(crate) plugins: Vec<(String, String)>,
    /// The campaigns that are told apart.
    pub(crate) campaigns: Vec<String>,
    /// The languages that are told apart.
    pub(crate) languages: Vec<String>,
    /// Sections `[[route]]`.
    pub(crate) routes: String,
    /// The most memory for stored pages, as the configuration writes it.
    pub(crate) cache: String,
}

impl Site {
    /// What is compared with the peers: `/` is personalized by two plugins, `/m/*` is stored once for all,
    /// `/p/*` is relayed.
    pub(crate) fn compared() -> Self {
        let mut site = Self::named("cloakroom");
        site.plugins = vec![("hero".into(), hero_rules()), ("banner".into(), banner_rules())];
        site.route("/", "personalize", "plugins = [\"hero\", \"banner\"]");
        site.route("/m/*", "anonymous", "distinct_paths = 1_000_000");
        site.route("/p/*", "passthrough", "");
        site
    }

    /// A site without plugins or routes.
    pub(crate) fn named(name: &str) -> Self {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Self {
            name: name.to_owned(),
            plugins: Vec::new(),
            campaigns: owned(&["spring"]),
            languages: owned(&LANGUAGES),
            routes: String::new(),
            cache: "256MiB".to_owned(),
        }
    }

    /// One route more; `more` are lines of its section.
    pub(crate) fn route(&mut self, path: &str, mode: &str, more: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.routes, "[[route]]\npath = \"{path}\"\nmode = \"{mode}\"\n{more}");
    }

    /// Writes the configuration; answers where its main file is.
    pub(super) fn configure(
        &self,
        folder: &Path,
        addresses: Addresses,
        metrics: SocketAddr,
        setup: &Setup<'_>,
    ) -> Result<PathBuf, Failure> {
        fs::create_dir_all(folder.join("shop"))?;
        fs::write(folder.join("country.mmdb"), DemoGeo::new().bytes())?;
        for (name, rules) in &self.plugins {
            fs::write(folder.join(format!("shop/{name}.toml")), rules)?;
        }
        fs::write(folder.join("shop/site.toml"), self.site(setup.origin))?;
        let main = folder.join("cloakroom.toml");
        let (certificate, key) = (&setup.certificate.certificate, &setup.certificate.key);
        fs::write(
            &main,
            format!(
                "[listen]\nhttp = \"{}\"\nhttps = \"{}\"\n[[listen.certificate]]\ncert = \"{}\"\nkey = \"{}\"\n\
                 [client_ip]\ntrusted_proxies = [\"127.0.0.1/32\"]\n[geo]\ndatabase = \"country.mmdb\"\n\
                 [sites]\npaths = [\"shop\"]\n[metrics]\nlisten = \"{metrics}\"\n[cache]\nmax_bytes = \"{}\"\ncompress = []\n\
                 [limits]\nclient_silence = \"10m\"\n",
                addresses.http,
                addresses.https,
                certificate.display(),
                key.display(),
                self.cache,
            ),
        )?;
        Ok(main)
    }

    fn site(&self, origin: SocketAddr) -> String {
        let mut text = format!(
            "hosts = [\"{HOST}\"]\norigin = \"http://{origin}\"\n\
             [signals]\ncountry = {COUNTRIES:?}\nlanguage = {:?}\nbudget = 64\n\
             campaign = {{ parameter = \"utm_campaign\", values = {:?} }}\n\
             [crowd]\nk = 3\nepoch = \"10s\"\n",
            self.languages, self.campaigns
        );
        for (name, _) in &self.plugins {
            let _ = writeln!(text, "[[plugin]]\nname = \"{name}\"\nfile = \"{name}.toml\"");
        }
        text.push_str(&self.routes);
        text
    }
}
