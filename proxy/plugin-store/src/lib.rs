//! Keeps installed plugins by digest, and which of them each site shows.
//!
//! Components, records and file names enter; nothing of a visitor does.
