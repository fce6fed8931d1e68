//! The system calls that a process may still make when it runs a plugin: memory, threads, clocks, its pipes.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter_all_threads,
};

/// The most open files of others that are told apart.
const MAX_INHERITED: usize = 64;

/// What the engine, the allocator, threads and the pipes need.
const ALLOWED: [c_long; 29] = [
    // Files in memory. Nothing can be opened; what is read and written stands below.
    libc::SYS_close,
    libc::SYS_memfd_create,
    // Memory.
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
pub(super) fn filter(inherited: Option<Vec<u32>>) -> bool {
    let seen = inherited.is_some();
    let inherited = inherited.unwrap_or_default();
    let allowed = || {
        let mut rules = plain(&ALLOWED);
        rules.extend(conditional(&inherited)?);
        program(rules, refused(libc::EPERM), SeccompAction::Allow)
    };
    // Its arguments lie in memory, where no filter can look; told that the kernel has no such call, libraries
    // take the older one.
    let unknown = || program(plain(&[libc::SYS_clone3]), SeccompAction::Allow, refused(libc::ENOSYS));
    let deadly = || program(plain(&DEADLY), SeccompAction::Allow, SeccompAction::KillProcess);
    let (Some(deadly), Some(unknown), Some(allowed)) = (deadly(), unknown(), allowed()) else { return false };
    // The widest first: the last one no longer allows setting another.
    [deadly, unknown, allowed].iter().all(|program| apply_filter_all_threads(program).is_ok()) && seen
}

fn refused(error: i32) -> SeccompAction {
    SeccompAction::Errno(error.unsigned_abs())
}

fn plain(calls: &[c_long]) -> BTreeMap<i64, Vec<SeccompRule>> {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

/// Calls that are allowed with some values of an argument. Beside its pipes the process may use files that it
/// makes itself, and none of those `inherited` from whoever started it.
fn conditional(inherited: &[u32]) -> Option<BTreeMap<i64, Vec<SeccompRule>>> {
    use SeccompCmpOp::{Eq, MaskedEq};
    const INPUT: u32 = 0;
    let threads_alone = libc::CLONE_THREAD.unsigned_abs();
    let shared = libc::MAP_SHARED.unsigned_abs();
    let asked =
        vec![rule(1, Eq, libc::F_ADD_SEALS.unsigned_abs())?, rule(1, Eq, libc::F_GETFD.unsigned_abs())?];
    Some(BTreeMap::from([
        (libc::SYS_read, vec![rule(0, Eq, INPUT)?]),
        (libc::SYS_write, alone(none_of(inherited, 0)?)?),
        (libc::SYS_writev, alone(none_of(inherited, 0)?)?),
        // Memory that is no file's has the number -1. Shared memory is in no limit.
        (libc::SYS_mmap, with(none_of(inherited, 4)?, condition(3, MaskedEq(shared.into()), 0)?)?),
        (libc::SYS_ftruncate, alone(none_of(inherited, 0)?)?),
        (libc::SYS_clone, vec![rule(0, MaskedEq(threads_alone.into()), threads_alone)?]),
        // By this an abort ends the process.
        (libc::SYS_tgkill, vec![rule(0, Eq, std::process::id())?]),
        (libc::SYS_fcntl, asked),
    ]))
}

/// That an argument is none of some numbers of files.
fn none_of(files: &[u32], argument: u8) -> Option<Vec<SeccompCondition>> {
    files.iter().map(|file| condition(argument, SeccompCmpOp::Ne, *file)).collect()
}

fn with(mut conditions: Vec<SeccompCondition>, more: SeccompCondition) -> Option<Vec<SeccompRule>> {
    conditions.push(more);
    alone(conditions)
}

/// No rule at all if there are no conditions.
fn alone(conditions: Vec<SeccompCondition>) -> Option<Vec<SeccompRule>> {
    if conditions.is_empty() {
        return Some(Vec::new());
    }
    Some(vec![SeccompRule::new(conditions).ok()?])
}

fn rule(argument: u8, operator: SeccompCmpOp, value: u32) -> Option<SeccompRule> {
    SeccompRule::new(vec![condition(argument, operator, value)?]).ok()
}

/// That the lower half of an argument compares so with a value.
fn condition(argument: u8, operator: SeccompCmpOp, value: u32) -> Option<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value.into()).ok()
}

/// The files that this process has open beside its standard ones; `None` if that cannot be seen, or there are
/// more than a filter has room for.
pub(super) fn inherited() -> Option<Vec<u32>> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?;
    let numbers: Vec<u32> = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    // One of them was the list itself, which is closed now.
    let still = |number: &u32| std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok();
    let open: Vec<u32> = numbers.into_iter().filter(|number| *number > 2).filter(still).collect();
    (open.len() <= MAX_INHERITED).then_some(open)
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Option<BpfProgram> {
    let machine = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, otherwise, matched, machine).ok()?.try_into().ok()
}
