//! Joins control with what it controls: orders reach the pipeline that answers, and leave a line in the log that
//! says what kind they were, and no path or tag.

use std::sync::Arc;

use cloakroom_control::{Obey, Token, listen_on, open_socket};
use cloakroom_pipeline::{Live, PurgeError, PurgeOrder};
use cloakroom_settings::{Control, ControlListener, Problem};

/// Takes orders wherever the settings say.
///
/// # Errors
/// The problem; a warning where the proxy may go on without: nobody has asked for the socket in the store's folder.
pub(crate) fn start(control: &Control, live: &Arc<Live>) -> Result<(), Problem> {
    if let Some(ControlListener { address, token_file }) = &control.listener {
        let token = Token::read(token_file).map_err(|cause| {
            let message = format!("`{}` holds no token: {cause}", token_file.display());
            Problem::nowhere(message)
                .help("make one: `head -c 32 /dev/urandom | base64`, and `chmod o-r` its file")
        })?;
        listen_on(*address, token, obey(live, "listener"))
            .map_err(|cause| Problem::nowhere(format!("cannot listen on `{address}` for orders: {cause}")))?;
        tracing::info!(%address, "taking orders");
    }
    let Some(path) = &control.socket else { return Ok(()) };
    open_socket(path, obey(live, "socket")).map_err(|cause| {
        let problem = Problem::nowhere(format!("cannot take orders at `{}`: {cause}", path.display()));
        let problem = problem.help(
            "name another path in `[control] socket`, in a folder of the user who runs this; until then \
             `cloakroom purge` does not reach it",
        );
        if control.is_required { problem } else { problem.warning() }
    })
}

fn obey(live: &Arc<Live>, from: &'static str) -> Arc<Obey> {
    let live = Arc::clone(live);
    Arc::new(move |order: &PurgeOrder| -> Result<usize, PurgeError> {
        let count = live.purge(order)?;
        tracing::info!(from, what = order.what.kind(), soft = order.soft, count, "purged");
        Ok(count)
    })
}
