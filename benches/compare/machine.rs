//! CPUs, memory and clocks of the machine, by the programs that every Linux has.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::Failure;

/// What a program prints; its failure is ours.
pub(crate) fn ask(program: &str, words: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program)
        .args(words)
        .output()
        .map_err(|cause| format!("`{program}` cannot be started: {cause}"))?;
    if !output.status.success() {
        return Err(format!("`{program}` fails: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A CPU for the servers and another one for the load.
pub(crate) fn two_cpus() -> Result<(usize, usize), Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let mut cpus = Vec::new();
    for range in allowed.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cpus.extend(first.parse::<usize>()?..=last.parse()?);
    }
    match (cpus.first(), cpus.last()) {
        (Some(load), Some(serve)) if load != serve => Ok((*serve, *load)),
        _ => Err("two CPUs are needed, one for the server and one for the load".into()),
    }
}

/// Keeps all threads of a process, and those that they will start, on one CPU.
pub(crate) fn pin(pid: u32, cpu: usize) -> Result<(), Failure> {
    ask("taskset", &["-a", "-c", "-p", &cpu.to_string(), &pid.to_string()]).map(drop)
}

/// A folder on no disk, where there is such a place.
pub(crate) fn folder_in_memory() -> Result<TempDir, Failure> {
    let memory = Path::new("/dev/shm");
    let named = || tempfile::Builder::new();
    let folder = if memory.is_dir() { named().tempdir_in(memory)? } else { named().tempdir()? };
    Ok(folder)
}

/// Time that processes were on a CPU, for themselves or in the system, all their threads together.
/// It is what `utime` and `stime` count in hundredths of a second, in nanoseconds.
pub(crate) fn cpu_time(pids: &[u32]) -> Result<Duration, Failure> {
    let mut time = Duration::ZERO;
    for pid in pids {
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            // A thread that has ended in the meantime did nothing for the request.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            let on_cpu = stat.split(' ').next().unwrap_or_default();
            time += Duration::from_nanos(on_cpu.parse()?);
        }
    }
    Ok(time)
}

/// A process and all that it has started, directly or not.
pub(crate) fn with_descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        // A process that has just ended has no children any more.
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let children =
            threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<u32> = children
            .flat_map(|pids| pids.split_ascii_whitespace().flat_map(str::parse).collect::<Vec<_>>())
            .collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// What the machine is, in a line.
pub(crate) fn described() -> String {
    let file = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = file("/proc/cpuinfo");
    let mut models = cpus.lines().filter(|line| line.starts_with("model name"));
    let model = models.next().and_then(|line| line.split_once(": ")).map_or("a CPU", |(_, name)| name);
    let kernel = file("/proc/sys/kernel/osrelease");
    let load = file("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!("{} × {model}, Linux {}, load {load}", 1 + models.count(), kernel.trim())
}
