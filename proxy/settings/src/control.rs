//! `[control]`: where a running `serve` takes orders.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::bounds;
use crate::checker::Checker;
use crate::files;
use crate::listen::socket;
use crate::raw::Text;

/// The name of the socket in the store's folder.
const SOCKET: &str = "control.sock";
/// May be read by everybody: of the bits of a file's mode.
const BY_EVERYBODY: u32 = 0o004;

/// Where a running `serve` takes orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// The socket for whoever runs the proxy: as configured, or in the store's folder; `None` without either.
    pub socket: Option<PathBuf>,
    /// It was configured, and nothing starts without it.
    pub is_required: bool,
    /// Where programs on other machines are listened to.
    pub listener: Option<ControlListener>,
}

/// An address that takes orders from whoever knows a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlListener {
    /// The address.
    pub address: SocketAddr,
    /// The file that holds the secret: it exists, and not everybody may read it.
    pub token_file: PathBuf,
}

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    socket: Option<Text>,
    listen: Option<Text>,
    token_file: Option<Text>,
}

/// Reads the section. `taken` are addresses that something else listens on.
pub(crate) fn control(
    checker: &mut Checker<'_>,
    folder: &Path,
    raw: &Section,
    store: Option<&Path>,
    taken: &[SocketAddr],
) -> Control {
    let own = raw.socket.as_ref().map(|written| {
        let text = written.get_ref();
        let path = folder.join(text);
        if text.is_empty() || path.is_dir() || path.as_os_str().len() > bounds::MAX_SOCKET_PATH {
            let message = format!("`{text}` cannot be a socket");
            let help = format!(
                "name a file that need not be there, of at most {} bytes, such as `\"control.sock\"`",
                bounds::MAX_SOCKET_PATH
            );
            checker.report(written.span(), "here", message, help);
        }
        path
    });
    let is_required = own.is_some();
    let socket = own.or_else(|| Some(store?.join(SOCKET)));
    Control { socket, is_required, listener: listener(checker, folder, raw, taken) }
}

fn listener(
    checker: &mut Checker<'_>,
    folder: &Path,
    raw: &Section,
    taken: &[SocketAddr],
) -> Option<ControlListener> {
    let (listen, token) = match (&raw.listen, &raw.token_file) {
        (None, None) => return None,
        (Some(listen), Some(token)) => (listen, token),
        (Some(listen), None) => {
            checker.report(
                listen.span(),
                "here",
                "`listen` needs a `token_file`",
                "whoever reaches the address could empty the cache: name a file that holds a secret",
            );
            return None;
        }
        (None, Some(token)) => {
            checker.report(token.span(), "here", "`token_file` needs a `listen`", "the socket needs no token");
            return None;
        }
    };
    let address = checker.accept(listen.span(), socket(listen.get_ref(), 8091))?;
    if taken.contains(&address) {
        let message = format!("`{address}` is taken by `[listen]` or `[metrics]` already");
        checker.report(listen.span(), "again here", message, "give control a port of its own");
    }
    let token_file = self::token_file(checker, folder, token);
    Some(ControlListener { address, token_file })
}

/// A file that others may not read, and that has a fitting size.
fn token_file(checker: &mut Checker<'_>, folder: &Path, written: &Text) -> PathBuf {
    let path = folder.join(written.get_ref());
    let named = Some((checker.source, written.span()));
    if let Err(problem) = files::usable(&path, bounds::MAX_TOKEN_FILE, named) {
        checker.problems.add(problem);
    } else if std::fs::metadata(&path).is_ok_and(|facts| facts.mode() & BY_EVERYBODY != 0) {
        let message = format!("everybody on this machine may read `{}`", written.get_ref());
        checker.report(written.span(), "named here", message, "take that away: `chmod o-r`, and change the token");
    }
    path
}
