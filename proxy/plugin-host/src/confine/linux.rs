//! Resource limits, user, privileges and files, as Linux has them. The order matters: each step can still be
//! done after those before it.

use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus, Scope};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::{Bounds, Confinement, calls};

/// The user and group of nobody, which own no file.
const NOBODY: u32 = 65_534;
/// Standard input, output and errors, and a file in memory for each memory of a few modules. What is in such a
/// file is in no other limit.
const OPEN_FILES: u64 = 16;

pub(super) fn confine(bounds: &Bounds) -> Confinement {
    // Seen while there are files to see.
    let inherited = calls::inherited();
    Confinement {
        bounded: bound(bounds).is_ok(),
        unprivileged: leave_privileges().is_ok(),
        without_files: leave_files(),
        without_calls: calls::filter(inherited),
    }
}

fn bound(bounds: &Bounds) -> rustix::io::Result<()> {
    let seconds = bounds.processor_seconds;
    let addresses = bounds.memory_bytes.saturating_add(bounds.reserved_bytes);
    for (resource, soft, hard) in [
        (Resource::Core, 0, 0),
        (Resource::Nofile, OPEN_FILES, OPEN_FILES),
        (Resource::Fsize, bounds.file_bytes, bounds.file_bytes),
        (Resource::Data, bounds.memory_bytes, bounds.memory_bytes),
        (Resource::As, addresses, addresses),
        (Resource::Memlock, 0, 0),
        // The first is a signal of its own, by which the proxy knows the reason.
        (Resource::Cpu, seconds, seconds.saturating_add(1)),
    ] {
        // Nobody but root may raise what is lower already.
        let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        setrlimit(resource, Rlimit { current: Some(soft.min(most)), maximum: Some(hard.min(most)) })?;
    }
    Ok(())
}

/// Every step is tried, whatever becomes of the others.
fn leave_privileges() -> rustix::io::Result<()> {
    let user = leave_root();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    // Those that a service manager hands on to a user who is not root would outlive everything else.
    let ambient = clear_ambient_capability_set();
    let capabilities = set_capabilities(None, none);
    let gained = set_no_new_privs(true);
    // A change of user clears these two, so they come after it.
    let seen = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let outlived = set_parent_process_death_signal(Some(Signal::KILL));
    user.and(ambient).and(capabilities).and(gained).and(seen).and(outlived)
}

fn leave_root() -> rustix::io::Result<()> {
    use rustix::process::{Gid, Uid, geteuid, getuid};
    if !getuid().is_root() && !geteuid().is_root() {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)
}

/// No path, no TCP port, no signal and no abstract socket beyond this process, as far as the kernel knows of
/// them; what an older one does not know is out of reach by [`calls`].
fn leave_files() -> bool {
    let known = ABI::V6;
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(known))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(known)))
        .and_then(|rules| rules.scope(Scope::from_all(known)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    restricted.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}
