//! The loader of plugins as commands use it: where it keeps compiled code, what it cannot do here, and a bar
//! for who waits. No request is near.

use std::cell::OnceCell;
use std::env;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloakroom_plugin_host::{EngineError, Limits, Loader, Progress, Shortfalls};
use cloakroom_settings::Problem;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A load that is over sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A loader that keeps compiled code in a folder, if there is one.
///
/// # Errors
/// The system does not say where this program is.
pub(crate) fn loader(code: Option<PathBuf>) -> Result<Loader, EngineError> {
    let loader = Loader::new(Limits::default())?;
    Ok(match code {
        Some(folder) => loader.with_code_cache(&folder),
        None => loader,
    })
}

/// Where compiled code is kept below a configured store.
pub(crate) fn code_below(store: &Path) -> PathBuf {
    store.join("code")
}

/// `$XDG_CACHE_HOME/cloakroom`, or `~/.cache/cloakroom`. Relative paths count for nothing there.
pub(crate) fn own_cache() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("cloakroom"))
}

/// What this machine did not let the loader do as it should, once plugins were loaded.
pub(crate) fn shortfalls(loader: &Loader) -> Vec<Problem> {
    let Shortfalls { unconfined, not_kept } = loader.shortfalls();
    let unconfined = (!unconfined.is_empty()).then(|| {
        Problem::nowhere(format!(
            "the process that runs plugins is not wholly confined: {}",
            unconfined.join("; ")
        ))
        .help("Linux 5.13 or later with Landlock and seccomp has what is missing; all other limits hold")
    });
    let not_kept = not_kept.map(|cause| {
        Problem::nowhere(format!("compiled plugins are not kept: {cause}"))
            .help("let this user write there; until then a plugin is compiled each time it is loaded")
    });
    unconfined.into_iter().chain(not_kept).map(Problem::warning).collect()
}

/// Loads, showing how far it is on a terminal's standard errors if it takes its time.
pub(crate) fn watched<T>(load: impl FnOnce(&dyn Fn(Progress)) -> T) -> T {
    let bar = Bar { since: Instant::now(), bar: OnceCell::new() };
    load(&|progress| bar.tell(progress))
}

/// A bar that is gone with this.
struct Bar {
    since: Instant,
    bar: OnceCell<ProgressBar>,
}

impl Bar {
    /// Shows how far the load is.
    fn tell(&self, progress: Progress) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        // Draws nothing where there is no terminal.
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(style("{spinner} compiling, {elapsed} until now"))
        });
        if progress.cells > 0 {
            if bar.length().is_none() {
                bar.set_style(style("{wide_bar} {pos} of {len} cells, {eta} left"));
            }
            bar.set_length(u64::from(progress.cells));
            bar.set_position(u64::from(progress.done));
        }
        bar.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // Both texts above are templates.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
