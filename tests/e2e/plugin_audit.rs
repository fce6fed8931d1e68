//! `cloakroom plugin audit`, as it is typed; and what is beyond a site's limits, which is not installed and not
//! shown until somebody overrides that in writing.

use serde_json::Value;

use crate::client::Visitor;
use crate::crafted::{HARMLESS, Module};
use crate::installing::{Shop, Typed};
use crate::proxy::{HERO, greeting};

const REASON: &str = "agreed with the privacy team, for the spring campaign alone";

fn audit(typed: &Typed, args: &[&str]) -> (i32, Value) {
    let hero = typed.file("hero.toml", HERO);
    let (code, out, err) = typed.type_in(&[&["plugin", "audit", &hero, "--json"], args].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
}

/// The figures of a weighting.
fn figures<'v>(audit: &'v Value, weighting: &str) -> Option<&'v Value> {
    audit["figures"].as_array().unwrap().iter().find(|figures| figures["weighting"] == weighting)
}

fn shop(audit: &str) -> Shop {
    let audit = audit.to_owned();
    Shop::new(move |site| site.replace("[crowd]", &format!("{audit}\n[crowd]")))
}

#[test]
fn the_audit_of_a_plugin_tells_every_figure() {
    let shop = shop("");
    let typed = shop.typed();
    let (code, value) = audit(&typed, &[]);
    assert_eq!((code, value["plugin"].as_str(), value["cells"].as_u64()), (0, Some("hero"), Some(9)));
    let uniform = figures(&value, "uniform").unwrap();
    let slot = &uniform["slots"][0];
    // Of nine cells three show spring and two France.
    assert!((slot["total_variation"].as_f64().unwrap() - 5.0 / 9.0).abs() < 1e-9, "{slot}");
    let by_country = &slot["signals"][0];
    assert_eq!(by_country["signal"], "country");
    assert!((by_country["demographic_parity"]["difference"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(by_country["demographic_parity"]["highest"], "FR");
    assert!(
        figures(&value, "prior").is_none() && value["crowd"].is_null() && value["judged_by"] == "uniform"
    );
    let hero = typed.file("hero.toml", HERO);
    let (code, text, err) = typed.type_in(&["plugin", "audit", &hero]);
    assert_eq!((code, err.as_str()), (0, ""));
    for words in ["Who sees what", "Every variant is shown", "bits", "treated alike", "worst cell", "--site"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_prior_weighs_visitors_and_a_wrong_one_is_told_with_its_place() {
    let shop = shop("");
    let typed = shop.typed();
    let prior =
        typed.file("prior.toml", "[country]\nFR = 0.5\nother = 0.5\n[campaign]\nspring = 0\nother = 1\n");
    let (code, value) = audit(&typed, &["--prior", &prior]);
    let of_prior = figures(&value, "prior").unwrap();
    assert_eq!((code, of_prior["slots"][0]["total_variation"].as_f64()), (0, Some(0.5)));
    assert_eq!(of_prior["bits"]["shannon"].as_f64(), Some(1.0));
    let config = typed.folder().join("cloakroom.toml").to_str().unwrap().to_owned();
    let hero = typed.file("hero.toml", HERO);
    for (text, words) in [
        ("[country]\nFR = 0.5\nDE = 0.4\n", vec!["country` add up to 0.9", "other = 0.1", ":1:"]),
        ("[country]\nFR = 0.5\nXY = 0.5\n", vec!["`XY` is not a value of `country` on this site", ":3:"]),
        ("[country]\nUS = 1.0\n", vec!["`US` is not a value", "what it does not list counts as `other`"]),
        ("[contry]\nFR = 1.0\n", vec!["no signal `contry`", "did you mean `country`?"]),
        ("[country]\nFR = 1.5\n", vec!["`1.5` is not a share", ":2:"]),
        ("[country]\nFR = \"half\"\n", vec!["is not a share"]),
        ("[[cell]]\ncountry = \"FR\"\nshare = 0.5\n", vec!["add up to 0.5", "0.5 is missing"]),
        ("[[cell]]\ncountry = \"FR\"\n", vec!["a row has no `share`"]),
        ("[[cell]]\nshare = 1\n[country]\nFR = 1\n", vec!["signal by signal, and of rows too"]),
        ("networks = 0\n[country]\nFR = 1\n", vec!["`networks` is not a number of networks"]),
        ("# nothing\n", vec!["states no shares"]),
        ("[bucket]\none = 1\n", vec!["a bucket is drawn evenly"]),
        ("[country\n", vec![":1:"]),
    ] {
        let prior = typed.file("wrong.toml", text);
        let args = ["plugin", "audit", &hero, "--site", "shop", "--config", &config, "--prior", &prior];
        let (code, out, err) = typed.type_in(&args);
        assert_eq!((code, out.as_str()), (3, ""), "{text}: {err}");
        for words in words {
            assert!(err.contains(words), "{words}: {err}");
        }
    }
}

#[test]
fn a_site_without_traffic_has_the_unweighted_figures_and_says_so() {
    let hero = |typed: &Typed| typed.file("hero.toml", HERO);
    let without = shop("");
    let typed = without.typed();
    let (code, text, _) = typed.plugin(&["audit", &hero(&typed), "--site", "shop"]);
    assert!(code == 0 && text.contains("since the site states no traffic"), "{text}");
    assert!(text.contains("all get what is meant") && text.contains("1,000 networks an epoch"), "{text}");
    let with = shop("[audit]\ntraffic = \"traffic.toml\"");
    let typed = with.typed();
    let traffic = "networks = 40\n[country]\nFR = 0.1\nDE = 0.9\n";
    std::fs::write(typed.folder().join("shop/traffic.toml"), traffic).unwrap();
    let (code, out, err) = typed.plugin(&["audit", &hero(&typed), "--site", "shop", "--json"]);
    assert_eq!(code, 0, "{err}");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["judged_by"], "traffic");
    let stated =
        value["crowd"]["pushed_to_default"].as_array().unwrap().iter().find(|of| of["stated"] == true);
    // Four of forty networks are no crowd of five.
    assert!(stated.unwrap()["slots"][0]["share"].as_f64().unwrap() > 0.04, "{out}");
}

#[test]
fn two_versions_are_compared_even_with_other_slots_and_signals() {
    let shop = shop("");
    let typed = shop.typed();
    let other = HERO
        .replace("name = \"hero\"\nselector", "name = \"heading\"\nselector")
        .replace("{ hero =", "{ heading =");
    let other = other
        .replace("[signals.campaign]", "[signals.visit]")
        .replace("campaign = \"spring\"", "visit = \"new\"");
    let (old, new) = (typed.file("old.toml", HERO), typed.file("other.toml", &other));
    let (code, text, err) =
        typed.plugin(&["audit", &new, "--site", "shop", "--as", "hero", "--against", &old]);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("Against hero 1.0.0") && text.contains("+ signal visit"), "{text}");
    assert!(text.contains("heading"), "{text}");
    let (code, out, _) =
        typed.plugin(&["audit", &new, "--site", "shop", "--as", "hero", "--against", "live", "--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, value["against"]["version"].as_str()), (0, Some("1.0.0")));
    assert_eq!(value["against"]["difference"]["added_slots"][0], "heading");
}

#[test]
fn a_table_of_one_cell_is_audited() {
    let shop = shop("");
    let typed = shop.typed();
    let describe = "(i32.store (i32.const 28) (i32.const 0)) i32.const 0";
    let one = typed.bytes("one.wasm", &Module { describe, ..HARMLESS }.component());
    let (code, out, err) = typed.type_in(&["plugin", "audit", &one, "--json"]);
    assert_eq!(code, 0, "{err}");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (value["cells"].as_u64(), value["figures"][0]["bits"]["bound"].as_f64()),
        (Some(1), Some(0.0))
    );
    assert_eq!(value["slots"][0]["variants"][1]["shown"], "no");
    assert!(value["figures"][0]["slots"][0]["worst_cell"].is_null());
    let (code, text, _) = typed.type_in(&["plugin", "audit", &one]);
    assert!(code == 0 && text.contains("Shown to nobody: a=b"), "{text}");
}

/// Runs as this account, whose name the system knows.
fn account() -> String {
    let whoami = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(whoami.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_is_beyond_the_limits_is_installed_only_if_somebody_says_why() {
    let limits =
        "[audit]\nprice_like = [\"hero.hero\"]\n[audit.limits]\nflip_rate = 0.1\nprotected = [\"language\"]";
    let shop = Shop::new(|site| {
        site.replace("file = \"hero.toml\"\n", "").replace("[crowd]", &format!("{limits}\n[crowd]"))
    });
    let (proxy, typed) = shop.serve();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let harmless = greeting("hero", &[("device", "phone", "Hello, phone")]);
    assert_eq!(typed.install(&harmless, &[]).0, 0);
    let beyond =
        greeting("hero", &[("country", "FR", "Salut"), ("language", "fr", "Allô")]).replace("1.0.0", "2.0.0");
    let (code, out, err) = typed.install(&beyond, &[]);
    assert_eq!((code, out.as_str()), (3, ""));
    for words in [
        "price_like hero country",
        "price_like hero language",
        "flip_rate hero language",
        "--override",
        "goes on as it was",
    ] {
        assert!(err.contains(words), "{words}: {err}");
    }
    assert!(!err.contains("flip_rate hero country"), "country is not protected here: {err}");
    assert_eq!(typed.live().as_deref(), Some("1.0.0"));
    let (code, _, err) = typed.install(&beyond, &["--override", "because"]);
    assert!(code == 2 && err.contains("20 to 400"), "{err}");
    let (code, out, err) = typed.install(&beyond, &["--override", REASON]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(&format!("beyond the limits of shop, as {} said", account())), "{out}");
    proxy.ask_until(&Visitor::consenting("/", 3), "<h1>Salut</h1>");
    let config = typed.folder().join("cloakroom.toml");
    let (code, log, _) = typed.type_in(&["incidents", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 0);
    for words in [&account(), REASON, "price_like hero country", "show hero 2.0.0"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    let (_, list, _) = typed.plugin(&["list"]);
    assert!(list.contains("(beyond its limits)"), "{list}");
    assert_eq!(typed.type_in(&["check", "--config", config.to_str().unwrap()]).0, 0);
}

#[test]
fn only_whom_the_site_names_may_override() {
    let nobody = shop(
        "[audit]\noverride_by = [\"nobody-here\", \"@no-such-group\"]\n[audit.limits]\ntotal_variation = 0.1",
    );
    let typed = nobody.typed();
    let (code, _, err) = typed.install(&HERO.replace("1.0.0", "2.0.0"), &["--override", REASON]);
    assert!(code == 3 && err.contains("may not override the limits of `shop`"), "{err}");
    assert!(err.contains("nobody-here, @no-such-group") && typed.live().is_none(), "{err}");
    assert!(!typed.folder().join("data/incidents").exists());
    let me =
        shop(&format!("[audit]\noverride_by = [\"{}\"]\n[audit.limits]\ntotal_variation = 0.1", account()));
    let typed = me.typed();
    assert_eq!(typed.install(&HERO.replace("1.0.0", "2.0.0"), &["--override", REASON]).0, 0);
}

#[test]
fn a_file_beyond_the_limits_is_not_shown_and_check_says_why() {
    let (proxy, typed) = shop("[audit.limits]\ntotal_variation = 0.1").serve();
    proxy.wait_for_words("the plugin `hero` is not shown");
    assert!(Visitor::consenting("/", 3).ask(proxy.address()).text().contains("origin hero"));
    let config = typed.folder().join("cloakroom.toml");
    let (code, _, err) = typed.type_in(&["check", "--config", config.to_str().unwrap()]);
    assert!(code == 3 && err.contains("total_variation hero") && err.contains("site.toml"), "{err}");
}

#[test]
fn limits_are_not_met_by_padding_renaming_or_going_back() {
    let limits = "[audit]\nprice_like = [\"hero.hero\"]\n[audit.limits]\ntotal_variation = 0.3";
    let shop = Shop::new(|site| {
        site.replace("[crowd]", &format!("{limits}\n[crowd]")).replace("file = \"hero.toml\"\n", "")
    });
    let typed = shop.typed();
    let plain = greeting("hero", &[("visit", "new", "Hello")]);
    // Half of all visits are new; values that nobody has do not make them fewer.
    let padded = plain.clone()
        + &["AD", "AE", "AF", "AG", "AI", "AL"]
            .map(|country| {
                format!("[[rule]]\nwhen = {{ country = \"{country}\" }}\nshow = {{ hero = \"plain\" }}\n")
            })
            .concat();
    let padded =
        padded.replace("[signals.visit]", "[signals.country]\nreason = \"to hide\"\n[signals.visit]");
    for rules in [plain.clone(), padded] {
        let (code, _, err) = typed.install(&rules, &[]);
        assert!(code == 3 && err.contains("total_variation hero: 0.333, allowed is 0.3"), "{err}");
    }
    let renamed = plain
        .replace("name = \"hero\"\nselector", "name = \"deal\"\nselector")
        .replace("{ hero =", "{ deal =");
    let (code, _, err) = typed.install(&renamed, &[]);
    assert!(code == 3 && err.contains("the plugin has none of that name: it has `deal`"), "{err}");
    // What was overridden is overridden no further than it was.
    assert_eq!(typed.install(&plain, &["--override", REASON]).0, 0);
    let config = typed.folder().join("cloakroom.toml");
    let check = || typed.type_in(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(check().0, 0);
    let site = typed.folder().join("shop/site.toml");
    let worse =
        std::fs::read_to_string(&site).unwrap().replace("[audit]\n", "[audit]\ntraffic = \"traffic.toml\"\n");
    std::fs::write(&site, worse).unwrap();
    std::fs::write(typed.folder().join("shop/traffic.toml"), "[visit]\nnew = 0.9\nreturning = 0.1\n")
        .unwrap();
    let (code, _, err) = check();
    assert!(code == 3 && err.contains("total_variation hero: 0.9"), "{err}");
    let (_, list, _) = typed.plugin(&["list"]);
    assert!(list.contains("hero (not shown: beyond the limits)"), "{list}");
}

#[test]
fn going_back_to_a_file_beyond_the_limits_is_refused() {
    let shop = shop("[audit.limits]\ntotal_variation = 0.4");
    let typed = shop.typed();
    let calm = greeting("hero", &[("country", "FR", "Salut")]).replace("1.0.0", "2.0.0");
    let (code, _, err) = typed.install(&calm, &[]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = typed.plugin(&["rollback", "hero", "--site", "shop", "--to", "file"]);
    assert!(
        code == 3 && err.contains("nothing is rolled back") && err.contains("total_variation hero"),
        "{err}"
    );
    assert_eq!(typed.live().as_deref(), Some("2.0.0"));
}

#[test]
fn what_the_door_takes_out_is_in_the_audit_and_live_needs_a_site() {
    let shop = shop("");
    let typed = shop.typed();
    let file =
        typed.file("evil.toml", &HERO.replace("<h1>Spring is here</h1>", "<p onclick='x()'>Spring</p>"));
    let (code, out, _) = typed.type_in(&["plugin", "audit", &file, "--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, value["removed"][0]["variant"].as_str(), value["has_limits"].as_bool()),
        (0, Some("spring"), Some(false))
    );
    let (_, text, _) = typed.type_in(&["plugin", "audit", &file]);
    assert!(text.contains("No limits are set") && text.contains("event handlers are not allowed"), "{text}");
    let (code, _, err) = typed.type_in(&["plugin", "audit", &file, "--against", "live"]);
    assert!(code == 3 && err.contains("add `--site SITE`"), "{err}");
    let (code, _, err) = typed.plugin(&["audit", &file, "--site", "shop", "--as", "hreo"]);
    assert!(code == 3 && err.contains("did you mean `hero`?"), "{err}");
}
