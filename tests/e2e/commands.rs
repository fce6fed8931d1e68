//! The commands as they are typed: what they print, and how they exit.

use std::path::Path;
use std::process::{Command, Output};

use crate::origin::Origin;
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

fn cloakroom(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloakroom")).args(args).current_dir(folder).output().unwrap()
}

/// Exit code, output and complaints of `check` for a site with that plugin.
pub(crate) fn checked(site: &str, hero: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), free_address(), free_address(), site, hero);
    let output = cloakroom(folder.path(), &["check"]);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn any_origin() -> Origin {
    Origin::page("")
}

#[test]
fn check_reports_what_each_route_does() {
    let more = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";
    let (code, out, err) = checked(&site(&any_origin(), "", more), HERO);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("/                        personalize: "), "{out}");
    assert!(out.contains("3 variants, at most 1.6 bits about a visitor"), "{out}");
    assert!(out.contains("passthrough: identity goes to the origin"), "{out}");
}

#[test]
fn signals_that_tell_more_than_the_budget_are_refused_with_the_sum() {
    let (code, out, _) = checked(&site(&any_origin(), "", ""), HERO);
    assert_eq!(code, 0);
    assert!(out.contains("country 1.6 + campaign 1.0 = 2.6 of 16 bits"), "{out}");
    let tight = site(&any_origin(), "", "").replace("[signals]\n", "[signals]\nbudget = 2\n");
    let (code, _, err) = checked(&tight, HERO);
    assert_eq!(code, 3);
    assert!(err.contains("country 1.6 + campaign 1.0 = 2.6 bits, its budget is 2"), "{err}");
}

#[test]
fn check_says_that_there_is_no_country_database() {
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), free_address(), free_address(), &site(&any_origin(), "", ""), HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, text.replace("[geo]\ndatabase = \"country.mmdb\"\n", "")).unwrap();
    let output = cloakroom(folder.path(), &["check"]);
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success());
    assert!(err.contains("no country database is configured"), "{err}");
}

#[test]
fn a_wrong_key_is_named_with_its_place_and_the_right_one() {
    let (code, _, err) = checked(&site(&any_origin(), "querry = [\"page\"]", ""), HERO);
    assert_eq!(code, 3);
    assert!(err.contains("site.toml:17:1"), "{err}");
    assert!(err.contains("`query`"), "{err}");
}

#[test]
fn nothing_starts_with_a_wrong_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(&any_origin(), "mode = 7", "");
    write_configuration(folder.path(), free_address(), free_address(), &site, HERO);
    let output = cloakroom(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("site.toml:"));
}

#[test]
fn a_mistake_in_a_rule_file_is_shown_where_it_stands() {
    let (code, _, err) =
        checked(&site(&any_origin(), "", ""), &HERO.replace("campaign = \"spring\"", "campain = \"spring\""));
    assert_eq!(code, 3);
    assert!(err.contains("hero.toml:") && err.contains("`campaign`"), "{err}");
}

#[test]
fn a_rule_behind_another_is_shown_with_its_place_and_fails_nothing() {
    let again =
        "\n[[rule]]\nwhen = { campaign = \"spring\", country = \"FR\" }\nshow = { hero = \"france\" }\n";
    let (code, out, err) = checked(&site(&any_origin(), "", ""), &format!("{HERO}{again}"));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("personalize: "), "{out}");
    assert!(err.contains("⚠ this rule never decides on `hero`: the rule in line"), "{err}");
    assert!(err.contains("hero.toml:") && err.contains("move it before that rule"), "{err}");
}

#[test]
fn a_policy_file_is_checked_and_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), free_address(), free_address(), &site(&any_origin(), "", ""), HERO);
    let policy = folder.path().join("shop/site.cedar");
    std::fs::write(&policy, "forbid (principal, action == Action::\"see\", resource);").unwrap();
    let out = String::from_utf8(cloakroom(folder.path(), &["check"]).stdout).unwrap();
    assert!(out.contains("1 variants, at most 0.0 bits"), "{out}");
    std::fs::write(&policy, "forbid (principal, action == Action::\"sea\", resource);").unwrap();
    let output = cloakroom(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("site.cedar:1:"));
}

#[test]
fn plugin_table_prints_rules_and_json() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hero.toml"), HERO.replace("\\#", "#")).unwrap();
    let output = cloakroom(folder.path(), &["plugin", "table", "hero.toml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("campaign is spring → spring"), "{text}");
    let output = cloakroom(folder.path(), &["--json", "plugin", "table", "hero.toml"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["slots"][0]["slot"], "hero");
    assert_eq!(value["cells"], 9);
}

#[test]
fn a_plugin_that_is_refused_leaves_the_site_with_its_default() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let site = site(&origin, "", "").replace("hero.toml", "hero.wasm");
    let folder = tempfile::tempdir().unwrap();
    let (http, metrics) = (free_address(), free_address());
    write_configuration(folder.path(), http, metrics, &site, HERO);
    // A component that imports: what a plugin may never do.
    let component = "(component (import \"wasi:cli/environment@0.2.0\" (instance (export \"f\" (func)))))";
    std::fs::write(folder.path().join("shop/hero.wasm"), wat::parse_str(component).unwrap()).unwrap();
    let output = cloakroom(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("wasi:cli/environment"));
    let proxy = Proxy::start_in(folder, http, metrics);
    let answer = crate::client::Visitor::new("/").ask(proxy.address());
    assert!(answer.text().contains("origin hero"));
    proxy.wait_for_words("is refused");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let site = site(&any_origin(), "", "");
    write_configuration(folder.path(), taken.local_addr().unwrap(), free_address(), &site, HERO);
    let output = cloakroom(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains(&format!("cannot listen on `{}`", taken.local_addr().unwrap())), "{err}");
}
