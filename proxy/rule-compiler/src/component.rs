//! A core module around the functions and the data, and a component around the module.

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, FunctionSection, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::code::{self, CELL_FIELDS};
use crate::layout::{self, Layout};
use crate::lower::Program;

/// The contract that the component fulfils.
const WIT: &str = include_str!("../../../plugins/wit/personalizer.wit");
/// The interface's exports: each function, with its number of parameters.
const EXPORTS: [(&str, u32); 3] = [("describe", 0), ("decide", CELL_FIELDS), ("render", 2)];
const PAGE_BYTES: usize = 65_536;

/// Encodes a plugin. An error is one of size, or a fault of this compiler.
pub(crate) fn encode(program: &Program<'_>) -> Result<Vec<u8>, String> {
    let layout = layout::lay_out(program)?;
    let mut module = core_module(program, &layout);
    let mut contract = Resolve::default();
    fn fault(error: impl std::fmt::Display) -> String {
        format!("the component could not be encoded: {error:#}")
    }
    let package = contract.push_str("personalizer.wit", WIT).map_err(fault)?;
    let world = contract.select_world(&[package], Some("personalizer")).map_err(fault)?;
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).map_err(fault)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(fault)
}

fn core_module(program: &Program<'_>, layout: &Layout) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    for ((name, parameters), index) in EXPORTS.into_iter().zip(0..) {
        types.ty().function((0..parameters).map(|_| ValType::I32), [ValType::I32]);
        functions.function(index);
        let export = format!("cloakroom:personalizer/plugin@0.1.0#{name}");
        exports.export(&export, ExportKind::Func, index);
    }
    exports.export("memory", ExportKind::Memory, 0);

    let mut memories = MemorySection::new();
    let pages = u64::try_from(layout.bytes.len().div_ceil(PAGE_BYTES)).unwrap_or(u64::MAX);
    memories.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut bodies = CodeSection::new();
    bodies.function(&code::describe(layout));
    bodies.function(&code::decide(program));
    bodies.function(&code::render(program, layout));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), layout.bytes.iter().copied());

    Module::new()
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&bodies)
        .section(&data)
        .clone()
        .finish()
}
