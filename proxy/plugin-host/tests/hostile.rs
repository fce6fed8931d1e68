//! Plugins that mean harm or are broken: each is refused, the error naming the export, the cell
//! and the reason in plain words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/crafted.rs"]
mod crafted;

use std::time::{Duration, Instant};

use cloakroom_plugin_host::{Engine, Limits, LoadError, Plugin};

use crafted::{HARMLESS, LOOP, Module, WIT};

impl Module {
    fn refusal(&self) -> String {
        self.load(Limits::default()).unwrap_err().to_string()
    }

    fn load(&self, limits: Limits) -> Result<Plugin, LoadError> {
        Engine::new(limits).unwrap().load(&self.component())
    }
}

fn refusal_of(bytes: &[u8]) -> String {
    Engine::new(Limits::default()).unwrap().load(bytes).unwrap_err().to_string()
}

#[test]
fn the_harmless_one_is_loaded() {
    let plugin = HARMLESS.load(Limits::default()).unwrap();
    assert_eq!(plugin.table().choices(), [1, 1, 1, 0], "the cell that knows nothing has the default");
    assert_eq!(plugin.digest().to_string().len(), 64);
    assert_eq!(
        plugin.readable().to_string(),
        "a (4 cells)\n  device is known → b  3  75 %\n  else            → a  1  25 %\n"
    );
}

#[test]
fn a_plugin_with_an_import_is_refused() {
    let bytes = wat::parse_str(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#).unwrap();
    assert_eq!(
        refusal_of(&bytes),
        "a plugin may import nothing, this one imports `wasi:clocks/wall-clock@0.2.0`"
    );
}

#[test]
fn a_component_that_exports_something_else_is_refused() {
    let error = refusal_of(&wat::parse_str("(component)").unwrap());
    assert!(error.starts_with("the plugin does not export `cloakroom:personalizer/plugin@0.1.0`"), "{error}");
}

#[test]
fn a_plugin_of_an_older_contract_is_told_to_be_built_again() {
    let older = WIT.replace("price-like: bool,\n", "");
    assert_ne!(older, WIT);
    let refusal = LoadError::Older;
    let bytes = HARMLESS.component_of(&older);
    assert_eq!(Engine::new(Limits::default()).unwrap().load(&bytes).err(), Some(refusal.clone()));
    assert!(refusal.help().starts_with("build it again"), "{}", refusal.help());
    // Neither is a manifest that was never the contract's taken for an old one.
    let other = WIT.replace("price-like: bool,\n", "priced: bool,\n");
    let error = refusal_of(&HARMLESS.component_of(&other));
    assert!(error.contains("expected record field named price-like, found priced"), "{error}");
}

#[test]
fn garbage_core_modules_and_text_are_refused() {
    for bytes in [&b""[..], b"garbage", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\xff\xff", b"(component)"] {
        let error = refusal_of(bytes);
        assert!(error.starts_with("this is not a component that can be run: "), "{error}");
    }
    let mut cut = HARMLESS.component();
    cut.truncate(cut.len() / 2);
    assert!(refusal_of(&cut).starts_with("this is not a component"));
    let large = refusal_of(&vec![0; 17 * 1024 * 1024]);
    assert_eq!(large, "the plugin has 17825792 bytes, at most 16777216 are allowed");
}

#[test]
fn an_endless_loop_in_one_cell_is_refused_with_that_cell() {
    let module = Module {
        decide: "(if (i32.eq (local.get 0) (i32.const 1)) (then (loop $l (br $l)))) i32.const 0",
        ..HARMLESS
    };
    let started = Instant::now();
    assert_eq!(
        module.refusal(),
        "`decide` for device=desktop: it does not come to an end within 50000000 instructions"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_endless_loop_anywhere_else_is_refused() {
    let end = "it does not come to an end within 50000000 instructions";
    assert_eq!(Module { describe: LOOP, ..HARMLESS }.refusal(), format!("`describe`: {end}"));
    assert_eq!(Module { render: LOOP, ..HARMLESS }.refusal(), format!("`render` of a=a: {end}"));
    let start = Module { extra: "(func $s (loop $l (br $l))) (start $s)", ..HARMLESS };
    assert_eq!(start.refusal(), format!("`describe`: {end}"));
}

#[test]
fn the_clock_stops_what_the_count_of_instructions_does_not() {
    let limits =
        Limits { fuel_per_call: u64::MAX / 2, wall_clock: Duration::from_millis(200), ..Limits::default() };
    let error = Module { decide: LOOP, ..HARMLESS }.load(limits).unwrap_err().to_string();
    assert_eq!(error, "`decide` for device=phone: it does not come to an end within 200 ms");
}

#[test]
fn a_plugin_that_is_slow_everywhere_is_given_up() {
    let module = Module {
        decide: "(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) \
                 (br_if $l (i32.lt_u (local.get $i) (i32.const 3000000)))) i32.const 0",
        ..HARMLESS
    };
    let limits = Limits { load_wall_clock: Duration::from_nanos(1), ..Limits::default() };
    assert!(
        module.load(limits).unwrap_err().to_string().starts_with("the plugin was given up after 0 seconds")
    );
    assert!(module.load(Limits::default()).is_ok());
}

#[test]
fn memory_bombs_are_refused() {
    let too_much = "it asks for more than 64 MiB of memory";
    let grow = Module { decide: "(drop (memory.grow (i32.const 20000))) i32.const 0", ..HARMLESS };
    assert_eq!(grow.refusal(), format!("`decide` for device=phone: {too_much}"));
    let slowly =
        Module { decide: "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable", ..HARMLESS };
    assert_eq!(slowly.refusal(), format!("`decide` for device=phone: {too_much}"));
    let whole = Module { memory: "20000", ..HARMLESS }.refusal();
    assert_eq!(whole, "this is not a component that can be run: it begins with more than 64 MiB of memory");
    let table = Module { extra: "(table 10000000 funcref)", ..HARMLESS }.refusal();
    assert_eq!(
        table,
        "this is not a component that can be run: it begins with more than 20000 table elements"
    );
}

#[test]
fn what_could_differ_between_machines_is_switched_off() {
    for module in [
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(memory 1) (memory 1)",
        "(func (param v128 v128) (result v128) local.get 0 local.get 1 i8x16.relaxed_swizzle)",
    ] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        let error = refusal_of(&bytes);
        assert!(error.starts_with("this is not a component that can be run: "), "{module}: {error}");
    }
}

#[test]
fn traps_are_refused_in_plain_words() {
    let trap = |decide| Module { decide, ..HARMLESS }.refusal();
    assert_eq!(trap("unreachable"), "`decide` for device=phone: it gives up (the instruction `unreachable`)");
    assert_eq!(
        trap("(i32.load (i32.const 0x7fffffff))"),
        "`decide` for device=phone: it reads or writes outside its memory"
    );
    assert_eq!(
        trap("(i32.div_u (i32.const 1) (i32.sub (i32.const 2) (local.get 0)))"),
        "`decide` for device=other: it divides by zero"
    );
    let deep = Module { extra: "(func $r (call $r))", decide: "(call $r) i32.const 0", ..HARMLESS };
    assert_eq!(deep.refusal(), "`decide` for device=phone: it calls itself too deeply");
}

#[test]
fn an_answer_beyond_the_choices_is_refused() {
    let error = Module { decide: "local.get 0", ..HARMLESS }.refusal();
    assert_eq!(error, "`decide` for device=other: it answers 2, but there are 2 choices, counted from 0");
}

#[test]
fn returned_addresses_and_amounts_are_bounded() {
    let outside = Module { render: "i32.const 0x7ffffff0", ..HARMLESS }.refusal();
    assert!(outside.starts_with("`render` of a=a: "), "{outside}");
    // Four million edits whose strings all are the same megabytes.
    let list =
        Module { extra: r#"(data (i32.const 256) "\00\00\00\00\ff\ff\0f\00")"#, memory: "1000", ..HARMLESS };
    assert_eq!(list.refusal(), "`render` of a=a: it returns more than 8388608 bytes");
    let edits = Module { extra: r#"(data (i32.const 256) "\00\04\00\00\21\00\00\00")"#, ..HARMLESS };
    assert_eq!(edits.refusal(), "`render` of a=a: it returns 33 edits, at most 32 are allowed");
}

#[test]
fn a_manifest_that_breaks_the_contract_is_refused() {
    let with = |extra| Module { extra, ..HARMLESS }.refusal();
    let split = |extra| with(extra).strip_prefix("the manifest: ").unwrap().to_owned();
    assert_eq!(
        split(r#"(data (i32.const 32) "\a0\00\00\00\02\00\00\00") (data (i32.const 160) "\32\33")"#),
        "the bucket ranges add up to 101, not to 100"
    );
    assert_eq!(
        split(r#"(data (i32.const 32) "\a0\00\00\00\02\00\00\00") (data (i32.const 160) "\64\00")"#),
        "a bucket range has a width of 0"
    );
    assert_eq!(
        split(r#"(data (i32.const 32) "\a0\00\00\00\01\00\00\00") (data (i32.const 160) "\64")"#),
        "there are 1 bucket ranges, 2 to 100 are allowed"
    );
    assert_eq!(
        with(r#"(data (i32.const 80) "\02")"#),
        "the manifest: the default of slot `a` is 2, but it has 2 variants"
    );
    assert_eq!(with(r#"(data (i32.const 513) "a")"#), "the manifest: variant `a` of slot `a` is there twice");
    assert_eq!(with(r#"(data (i32.const 528) "x")"#), "the manifest: there is no signal `xevice`");
    assert_eq!(with(r#"(data (i32.const 544) "x")"#), "the manifest: `xhone` is not a device value");
    assert_eq!(
        with(r#"(data (i32.const 8) "\58\02\00\00") (data (i32.const 600) "\1b")"#),
        "the manifest: the version holds a control character, or one that turns text around"
    );
    assert!(with(r#"(data (i32.const 512) "\0a")"#).starts_with(r"the manifest: "));
    assert_eq!(with(r#"(data (i32.const 20) "\00")"#), "the manifest: there are 0 slots, 1 to 8 are allowed");
}

/// The harmless plugin, in whose world one more function stands.
fn exporting(function: &str, core: &'static str) -> Result<Plugin, LoadError> {
    let wit = WIT.replace("export plugin;", &format!("export plugin;\n    export {function};"));
    let component = Module { extra: core, ..HARMLESS }.component_of(&wit);
    Engine::new(Limits::default()).unwrap().load(&component)
}

#[test]
fn what_a_known_toolchain_exports_beside_the_contract_is_let_be() {
    let init = "init: func(shim: string, script: string, entry-path: option<string>, disable-gc: bool) -> result<_, string>";
    let core = r#"(func (export "init") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
                  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    assert_eq!(exporting(init, core).unwrap().table().choices(), [1, 1, 1, 0]);
}

#[test]
fn any_other_export_is_refused_by_name() {
    let refusal = |function, core| exporting(function, core).unwrap_err().to_string();
    let only =
        "a plugin may export `cloakroom:personalizer/plugin@0.1.0` and nothing else, this one also exports";
    let none = r#"(func (export "init"))"#;
    assert_eq!(refusal("init: func()", none), format!("{only} `init (of an unknown type)`"));
    let other = r#"(func (export "init") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
                   (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    let almost = "init: func(shim: string, script: string, entry-path: option<string>, disable-gc: bool) -> result<_, u32>";
    assert_eq!(refusal(almost, other), format!("{only} `init (of an unknown type)`"));
    let more = r#"(func (export "track") (param i32))"#;
    assert_eq!(refusal("track: func(visitor: u32)", more), format!("{only} `track`"));
    // A core module and a type, written into an export section of their own.
    for section in [&[11, 8, 1, 0, 1, b'm', 0, 17, 0, 0][..], &[11, 7, 1, 0, 1, b't', 3, 0, 0]] {
        let bytes = [HARMLESS.component(), section.to_vec()].concat();
        let name = char::from(*section.get(5).unwrap());
        assert_eq!(refusal_of(&bytes), format!("{only} `{name}`"));
    }
}

#[test]
fn an_instance_knows_nothing_of_earlier_questions() {
    let count = "(i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1))) \
                 (global.set $calls (i32.add (global.get $calls) (i32.const 1))) \
                 (drop (memory.grow (i32.const 1))) \
                 (i32.sub (i32.add (i32.load (i32.const 1024)) (global.get $calls)) (memory.size))";
    let module = Module { decide: count, extra: "(global $calls (mut i32) (i32.const 0))", ..HARMLESS };
    let plugin = module.load(Limits::default()).unwrap();
    // One and one, less two pages: whoever remembered a call would say another number.
    assert_eq!(plugin.table().choices(), [0, 0, 0, 0]);
    assert_eq!(plugin.usage().memory_bytes, 2 * 65_536);
}

#[test]
fn what_a_plugin_uses_up_is_counted_exactly() {
    let loops = "(local $i i32) (local.set $i (i32.mul (local.get 0) (i32.const 1000))) \
                 (loop $l (local.set $i (i32.sub (local.get $i) (i32.const 1))) \
                 (br_if $l (i32.gt_s (local.get $i) (i32.const 0)))) i32.const 0";
    let idle = HARMLESS.load(Limits::default()).unwrap().usage();
    let plugin = Module { decide: loops, ..HARMLESS }.load(Limits::default()).unwrap();
    let usage = plugin.usage();
    assert_eq!(usage.costliest_cell, 2, "device=other has the largest id that is asked about");
    assert!((10_000..40_000).contains(&usage.decide_fuel), "{usage:?}");
    assert!(usage.decide_fuel_total > usage.decide_fuel && usage.decide_fuel_total < 3 * usage.decide_fuel);
    assert_eq!((usage.describe_fuel, usage.render_fuel), (idle.describe_fuel, idle.render_fuel));
    assert_eq!(idle.decide_fuel_total, 3 * idle.decide_fuel, "every cell costs the same");
    assert_eq!(usage.memory_bytes, 65_536);
    assert_eq!(usage.component_bytes, Module { decide: loops, ..HARMLESS }.component().len() as u64);
    assert_eq!(Plugin::from_record(&plugin.to_record()).unwrap().usage(), usage);
}

#[test]
fn every_cell_is_asked_about_twice() {
    let told = std::sync::Mutex::new(Vec::new());
    let engine = Engine::new(Limits::default()).unwrap();
    engine.load_telling(&HARMLESS.component(), &|progress| told.lock().unwrap().push(progress)).unwrap();
    let last = *told.lock().unwrap().last().unwrap();
    assert_eq!((last.done, last.cells), (6, 6), "three cells are asked about: the last one is never");
}
