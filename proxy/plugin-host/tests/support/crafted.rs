//! A plugin written by hand in WAT, of which any part can be exchanged for a hostile one.

#![allow(dead_code, reason = "each test uses what it needs of it")]

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

pub const WIT: &str = include_str!("../../../../plugins/wit/personalizer.wit");

/// The manifest of a plugin with one slot `a` (variants `a`, `b`) over device phone and desktop:
/// at 0 the record, then slots, signals, variants and values; strings from 512 on.
const DATA: &str = r#"
(data (i32.const 0) "\00\02\00\00\01\00\00\00" "\00\02\00\00\01\00\00\00" "\40\00\00\00\01\00\00\00" "\60\00\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00")
(data (i32.const 64) "\00\02\00\00\01\00\00\00" "\80\00\00\00\02\00\00\00" "\00\00\00\00")
(data (i32.const 96) "\10\02\00\00\06\00\00\00" "\00\02\00\00\01\00\00\00" "\90\00\00\00\02\00\00\00")
(data (i32.const 128) "\00\02\00\00\01\00\00\00" "\01\02\00\00\01\00\00\00")
(data (i32.const 144) "\20\02\00\00\05\00\00\00" "\30\02\00\00\07\00\00\00")
(data (i32.const 512) "ab") (data (i32.const 528) "device") (data (i32.const 544) "phone") (data (i32.const 560) "desktop")
"#;

/// A core module; what is changed of it is what makes it hostile.
pub struct Module {
    pub describe: &'static str,
    pub decide: &'static str,
    pub render: &'static str,
    pub memory: &'static str,
    pub extra: &'static str,
}

pub const HARMLESS: Module = Module {
    describe: "i32.const 0",
    decide: "i32.const 1",
    render: "i32.const 256",
    memory: "1",
    extra: "",
};

pub const LOOP: &str = "(loop $l (br $l)) unreachable";

impl Module {
    /// The core module, which says itself which world it is made for.
    pub fn core(&self) -> Vec<u8> {
        self.core_of(WIT)
    }

    fn core_of(&self, wit: &str) -> Vec<u8> {
        let Self { describe, decide, render, memory, extra } = self;
        let interface = "cloakroom:personalizer/plugin@0.1.0";
        let text = format!(
            r#"(module
              (memory (export "memory") {memory}) {DATA} {extra}
              (func (export "{interface}#describe") (result i32) {describe})
              (func (export "{interface}#decide") (param i32 i32 i32 i32 i32 i32) (result i32) {decide})
              (func (export "{interface}#render") (param i32 i32) (result i32) {render}))"#
        );
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut contract = Resolve::default();
        let package = contract.push_str("personalizer.wit", wit).unwrap();
        let world = contract.select_world(&[package], None).unwrap();
        embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
        module
    }

    pub fn component(&self) -> Vec<u8> {
        self.component_of(WIT)
    }

    /// Made for another world than the contract's.
    pub fn component_of(&self, wit: &str) -> Vec<u8> {
        ComponentEncoder::default().module(&self.core_of(wit)).unwrap().encode().unwrap()
    }
}
