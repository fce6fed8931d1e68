//! The host's side of the contract, generated from the WIT file.
//!
//! Types here are as a plugin wrote them: `validate` turns them into ours.

#![allow(clippy::all, clippy::indexing_slicing, missing_docs, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../plugins/wit",
    world: "personalizer",
    additional_derives: [serde::Serialize, serde::Deserialize],
});
