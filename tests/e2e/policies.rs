//! What `check` says of policies and of the law: failing policies with their context, words that are
//! none, databases that tell too little, and the starter sites.

use std::path::Path;
use std::process::Command;

use crate::mmdb::{Field, database};
use crate::origin::Origin;
use crate::proxy::{HERO, free_address, site, write_configuration};

/// Exit code, standard output and standard error of `check` with a policy of the site's own.
fn checked(policy: &str, spoil: impl FnOnce(&Path)) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let site = site(&Origin::page(""), "", "");
    write_configuration(folder.path(), free_address(), free_address(), &site, HERO);
    std::fs::write(folder.path().join("shop/site.cedar"), policy).unwrap();
    spoil(folder.path());
    check(&folder.path().join("cloakroom.toml"), &[])
}

fn check(config: &Path, more: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(more)
        .args(["check", "--config"])
        .arg(config)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_policy_that_fails_somewhere_is_named_with_its_context() {
    let policy = r#"
        @id("too-large")
        forbid (principal, action == Action::"see", resource)
        when {
          context.jurisdiction == Jurisdiction::"quebec" && context.measurement &&
          resource.signal == SignalName::"country" &&
          (resource.level + 2) * 9223372036854775807 < 0
        };
    "#;
    let (code, out, _) = checked(policy, |_| {});
    assert_eq!(code, 3, "{out}");
    for words in [
        "policy: `too-large` in `",
        "site.cedar` fails in 8 evaluations and denies there, first for",
        "overflow",
        "plugin hero, signal country at grain country, jurisdiction quebec",
        "measurement yes",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[test]
fn a_word_that_is_none_is_refused_with_its_place_and_the_right_ones() {
    let forbid = |condition: &str| {
        format!("forbid (principal, action == Action::\"see\", resource)\nwhen {{ {condition} }};\n")
    };
    for (condition, words) in [
        (
            r#"context.jurisdiction == Jurisdiction::"optin""#,
            "did you mean `opt-in`? It is one of opt-in, quebec",
        ),
        (r#"context.jurisdiction == "opt-in""#, "is written `Jurisdiction::\"opt-in\"`"),
        (r#"resource == Signal::"country/contry""#, "did you mean `country/country`?"),
        (r#"context.labels.contains("sensitve")"#, "no route of this site has the label `sensitve`"),
        (r#"principal == Plugin::"heroo""#, "did you mean `hero`?"),
    ] {
        let (code, _, err) = checked(&forbid(condition), |_| {});
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("site.cedar:2:"), "{err}");
        assert!(unwrapped(&err).contains(words), "{words}: {err}");
    }
}

/// Without the line breaks and margins of a printed report.
fn unwrapped(report: &str) -> String {
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_database_that_tells_no_states_is_named_with_what_follows() {
    let countries = database(&[
        ("198.18.0.0/24", ("country", Field::map("iso_code", "US")).into()),
        ("198.18.1.0/24", ("country", Field::map("iso_code", "CA")).into()),
    ]);
    let (code, _, err) = checked("// nothing\n", |folder| {
        std::fs::write(folder.join("country.mmdb"), countries).unwrap();
    });
    assert_eq!(code, 0, "{err}");
    let err = unwrapped(&err);
    assert!(err.contains("tells no states and provinces"), "{err}");
    assert!(err.contains("all of CA stands under `quebec`, all of US stands under `opt-out`"), "{err}");
    let (_, _, err) = checked("// nothing\n", |_| {});
    assert_eq!(err, "", "the demo's database tells them");
}

#[test]
fn the_starter_sites_pass_and_permit_what_they_promise() {
    let starters = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/starters/cloakroom.toml");
    let (code, out, err) = check(&starters, &["--json"]);
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let variants = |host: &str, path: &str| {
        let sites = report["sites"].as_array().unwrap();
        let site = sites.iter().find(|site| site["host"] == host).unwrap();
        let route = site["routes"].as_array().unwrap().iter().find(|route| route["path"] == path).unwrap();
        assert_eq!(route["policy_errors"], serde_json::json!([]));
        route["joint_variants"].as_u64().unwrap()
    };
    assert_eq!(variants("eu-shop.example", "/"), 5);
    // A country is told as its continent there, so what is made for one country is out of reach.
    assert_eq!(variants("eu-shop.example", "/c/*"), 3);
    assert_eq!(variants("eu-shop.example", "/c/pharmacy"), 1);
    assert_eq!(variants("us-retail.example", "/"), 4);
    assert_eq!(variants("us-retail.example", "/shop/health/*"), 4);
    assert_eq!(variants("news.example", "/"), 3);
}
