//! Compiles a rule file to a plugin component, with no external toolchain.
