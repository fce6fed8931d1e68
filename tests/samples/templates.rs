//! Every template of a rule file compiles without a warning, passes the door whole, and does something to the
//! page of the sample shop that it is written for.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;

use cloakroom_demo::{Origin, Recorder};
use cloakroom_plugin_host::{Engine, Limits, Plugin};
use cloakroom_rewrite::{OutputPolicy, cleanse_only, rewrite};

fn templates() -> BTreeMap<String, Plugin> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins/templates");
    let engine = Engine::new(Limits::default()).unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let rules = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let load = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let compiled = cloakroom_rule_compiler::compile_with_warnings(&text).unwrap();
        assert_eq!(compiled.warnings, [], "{name}");
        (name, engine.load(&compiled.component).unwrap())
    };
    rules.map(load).collect()
}

/// The home page of the sample shop, from a real socket.
fn home() -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let shop = runtime.block_on(Origin::start(anywhere, Recorder::new())).unwrap();
    let mut stream = TcpStream::connect(shop.local_addr()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer.split_off(head + 4)
}

#[test]
fn each_variant_passes_the_door_whole_and_changes_the_shops_page() {
    let page = home();
    let plain = cleanse_only(&page).unwrap();
    let door = OutputPolicy::new(vec!["shop.example".to_owned()], Vec::new(), |path| {
        ["/cart", "/login", "/account"].iter().any(|private| path.starts_with(private))
    });
    let mut changed = 0;
    for (name, plugin) in templates() {
        assert_eq!(plugin.manifest().name(), name);
        for (at, slot) in plugin.manifest().slots().iter().enumerate() {
            for (position, variant) in slot.variants().iter().enumerate() {
                let written = plugin.edits(at, position).to_vec();
                if written.is_empty() {
                    continue;
                }
                let count = written.len();
                let (edits, removed) = door.admit(written);
                assert_eq!(removed, [], "{name}, {variant}");
                // One by one, so that none of them finds nothing.
                for edit in 0..count {
                    let (one, _) = door.admit(vec![plugin.edits(at, position)[edit].clone()]);
                    let after = rewrite(&page, &[&one], &|_| None).unwrap();
                    assert_ne!(after, plain, "{name}, {variant}, edit {edit}");
                }
                assert_ne!(rewrite(&page, &[&edits], &|_| None).unwrap(), plain, "{name}, {variant}");
                changed += 1;
            }
        }
    }
    assert!(changed > 20, "{changed} variants");
}

#[test]
fn the_list_of_templates_is_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins/templates/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let listed = text.lines().filter_map(|line| line.strip_prefix("| [")?.split_once(']'));
    let listed: Vec<_> = listed.map(|(name, _)| name.to_owned()).collect();
    let mut there: Vec<_> = templates().into_keys().collect();
    there.sort();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(sorted, there);
    for name in listed {
        assert!(text.contains(&format!("[{name}]({name}.toml)")), "{name}");
    }
}
