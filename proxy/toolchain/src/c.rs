//! C, by the compiler and linker that Zig brings: one download for every platform, and no sysroot.

use crate::{BuildError, Job, tools, zig};

/// No library and no operating system; memory for a stack that is plenty for a plugin.
const OPTIONS: [&str; 9] = [
    "cc",
    "-target",
    "wasm32-freestanding",
    "-std=c11",
    "-Os",
    "-Wall",
    "-nostdlib",
    "-Wl,--no-entry",
    "-Wl,-z,stack-size=65536",
];

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    let zig = zig::find(job)?;
    let made = job.scratch.join("plugin.wasm");
    let run = zig.run_in(job.scratch).args(&OPTIONS).arg("-o").arg(&made);
    job.tools.run(&zig::apart(run, job).arg(zig::source(job)?))?;
    tools::made(&made)
}
