//! From the module that a language's tools made to a component of the contract.

use cloakroom_settings::Problem;
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::BuildError;

/// The contract, as plugins are built by.
pub const CONTRACT: &str = include_str!("../../../plugins/wit/personalizer.wit");

/// The largest component, in bytes: a site takes no larger one.
pub const COMPONENT_BYTES: usize = 16 << 20;

/// The world of the contract.
const WORLD: &str = "personalizer";
/// How custom sections begin that say by which contract a module was built.
const BUILT_BY: &str = "component-type";

/// Makes a component of what a tool made, if it is not one yet.
///
/// # Errors
/// It is too large, no WASM, or does not keep the contract.
pub(crate) fn finish(made: Vec<u8>) -> Result<Vec<u8>, BuildError> {
    let component = if Parser::is_component(&made) { made } else { encode(made).map_err(refused)? };
    if component.len() > COMPONENT_BYTES {
        let size = component.len();
        return Err(refused(format!("it has {size} bytes, at most {COMPONENT_BYTES} are allowed")));
    }
    Ok(component)
}

fn refused(why: String) -> BuildError {
    let problem = Problem::nowhere(format!("what was built is no plugin: {why}"))
        .help("a plugin exports `describe`, `decide` and `render` of the contract, and imports nothing");
    BuildError::wrong(problem)
}

fn encode(mut module: Vec<u8>) -> Result<Vec<u8>, String> {
    fn text(error: impl std::fmt::Display) -> String {
        format!("{error:#}")
    }
    // Generated bindings leave word of the contract in the module; what was written by hand does not.
    if !says_its_contract(&module).map_err(text)? {
        let mut contract = Resolve::default();
        let package = contract.push_str("personalizer.wit", CONTRACT).map_err(text)?;
        let world = contract.select_world(&[package], Some(WORLD)).map_err(text)?;
        embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).map_err(text)?;
    }
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(text)
}

fn says_its_contract(module: &[u8]) -> wasmparser::Result<bool> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload?
            && section.name().starts_with(BUILT_BY)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(more: &str) -> Vec<u8> {
        let text = format!(
            "(module {more} (memory (export \"memory\") 1)
               (func (export \"cloakroom:personalizer/plugin@0.1.0#describe\") (result i32) i32.const 0)
               (func (export \"cloakroom:personalizer/plugin@0.1.0#render\") (param i32 i32) (result i32)
                 i32.const 0)
               (func (export \"cloakroom:personalizer/plugin@0.1.0#decide\")
                 (param i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"
        );
        wat::parse_str(text).unwrap()
    }

    fn why(made: Vec<u8>) -> String {
        let BuildError::Wrong(problems) = finish(made).unwrap_err() else { unreachable!() };
        problems[0].message().to_owned()
    }

    #[test]
    fn a_module_with_the_exports_of_the_contract_becomes_a_component() {
        let component = finish(module("")).unwrap();
        assert!(Parser::is_component(&component));
        assert_eq!(finish(component.clone()).unwrap(), component, "a component stays as it is");
    }

    #[test]
    fn what_lacks_an_export_or_imports_is_refused_with_its_name() {
        let bare = wat::parse_str("(module (memory (export \"memory\") 1))").unwrap();
        let told = why(bare);
        assert!(told.contains("function `describe`"), "{told}");
        let imports = module("(import \"env\" \"clock\" (func))");
        let told = why(imports);
        assert!(told.contains("env"), "{told}");
    }

    #[test]
    fn what_is_no_wasm_is_refused() {
        assert!(why(b"MZ".to_vec()).starts_with("what was built is no plugin: "));
        assert!(why(vec![0; COMPONENT_BYTES + 1]).starts_with("what was built is no plugin: "));
    }
}
