//! What the command's exit codes mean. Clap itself exits with 2 for wrong arguments.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success = 0,
    /// Something could not be done: an address is taken, a file cannot be read.
    Failure = 1,
    /// The configuration, a policy, a rule file or a plugin is wrong.
    Wrong = 3,
    /// Two plugins were compared, and differ.
    Different = 4,
}
