//! Components made of components, as toolchains for JavaScript write them: the parts have a memory each
//! and pass text to each other, which the engine copies from one memory to another.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use cloakroom_plugin_host::{Engine, Limits, LoadError, Plugin};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../plugins/wit/personalizer.wit");
const INTERFACE: &str = "cloakroom:personalizer/plugin@0.1.0";

/// The id of a section that holds a component.
const NESTED_COMPONENT: u8 = 4;
/// What a component begins with, before its sections.
const HEADER_BYTES: usize = 8;

const MEMORY: &str = "(memory 1)";

/// A plugin with one slot `a` (variants `a`, `b`) and no signals but a bucket in two halves, whose choice
/// is the length of the text that it passes on: of `ab` in the first half, of `b` in the second.
const MODULE: &str = r#"(module
  (import "$root" "length" (func $length (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\02\00\00\01\00\00\00" "\00\02\00\00\01\00\00\00" "\40\00\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00" "\10\02\00\00\02\00\00\00")
  (data (i32.const 64) "\00\02\00\00\01\00\00\00" "\80\00\00\00\03\00\00\00" "\00\00\00\00")
  (data (i32.const 128) "\00\02\00\00\01\00\00\00" "\01\02\00\00\01\00\00\00" "\02\02\00\00\01\00\00\00")
  (data (i32.const 512) "abc") (data (i32.const 528) "\32\32")
  (func (export "INTERFACE#describe") (result i32) i32.const 0)
  (func (export "INTERFACE#decide") (param i32 i32 i32 i32 i32 i32) (result i32)
    i32.const 512 (i32.sub (i32.const 2) (local.get 5)) call $length)
  (func (export "INTERFACE#render") (param i32 i32) (result i32) i32.const 256))"#;

/// Counts the bytes of a text in its own memory, up to the first that is zero: a text that did not
/// arrive there has none.
const COUNTER: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
    (func (export "length") (param $at i32) (param $bytes i32) (result i32) (local $seen i32)
      (block $end (loop $next
        (br_if $end (i32.eq (local.get $seen) (local.get $bytes)))
        (br_if $end (i32.eqz (i32.load8_u (i32.add (local.get $at) (local.get $seen)))))
        (local.set $seen (i32.add (local.get $seen) (i32.const 1)))
        (br $next)))
      local.get $seen))
  (core instance $i (instantiate $m))
  (func (export "length") (param "text" string) (result u32)
    (canon lift (core func $i "length") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;

/// The plugin's part, which imports what the counter exports.
fn part() -> Vec<u8> {
    let mut module = wat::parse_str(MODULE.replace("INTERFACE", INTERFACE)).unwrap();
    let mut contract = Resolve::default();
    let wit = WIT.replace("export plugin;", "export plugin;\n    import length: func(text: string) -> u32;");
    let package = contract.push_str("personalizer.wit", &wit).unwrap();
    let world = contract.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A component that consists of the counter, the plugin's part, and `more` parts that only have what `rest` says.
/// A component is a list of sections, so the part is put between two that are written as text.
fn composed(more: usize, rest: &str) -> Result<Plugin, LoadError> {
    let written = |text: &str| wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let idle = format!("(component (core module $m {rest}) (core instance (instantiate $m)))");
    let part = part();
    let mut component = written(&format!("(component {COUNTER} {idle})"));
    component.push(NESTED_COMPONENT);
    component.extend(leb128(part.len()));
    component.extend(part);
    let joined = written(&format!(
        r#"(component
          (instance (instantiate 0))
          (instance (instantiate 2 (with "length" (func 0 "length"))))
          (export "{INTERFACE}" (instance 1 "{INTERFACE}"))
          {})"#,
        "(instance (instantiate 1))".repeat(more),
    ));
    component.extend(joined.split_at(HEADER_BYTES).1);
    Engine::new(Limits::default()).unwrap().load(&component)
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn parts_pass_text_to_each_other() {
    let plugin = composed(0, "").unwrap();
    assert_eq!(plugin.table().choices(), [2, 1, 0]);
}

#[test]
fn parts_are_held_to_their_number() {
    assert_eq!(composed(2, MEMORY).unwrap().table().choices(), [2, 1, 0]);
    for (more, part, words) in [
        (3, MEMORY, "its parts have more than 4 memories together"),
        (5, "(table 1 funcref)", "its parts have more than 4 tables together"),
        (16, "", "it is made of more than 16 modules"),
    ] {
        let refused = composed(more, part).unwrap_err().to_string();
        assert_eq!(refused, format!("this is not a component that can be run: {words}"));
    }
}

#[test]
fn a_module_has_one_memory() {
    for several in ["(memory 1) (memory 1)", r#"(import "a" "b" (memory 1)) (memory 1)"#] {
        let component = wat::parse_str(format!("(component (component (core module {several})))")).unwrap();
        let refused = Engine::new(Limits::default()).unwrap().load(&component).unwrap_err().to_string();
        assert_eq!(
            refused,
            "this is not a component that can be run: one of its modules has several memories"
        );
    }
}
