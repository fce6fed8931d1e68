//! Each feature of WASM that plugins may not use is tried, and refused; so are contracts of another shape.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cloakroom_plugin_host::{Engine, Limits};

fn refusal(text: &str) -> String {
    let bytes = wat::parse_str(text).unwrap();
    Engine::new(Limits::default()).unwrap().load(&bytes).unwrap_err().to_string()
}

#[test]
fn what_no_toolchain_needs_is_refused() {
    for (feature, module) in [
        (
            "relaxed SIMD",
            "(func (param v128 v128) (result v128) local.get 0 local.get 1 i8x16.relaxed_swizzle)",
        ),
        ("threads", "(memory 1 1 shared)"),
        ("atomics", "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"),
        ("memory64", "(memory i64 1)"),
        ("multi-memory", "(memory 1) (memory 1)"),
        ("custom page sizes", "(memory 1 (pagesize 1))"),
        ("exceptions", "(tag) (func throw 0)"),
        ("tail calls", "(func $f return_call $f)"),
        ("function references", "(type $t (func)) (func (param (ref null $t)))"),
        ("garbage collection", "(type (struct))"),
        ("stack switching", "(type $f (func)) (type $c (cont $f))"),
        (
            "wide arithmetic",
            "(func (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128)",
        ),
    ] {
        let error = refusal(&format!("(component (core module {module}))"));
        assert!(error.starts_with("this is not a component that can be run: "), "{feature}: {error}");
        assert!(!error.contains("gave up"), "{feature}: {error}");
    }
}

#[test]
fn what_toolchains_write_is_not_refused_for_it() {
    for (feature, module) in [
        ("SIMD", "(func (result v128) v128.const i32x4 1 2 3 4)"),
        ("bulk memory", "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))"),
        ("sign extension", "(func (result i32) (i32.extend8_s (i32.const 1)))"),
        ("several results", "(func (result i32 i32) i32.const 1 i32.const 2)"),
        ("saturating conversion", "(func (result i32) (i32.trunc_sat_f32_s (f32.const 1)))"),
        ("extended constants", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
    ] {
        let error = refusal(&format!("(component (core module {module}))"));
        assert!(error.starts_with("the plugin does not export "), "{feature}: {error}");
    }
}

#[test]
fn asynchronous_components_are_refused() {
    let error = refusal("(component (type (future u8)))");
    assert!(error.starts_with("this is not a component that can be run: "), "{error}");
}

#[test]
fn types_at_the_level_of_the_world_are_imports_and_refused() {
    let refused = "a plugin may import nothing, this one imports `cell`";
    for kind in [
        r#"(type $cell (record (field "first" u8))) (import "cell" (type (eq $cell)))"#,
        r#"(import "cell" (type (sub resource)))"#,
    ] {
        assert_eq!(refusal(&format!("(component {kind})")), refused);
    }
    let within = refusal(r#"(component (component (import "cell" (func))))"#);
    assert!(within.starts_with("the plugin does not export "), "{within}");
}
