//! Reads the configuration files strictly and returns one plain, validated [`Settings`].
//!
//! Each file is checked twice: its shape against the table of keys that the reference is printed
//! from too, then its meaning. All problems of a step are reported together, each with its place and a
//! suggestion. Behind this room nobody validates a configuration again. No request data ever
//! enters it, and it opens no socket.

mod audit;
mod bounds;
mod cache;
mod checker;
mod consent;
mod control;
mod entry;
mod files;
mod keys;
mod listen;
mod main_file;
mod names;
mod notice;
mod problem;
mod quantity;
mod raw;
mod reference;
mod response_field;
mod route;
mod route_parts;
mod sensitive;
mod settings;
mod shape;
mod shares;
mod signals_page;
mod site_file;
mod site_parts;
mod topics;

pub use cache::Caching;
pub use control::{Control, ControlListener};
pub use listen::{Certificate, Listen, PemFile};
pub use main_file::load;
pub use names::closest;
pub use problem::{LoadError, Problem, Source, Span};
pub use reference::reference;
pub use settings::{
    Audit, AuditLimits, Compress, ConsentSource, Crowd, Downstream, Limits, Log, LogFormat, LogLevel, Mode,
    Notice, Origin, Plugin, PluginFile, QueryRule, QueryValues, Route, SensitiveNames, Settings, Site,
    TcfTerms, Unstorable,
};
pub use shares::load as load_shares;
