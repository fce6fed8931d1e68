//! Keeps the repository as its documents say it is: sources, imports, licences, links.
//!
//! Reads the files of the workspace and what cargo knows of it; builds and runs nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: a panic is how a test fails")]

mod dependencies;
mod documents;
mod imports;
mod sources;
mod table;
mod workspace;
