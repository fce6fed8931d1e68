//! Runs plugin components in wasmtime and tabulates their whole behaviour when they are loaded.
