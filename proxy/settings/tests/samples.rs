//! The configurations that the repository ships are read as they stand.

#![expect(clippy::panic, reason = "a test that fails should say so at once")]

use std::path::Path;
use std::time::Duration;

use cloakroom_settings::{Compress, Mode, PluginFile, QueryValues, Settings, load};
use cloakroom_vocabulary::Coding;

fn sample() -> Settings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/cloakroom.toml");
    match load(&path) {
        Ok(settings) => settings,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

#[test]
fn the_sample_main_file_and_its_shop_are_read() {
    let settings = sample();
    assert_eq!(settings.listen.http, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(settings.cache_bytes, 256 << 20);
    let all = Compress { codings: Coding::ALL.to_vec(), from_bytes: 256, threads: 1 };
    assert_eq!(settings.compress, all);
    assert_eq!(settings.limits.header_bytes, 16 << 10);
    let [shop] = settings.sites.as_slice() else { panic!("one site") };
    assert_eq!(shop.name, "shop");
    assert_eq!((shop.origin.host.as_str(), shop.origin.port), ("127.0.0.1", 8081));
    assert_eq!((shop.crowd.k, shop.crowd.epoch), (20, Duration::from_secs(5)));
    assert_eq!(shop.campaign_parameter.as_deref(), Some("utm_campaign"));
    assert!(shop.plugins.iter().all(|plugin| matches!(plugin.file, Some(PluginFile::Rules(_)))));
}

#[test]
fn routes_of_the_shop_say_who_may_change_what() {
    let settings = sample();
    let shop = settings.sites.first().unwrap();
    let route = |path: &str| shop.routes.iter().find(|route| route.path == path).unwrap();
    assert_eq!(route("/").mode, Mode::Personalize);
    assert!(route("/").compress && !route("/cart").compress, "passthrough is never compressed");
    let names: Vec<_> = route("/").plugins.iter().map(|at| shop.plugins[*at].name.as_str()).collect();
    assert_eq!(names, ["hero", "banner"]);
    assert_eq!(route("/style.css").mode, Mode::Anonymous);
    assert_eq!(route("/search").query.len(), 1);
    assert!(matches!(route("/search").query[0].values, QueryValues::Pattern(_)));
    for path in ["/cart", "/login", "/account/*"] {
        assert_eq!(route(path).mode, Mode::Passthrough, "{path}");
        assert!(route(path).methods.as_ref().is_some_and(|methods| methods.contains(&"POST".to_owned())));
    }
}

/// A site with every kind of value, to break.
const SITE: &str = r#"hosts = ["shop.example"]
origin = ["http://10.0.0.5:9000"]
forward_client_ip = true
[signals]
country = ["FR"]
campaign = { parameter = "c", values = ["é"] }
[crowd]
k = 50
epoch = "24h"
[[route]]
path = "/c/*"
segment = '[a-z]{1,9}'
mode = "anonymous"
query = ["page", { name = "q", pattern = '[0-9]+' }]
"#;

#[test]
fn a_file_with_any_one_character_lost_or_replaced_is_read_or_refused_with_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("cloakroom.toml");
    std::fs::write(&main, "listen.http = \"127.0.0.1:8080\"\nsites.paths = [\"shop\"]").unwrap();
    std::fs::create_dir(folder.path().join("shop")).unwrap();
    let site = folder.path().join("shop/site.toml");
    let mut refused = 0;
    for (at, lost) in SITE.char_indices() {
        let (before, after) = (&SITE[..at], &SITE[at + lost.len_utf8()..]);
        for replacement in ["", "\"", "[", "\n", "9", "\u{0}", "\u{1f47b}"] {
            std::fs::write(&site, format!("{before}{replacement}{after}")).unwrap();
            let Err(error) = load(&main) else { continue };
            refused += 1;
            for problem in error.problems() {
                assert!(problem.line_and_column().is_some(), "{problem}");
                assert!(!problem.message().is_empty() && problem.suggestion().is_some(), "{problem}");
            }
            let report = format!("{:?}", miette::Report::new(error));
            assert!(report.contains("site.toml"), "{report}");
        }
    }
    assert!(refused > 1_000, "{refused}");
}
