//! The system calls that a process may still make when it runs a plugin: memory, threads, clocks, its pipes.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter_all_threads,
};

/// What the engine, the allocator, threads and the pipes need.
const ALLOWED: [c_long; 34] = [
    // Pipes, and files in memory. Nothing can be opened.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_memfd_create,
    libc::SYS_ftruncate,
    // Memory.
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Threads. That `clone` makes threads alone stands below.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_membarrier,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Traps of WASM arrive as signals.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Clocks, where they are not read without a call.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // Another filter answers for it, which needs this one to agree.
    libc::SYS_clone3,
];

/// Calls that end the process: nothing that runs here by right makes them.
const DEADLY: [c_long; 13] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_init_module,
];

/// Sets the filters for the rest of this process' life. Whether they hold.
///
/// Of several filters the strictest counts. All that is not allowed is answered with “not permitted”, so
/// that a library which asks for more than it needs goes on without.
pub(super) fn filter() -> bool {
    let allowed = || {
        let mut rules = plain(&ALLOWED);
        rules.extend(conditional()?);
        program(rules, refused(libc::EPERM), SeccompAction::Allow)
    };
    // Its arguments lie in memory, where no filter can look; told that the kernel has no such call, libraries
    // take the older one.
    let unknown = || program(plain(&[libc::SYS_clone3]), SeccompAction::Allow, refused(libc::ENOSYS));
    let deadly = || program(plain(&DEADLY), SeccompAction::Allow, SeccompAction::KillProcess);
    let (Some(deadly), Some(unknown), Some(allowed)) = (deadly(), unknown(), allowed()) else { return false };
    // The widest first: the last one no longer allows setting another.
    [deadly, unknown, allowed].iter().all(|program| apply_filter_all_threads(program).is_ok())
}

fn refused(error: i32) -> SeccompAction {
    SeccompAction::Errno(error.unsigned_abs())
}

fn plain(calls: &[c_long]) -> BTreeMap<i64, Vec<SeccompRule>> {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

/// Calls that are allowed with one value of an argument.
fn conditional() -> Option<BTreeMap<i64, Vec<SeccompRule>>> {
    let threads_alone = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let own = u64::from(std::process::id());
    let seals = u64::from(libc::F_ADD_SEALS.unsigned_abs());
    let flags = u64::from(libc::F_GETFD.unsigned_abs());
    let rule = |argument, operator, value| {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).ok()?;
        SeccompRule::new(vec![condition]).ok()
    };
    let threads = rule(0, SeccompCmpOp::MaskedEq(threads_alone), threads_alone)?;
    let abort = rule(0, SeccompCmpOp::Eq, own)?;
    let seal = rule(1, SeccompCmpOp::Eq, seals)?;
    let is_open = rule(1, SeccompCmpOp::Eq, flags)?;
    Some(BTreeMap::from([
        (libc::SYS_clone, vec![threads]),
        (libc::SYS_tgkill, vec![abort]),
        (libc::SYS_fcntl, vec![seal, is_open]),
    ]))
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Option<BpfProgram> {
    let machine = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, otherwise, matched, machine).ok()?.try_into().ok()
}
