//! `cloakroom plugin check`: rule files and components, good, doubtful, hostile and broken.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::proxy::HERO;

const WIT: &str = include_str!("../../plugins/wit/personalizer.wit");

/// A plugin with one slot `a` (variants `a`, `b`) over device phone and desktop.
const DATA: &str = r#"
(data (i32.const 0) "\00\02\00\00\01\00\00\00" "\00\02\00\00\01\00\00\00" "\40\00\00\00\01\00\00\00" "\60\00\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00")
(data (i32.const 64) "\00\02\00\00\01\00\00\00" "\80\00\00\00\02\00\00\00" "\00\00\00\00")
(data (i32.const 96) "\10\02\00\00\06\00\00\00" "\00\02\00\00\01\00\00\00" "\90\00\00\00\02\00\00\00")
(data (i32.const 128) "\00\02\00\00\01\00\00\00" "\01\02\00\00\01\00\00\00")
(data (i32.const 144) "\20\02\00\00\05\00\00\00" "\30\02\00\00\07\00\00\00")
(data (i32.const 512) "ab") (data (i32.const 528) "device") (data (i32.const 544) "phone") (data (i32.const 560) "desktop")"#;

/// That plugin, with another body of `decide`, and with more of the world and of the module.
fn component(decide: &str, world: &str, extra: &str) -> Vec<u8> {
    let interface = "cloakroom:personalizer/plugin@0.1.0";
    let text = format!(
        r#"(module (memory (export "memory") 1) {DATA} {extra}
          (func (export "{interface}#describe") (result i32) i32.const 0)
          (func (export "{interface}#decide") (param i32 i32 i32 i32 i32 i32) (result i32) {decide})
          (func (export "{interface}#render") (param i32 i32) (result i32) i32.const 256))"#
    );
    let mut module = wat::parse_str(&text).unwrap();
    let mut contract = Resolve::default();
    let wit = WIT.replace("export plugin;", &format!("export plugin;\n{world}"));
    let package = contract.push_str("personalizer.wit", &wit).unwrap();
    let world = contract.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloakroom")).args(args).current_dir(folder).output().unwrap()
}

/// Exit code, output and complaints of a check of that file.
fn checked(name: &str, bytes: &[u8]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let output = run(folder.path(), &["plugin", "check", name]);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn hero() -> String {
    HERO.replace("\\#", "#")
}

/// Whether some line has all of these words, in their order.
fn has_line(text: &str, words: &[&str]) -> bool {
    text.lines().any(|line| {
        let mut rest = line;
        words.iter().all(|word| rest.find(word).map(|at| rest = &rest[at + word.len()..]).is_some())
    })
}

#[test]
fn a_good_plugin_is_shown_with_every_figure() {
    let (code, out, err) = checked("hero.toml", hero().as_bytes());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for words in [
        &["hero 1.0.0, sha256 "][..],
        &["ok", "size", " of 16,777,216 bytes"],
        &["ok", "imports", "none"],
        &["ok", "exports", "the contract"],
        &["ok", "manifest", "slot hero (3 variants), signal country (1 value), signal campaign (1 value)"],
        &["ok", "cells", "9 of 250,000: country 3 × campaign 3"],
        &[
            "ok",
            "fuel",
            " of 50,000,000 instructions at most",
            "in `decide` for country=FR, campaign=other; ",
            " for all cells",
        ],
        &["ok", "memory", " of 67,108,864 bytes at most"],
        &["ok", "answers", "8 cells and 3 variants"],
        &["ok", "determinism", "asked twice, in fresh instances"],
        &["ok", "bits", "1.6 bits about a visitor at most, in 3 joint variants"],
        &["ok", "variants", "somebody sees each of them"],
        &["ok", "signals", "each of them makes a difference"],
        &["ok", "edits", "shown as written; judged without a site"],
        &["all is well"],
    ] {
        assert!(has_line(&out, words), "{words:?} is not in\n{out}");
    }
}

#[test]
fn json_has_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hero.toml"), hero()).unwrap();
    let output = run(folder.path(), &["--json", "plugin", "check", "hero.toml"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((value["ok"].as_bool(), value["warnings"].as_u64()), (Some(true), Some(0)));
    let properties = value["properties"].as_array().unwrap();
    let of = |name: &str| properties.iter().find(|property| property["property"] == name).unwrap();
    assert_eq!((of("cells")["figure"].as_u64(), of("cells")["limit"].as_u64()), (Some(9), Some(250_000)));
    assert!(of("fuel")["figure"].as_u64() > Some(0) && of("memory")["figure"].as_u64() > Some(0));
    assert!(properties.iter().all(|property| property["verdict"] == "ok"));
}

#[test]
fn what_pages_will_not_show_is_pointed_at() {
    let banner = r##"
name = "banner"
version = "1.0.0"
[[slot]]
name = "top"
default = "plain"
[[slot.variant]]
name = "plain"
[[slot.variant]]
name = "sale"
[[slot.variant.edit]]
selector = "#top"
content = """
<h1>Sale</h1>
<p style="color: #c00; position: fixed">Now</p>
<img src="https://elsewhere.example/a.png" alt="">
"""
[[slot.variant.edit]]
selector = ".cta"
attributes = { style = "color: red; transform: scale(9)" }
[signals.country]
reason = "prices"
[[rule]]
when = { country = "FR" }
show = { top = "sale" }
"##;
    let (code, out, err) = checked("banner.toml", banner.as_bytes());
    assert_eq!(code, 0, "{out}{err}");
    assert!(has_line(&out, &["warn", "edits", "2 edits, 3 parts taken out; judged without a site"]), "{out}");
    assert!(out.contains("warnings: 3"), "{out}");
    for line in ["banner.toml:15:", "banner.toml:16:", "banner.toml:20:"] {
        assert!(err.contains(line), "{line} is not in\n{err}");
    }
    assert!(
        err.contains("position") && err.contains("list its host") && err.contains("`transform`"),
        "{err}"
    );

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("banner.toml"), banner).unwrap();
    let output = run(folder.path(), &["--json", "plugin", "check", "banner.toml"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let places: Vec<_> = value["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| {
            (
                of["variant"].as_str().unwrap(),
                of["edit"].as_u64().unwrap(),
                of["part"].as_str().unwrap(),
                of["line"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [("sale", 0, "content", 2), ("sale", 0, "content", 3), ("sale", 1, "value", 1)]);
}

#[test]
fn what_may_not_be_meant_is_a_warning_and_shown_in_its_line() {
    let doubtful = hero().replace("[[rule]]\nwhen = { campaign", "[signals.device]\nreason = \"none\"\n[[slot.variant]]\nname = \"winter\"\n[[rule]]\nwhen = { campaign");
    let doubtful = doubtful.replace(
        "when = { country = \"FR\" }",
        "when = { any = [{ country = \"FR\" }, { all = [{ country = \"FR\" }, { device = \"tv\" }] }] }",
    );
    let (code, out, err) = checked("hero.toml", doubtful.as_bytes());
    assert_eq!(code, 0, "{out}{err}");
    assert!(has_line(&out, &["warn", "variants", "nobody can see: `hero=winter`"]), "{out}");
    assert!(has_line(&out, &["warn", "signals", "without making a difference: `device`"]), "{out}");
    assert!(out.contains("it can be installed; warnings: 3"), "{out}");
    assert!(err.contains("no rule ever shows variant `winter`") && err.contains("hero.toml:"), "{err}");
}

#[test]
fn a_wrong_rule_file_is_shown_where_it_is_wrong() {
    let (code, out, err) =
        checked("hero.toml", hero().replace("campaign = \"spring\"", "campain = \"spring\"").as_bytes());
    assert_eq!(code, 3);
    assert!(out.contains("it cannot be installed"), "{out}");
    assert!(err.contains("hero.toml:") && err.contains("`campaign`"), "{err}");
}

#[test]
fn a_component_is_checked_like_a_rule_file() {
    let (code, out, err) = checked("good.wasm", &component("i32.const 1", "", ""));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(has_line(&out, &["ok", "memory", "65,536 of"]), "{out}");
}

#[test]
fn hostile_and_broken_components_are_refused_with_what_to_do() {
    let import = wat::parse_str("(component (import \"wasi:cli/environment@0.2.0\" (instance)))").unwrap();
    let endless = component("(if (i32.eqz (local.get 0)) (then (loop $l (br $l)))) i32.const 0", "", "");
    let bomb = component("(drop (memory.grow (i32.const 9999))) i32.const 0", "", "");
    let extra =
        component("i32.const 0", "export track: func(a: u32);", "(func (export \"track\") (param i32))");
    let lie = component("i32.const 7", "", "");
    let loud = component("i32.const 0", "", "(data (i32.const 528) \"\\1b[31m\")");
    for (bytes, property, what, help) in [
        (&b"\0asm\x01\0\0\0"[..], "component", "is not a component that can be run", "neither a core module"),
        (b"MZ\x90\0", "component", "is not a component that can be run", "`cloakroom plugin build`"),
        (&import, "imports", "imports `wasi:cli/environment@0.2.0`", "build it without WASI"),
        (
            &endless,
            "fuel",
            "`decide` for device=phone: it does not come to an end within",
            "loop that has no end",
        ),
        (&bomb, "memory", "more than 64 MiB of memory", "allocate less"),
        (&extra, "exports", "also exports `track`", "export the world `personalizer`"),
        (&lie, "answers", "it answers 7, but there are 2 choices", "most significant digit"),
        (&loud, "manifest", "there is no signal `\\u{1b}[31me`", "plugins/wit/personalizer.wit"),
    ] {
        let (code, out, err) = checked("bad.wasm", bytes);
        let err = err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(code, 3, "{err}");
        assert!(has_line(&out, &["wrong", property, what]), "{what} is not in\n{out}");
        assert!(err.contains("the plugin `bad.wasm` is refused: "), "{err}");
        assert!(err.contains(help), "{help} is not in {err}");
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'));
    }
}

#[test]
fn what_was_not_looked_at_is_not_called_good() {
    let (_, out, _) = checked("bad.wasm", b"\0asm\x01\0\0\0");
    assert!(has_line(&out, &["ok", "size", "8 of 16,777,216 bytes"]), "{out}");
    assert_eq!(out.matches("unknown").count(), 9, "{out}");
}

#[test]
fn files_that_are_none_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("folder.wasm")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.wasm")).unwrap();
    std::fs::write(folder.path().join("bytes.toml"), [0xff; 9]).unwrap();
    std::fs::write(folder.path().join("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    std::fs::write(folder.path().join("plugin.js"), "").unwrap();
    for (name, what, help) in [
        ("folder.wasm", "it is not a file", "not a folder or a device"),
        ("zero.wasm", "it is not a file", "not a folder or a device"),
        ("bytes.toml", "it is not UTF-8 text", "save it as UTF-8"),
        ("large.toml", "more than 1048576 bytes", "split it into several plugins"),
        ("plugin.js", "neither a rule file nor a component", "rule files end in `.toml`"),
        ("none.wasm", "cannot be read", "name a file that is there"),
    ] {
        let output = run(folder.path(), &["plugin", "check", name]);
        let err = String::from_utf8(output.stderr).unwrap();
        let err = err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains(name) && err.contains(what) && err.contains(help), "{err}");
    }
}
