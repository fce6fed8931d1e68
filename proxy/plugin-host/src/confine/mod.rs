//! What a process gives up before it meets a plugin: memory, processor time, files, network, other
//! processes, and every privilege. It works on the calling process alone; no plugin's bytes enter here.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod linux;

use serde::{Deserialize, Serialize};

/// What the process may use up from now on. Rounded to what the system can hold it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Memory that it writes to, in bytes. What is only reserved does not count.
    pub memory_bytes: u64,
    /// Addresses that it may reserve beyond that, in bytes.
    pub reserved_bytes: u64,
    /// Time on all processors together, in seconds.
    pub processor_seconds: u64,
    /// The largest file in memory that it may make, in bytes. There are no others that it could write, and
    /// there is room for thirteen beside its standard files. They do not count as memory.
    pub file_bytes: u64,
}

/// Which parts of the confinement hold. All do on Linux 5.13 and later, with Landlock switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Memory, processor time and files are bounded, and no core is dumped.
    pub bounded: bool,
    /// It is not root, has no capability, can gain none, and no other process of its user may look into it.
    pub unprivileged: bool,
    /// No path leads to a file (Landlock).
    pub without_files: bool,
    /// No system call beyond those for memory, threads, clocks and its pipes, and none on files that were open
    /// when it was started (seccomp).
    pub without_calls: bool,
}

impl Confinement {
    /// What does not hold, each in words that go on from “not confined:”; empty if all does.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            (self.bounded, "its memory and processor time are not bounded by the system"),
            (self.unprivileged, "it keeps privileges of the user who started it"),
            (self.without_files, "files are not out of its reach by Landlock"),
            (
                self.without_calls,
                "system calls, or files that were open before, are not out of its reach by seccomp",
            ),
        ];
        parts.into_iter().filter_map(|(holds, words)| (!holds).then_some(words)).collect()
    }
}

/// Confines the calling process for the rest of its life, as far as the system can. To be called while it
/// has one thread, which is the one that all later ones inherit from.
///
/// What the system cannot do is missing in the answer, and all the rest still holds.
#[must_use]
pub fn confine(bounds: &Bounds) -> Confinement {
    #[cfg(target_os = "linux")]
    return linux::confine(bounds);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = bounds;
        Confinement::default()
    }
}
