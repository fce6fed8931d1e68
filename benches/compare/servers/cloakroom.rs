//! A site with one personalized page and two plugins.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cloakroom_benches::{COUNTRIES, HOST, LANGUAGES, banner_rules, hero_rules};
use cloakroom_demo::DemoGeo;

use crate::Failure;

/// Writes the configuration; answers where its main file is.
pub(crate) fn configure(
    folder: &Path,
    address: SocketAddr,
    metrics: SocketAddr,
    origin: SocketAddr,
) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder.join("shop"))?;
    fs::write(folder.join("country.mmdb"), DemoGeo::new().bytes())?;
    fs::write(folder.join("shop/hero.toml"), hero_rules())?;
    fs::write(folder.join("shop/banner.toml"), banner_rules())?;
    fs::write(folder.join("shop/site.toml"), site(origin))?;
    let main = folder.join("cloakroom.toml");
    fs::write(
        &main,
        format!(
            "[listen]\nhttp = \"{address}\"\n[client_ip]\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
             [geo]\ndatabase = \"country.mmdb\"\n[sites]\npaths = [\"shop\"]\n[metrics]\nlisten = \"{metrics}\"\n"
        ),
    )?;
    Ok(main)
}

fn site(origin: SocketAddr) -> String {
    format!(
        "hosts = [\"{HOST}\"]\norigin = \"http://{origin}\"\n\
         [signals]\ncountry = {COUNTRIES:?}\nlanguage = {LANGUAGES:?}\n\
         campaign = {{ parameter = \"utm_campaign\", values = [\"spring\"] }}\n\
         [crowd]\nk = 3\nepoch = \"10s\"\n\
         [[plugin]]\nname = \"hero\"\nfile = \"hero.toml\"\n\
         [[plugin]]\nname = \"banner\"\nfile = \"banner.toml\"\n\
         [[route]]\npath = \"/\"\nmode = \"personalize\"\nplugins = [\"hero\", \"banner\"]\n\
         [[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n"
    )
}
