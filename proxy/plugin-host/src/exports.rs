//! What a component may export: the contract, and beside it what a known toolchain cannot leave out.
//! Anything more is refused: an export that nobody calls is one that nobody has looked at.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Type};

use crate::error::{LoadError, short};

/// The contract's interface, as components name it.
pub(crate) const CONTRACT: &str = "cloakroom:personalizer/plugin@0.1.0";

/// The function by which jco's QuickJS backend (1.35) sets a script up while it builds a component. It
/// stays in the component and is never called again.
const QUICKJS_INIT: &str = "init";

/// Exports that a message names.
const NAMED: usize = 5;

/// Refuses a component that exports anything but the contract and what is known to come with a toolchain,
/// by exact name and type.
///
/// # Errors
/// [`LoadError::Exports`].
pub(crate) fn known(engine: &wasmtime::Engine, component: &Component) -> Result<(), LoadError> {
    let exported = component.component_type();
    let unknown = exported.exports(engine).filter(|(name, export)| !is_known(name, &export.ty));
    let names: Vec<_> = unknown.take(NAMED).map(|(name, export)| described(name, &export.ty)).collect();
    if names.is_empty() { Ok(()) } else { Err(LoadError::Exports { names }) }
}

/// Whether `describe` returns the manifest that plugins had before slots said whether they are price-like.
pub(crate) fn is_older(engine: &wasmtime::Engine, component: &Component) -> bool {
    let exported = component.component_type();
    let Some(ComponentItem::ComponentInstance(plugin)) =
        exported.get_export(engine, CONTRACT).map(|found| found.ty)
    else {
        return false;
    };
    let describe = plugin.get_export(engine, "describe").map(|found| found.ty);
    let Some(ComponentItem::ComponentFunc(describe)) = describe else { return false };
    let Some(Type::Record(manifest)) = describe.results().next() else { return false };
    let Some(slots) = manifest.fields().find(|field| field.name == "slots").map(|field| field.ty) else {
        return false;
    };
    let Type::List(slots) = slots else { return false };
    let Type::Record(slot) = slots.ty() else { return false };
    slot.fields().map(|field| field.name).eq(["name", "variants", "default", "delivery"])
}

fn is_known(name: &str, item: &ComponentItem) -> bool {
    match item {
        // What is within it has been compared with the contract.
        ComponentItem::ComponentInstance(_) => name == CONTRACT,
        ComponentItem::ComponentFunc(function) => name == QUICKJS_INIT && is_quickjs_init(function),
        _ => false,
    }
}

/// `func(shim: string, script: string, entry-path: option<string>, disable-gc: bool) -> result<_, string>`.
fn is_quickjs_init(function: &ComponentFunc) -> bool {
    let parameters: Vec<_> = function.params().collect();
    let [
        ("shim", Type::String),
        ("script", Type::String),
        ("entry-path", Type::Option(entry)),
        ("disable-gc", Type::Bool),
    ] = parameters.as_slice()
    else {
        return false;
    };
    let results: Vec<_> = function.results().collect();
    let [Type::Result(result)] = results.as_slice() else { return false };
    entry.ty() == Type::String && result.ok().is_none() && result.err() == Some(Type::String)
}

fn described(name: &str, item: &ComponentItem) -> String {
    let name = short(name, 80);
    match item {
        ComponentItem::ComponentFunc(_) if name == QUICKJS_INIT => format!("{name} (of an unknown type)"),
        _ => name,
    }
}
