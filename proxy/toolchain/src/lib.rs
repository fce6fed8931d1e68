//! Writes a plugin's first source, and drives the toolchain that makes a component of it.
//!
//! Sources, templates and toolchains enter; nothing of a site or a visitor does. What leaves is a
//! component that has not been checked by anybody: that is for `plugin-host`.
