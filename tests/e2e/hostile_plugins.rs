//! Plugins that mean harm, offered to a site that is being served: each is refused in words that say why, or is
//! contained, and the site goes on.

use crate::client::Visitor;
use crate::crafted::{HARMLESS, LOOP, Module};
use crate::installing::{Shop, Typed};
use crate::proxy::Proxy;

/// The name of a hostile plugin, its bytes, and what has to be said of it.
type Case = (&'static str, Vec<u8>, &'static str);

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn module(module: Module) -> Vec<u8> {
    module.component()
}

fn imports() -> Vec<Case> {
    let of = |import: &str| component(&format!("(component {import})"));
    let import = "a plugin may import nothing";
    vec![
        ("a clock", of(r#"(import "wasi:clocks/wall-clock@0.2.0" (instance))"#), import),
        ("randomness", of(r#"(import "wasi:random/random@0.2.0" (instance))"#), import),
        ("a function", of(r#"(import "tell" (func (param "who" string)))"#), import),
        ("a type", of(r#"(import "secret" (type (sub resource)))"#), import),
        ("a component", of(r#"(import "c" (component))"#), "component imports are not supported"),
        ("a core module", of(r#"(import "m" (core module))"#), import),
    ]
}

fn that_never_end() -> Vec<Case> {
    let end = "does not come to an end within";
    let start = Module { extra: "(func $s (loop $l (br $l))) (start $s)", ..HARMLESS };
    vec![
        ("loop in describe", module(Module { describe: LOOP, ..HARMLESS }), end),
        ("loop in decide", module(Module { decide: LOOP, ..HARMLESS }), end),
        ("loop in render", module(Module { render: LOOP, ..HARMLESS }), end),
        ("loop at the start", module(start), end),
    ]
}

fn that_want_too_much() -> Vec<Case> {
    let grow = "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable";
    let deep = Module { extra: "(func $r (call $r))", decide: "(call $r) i32.const 0", ..HARMLESS };
    let edits =
        Module { extra: r#"(data (i32.const 256) "\00\00\00\00\ff\ff\0f\00")"#, memory: "1000", ..HARMLESS };
    // A string of nearly all the memory that there is, as the plugin's name.
    let name = Module { extra: r#"(data (i32.const 4) "\00\00\b0\00")"#, memory: "1000", ..HARMLESS };
    let slots = Module { extra: r#"(data (i32.const 20) "\ff\ff\ff\00")"#, memory: "1000", ..HARMLESS };
    vec![
        ("memory by and by", module(Module { decide: grow, ..HARMLESS }), "more than 64 MiB of memory"),
        ("memory at once", module(Module { memory: "20000", ..HARMLESS }), "more than 64 MiB of memory"),
        ("a table", module(Module { extra: "(table 10000000 funcref)", ..HARMLESS }), "table elements"),
        ("a deep call", module(deep), "calls itself too deeply"),
        ("a million edits", module(edits), "it returns more than"),
        ("a long name", module(name), "returns more than"),
        ("many slots", module(slots), "out of bounds of memory"),
    ]
}

fn that_lie() -> Vec<Case> {
    let with = |extra| module(Module { extra, ..HARMLESS });
    vec![
        (
            "an answer that is none",
            module(Module { decide: "i32.const 2", ..HARMLESS }),
            "there are 2 choices",
        ),
        ("two variants of one name", with(r#"(data (i32.const 513) "a")"#), "`a` is there twice"),
        ("a default that is none", with(r#"(data (i32.const 80) "\02")"#), "the default of slot `a` is 2"),
        ("a signal that is none", with(r#"(data (i32.const 528) "x")"#), "there is no signal `xevice`"),
        ("a value that is none", with(r#"(data (i32.const 544) "x")"#), "`xhone` is not a device value"),
        ("a name with a control", with(r#"(data (i32.const 512) "\1b")"#), "the manifest: "),
        ("no slot", with(r#"(data (i32.const 20) "\00")"#), "there are 0 slots"),
        (
            "an address outside",
            module(Module { render: "i32.const 0x7ffffff0", ..HARMLESS }),
            "`render` of a=a",
        ),
        ("a trap", module(Module { decide: "unreachable", ..HARMLESS }), "it gives up"),
        ("other exports", component("(component)"), "does not export `cloakroom:personalizer/plugin@0.1.0`"),
    ]
}

fn that_are_no_components() -> Vec<Case> {
    let none = "this is not a component that can be run";
    let mut cut = module(HARMLESS);
    cut.truncate(cut.len() * 2 / 3);
    let threads = component("(component (core module (memory 1 1 shared)))");
    vec![
        ("nothing", Vec::new(), none),
        ("noise", (0..=255).cycle().take(100_000).collect(), none),
        ("a core module", HARMLESS.core(), none),
        ("half a component", cut, none),
        ("threads", threads, none),
    ]
}

fn served() -> (Proxy, Typed) {
    let (proxy, typed) = Shop::new(|site| site).serve();
    {
        let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
        proxy.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");
    }
    (proxy, typed)
}

/// Offers the plugin; gives how the command ended, and what it said.
fn offer(typed: &Typed, bytes: &[u8]) -> (i32, String) {
    let file = typed.bytes("hostile.wasm", bytes);
    let (code, out, err) = typed.plugin(&["install", &file, "--site", "shop", "--as", "hero"]);
    (code, out + &err)
}

#[test]
fn each_is_refused_in_words_and_the_site_goes_on() {
    let (proxy, typed) = served();
    let corpus = [imports(), that_never_end(), that_want_too_much(), that_lie(), that_are_no_components()];
    for (name, bytes, words) in corpus.into_iter().flatten() {
        let (code, said) = offer(&typed, &bytes);
        assert_eq!(code, 3, "{name}: {said}");
        // Lines are broken for people.
        let plain: String = said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(plain.contains(words), "{name}: {plain}");
        assert!(plain.contains("help: "), "{name} is told what to do: {plain}");
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{name}: {said}");
        assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200, "{name}");
    }
    assert_eq!(typed.live(), None, "nothing was installed");
    assert!(!proxy.printed().contains("taken up") && !proxy.printed().contains("panicked"));
}

#[test]
fn a_plugin_that_remembers_what_it_was_asked_answers_as_if_it_did_not() {
    let (proxy, typed) = served();
    // Each call would answer another way than the one before.
    let counts = Module {
        extra: "(global $n (mut i32) (i32.const 0))",
        decide: "(global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.and (global.get $n) (i32.const 1))",
        ..HARMLESS
    };
    let file = typed.bytes("counts.wasm", &counts.component());
    let (code, out, err) = typed.type_in(&["plugin", "table", &file, "--json"]);
    assert_eq!(code, 0, "{err}");
    let table: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rules = table["slots"][0]["rules"].as_array().unwrap();
    let shown: Vec<_> = rules.iter().map(|rule| (&rule["variant"], &rule["cells"])).collect();
    assert_eq!(format!("{shown:?}"), r#"[(String("b"), Number(3)), (String("a"), Number(1))]"#);
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
}

#[test]
fn a_file_of_100_megabytes_is_not_read() {
    let (proxy, typed) = served();
    let file = typed.bytes("large.wasm", b"\0asm");
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(100 << 20).unwrap();
    let (code, _, err) = typed.plugin(&["install", &file, "--site", "shop", "--as", "hero"]);
    assert!(code == 1 && err.contains("more than 16777216 bytes"), "{err}");
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
}

/// One function that is as large as a function may be, in which each instruction depends on the one before.
fn slow_to_compile(instructions: usize) -> Vec<u8> {
    let step = "(local.set $i (i32.add (i32.mul (local.get $i) (local.get 0)) (local.get 1)))\n";
    let decide: &'static str =
        Box::leak(format!("(local $i i32) {} i32.const 1", step.repeat(instructions)).into());
    Module { decide, ..HARMLESS }.component()
}

#[test]
fn what_takes_long_to_compile_keeps_nobody_waiting_but_who_installs_it() {
    let (proxy, typed) = served();
    let bomb = slow_to_compile(200_000);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (code, said) = offer(&typed, &bomb);
            assert!(code == 3 || code == 0, "{said}");
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        let mut answers = 0;
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
            answers += 1;
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(answers > 5, "{answers}");
    });
}
