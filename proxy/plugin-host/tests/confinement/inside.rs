//! What hostile code might try, each in a process that is confined like that of a plugin.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, ExitCode};
use std::thread;

use cloakroom_plugin_host::{Bounds, confine};

/// What [`attempt`] answers if the attempt was refused with an error.
pub const REFUSED: u8 = 70;
/// If it was not refused.
pub const DONE: u8 = 71;
/// If it could not be tried.
const NOT_TRIED: u8 = 72;

/// Little enough that going beyond it takes no time, and enough to live.
pub const BOUNDS: Bounds =
    Bounds { memory_bytes: 256 << 20, reserved_bytes: 256 << 20, processor_seconds: 1, file_bytes: 1 << 20 };

/// Confines this process, then tries one thing.
pub fn attempt(what: &str) -> ExitCode {
    // Found while there still are files: by path and by number.
    let program = std::env::current_exe().unwrap();
    let parent = rustix::process::getppid().unwrap();
    // As a careless parent might leave one open.
    let mut inherited = fs::OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
    let held = confine(&BOUNDS);
    if !held.missing().is_empty() {
        return NOT_TRIED.into();
    }
    let code = match what {
        "live" => live(),
        "read a file" => refused(fs::read("/etc/passwd")),
        "read its own program" => refused(File::open(program)),
        "read an open file" => refused(inherited.read(&mut [0])),
        "write an open file" => refused(inherited.write(&[0])),
        "list a folder" => refused(fs::read_dir("/")),
        "write a file" => refused(fs::write("/tmp/cloakroom-was-here", "no")),
        "remove a file" => refused(fs::remove_file("/tmp/cloakroom-was-here")),
        "look at other processes" => refused(fs::read_dir("/proc/1")),
        "listen on the network" => refused(TcpListener::bind("127.0.0.1:0")),
        "talk to a service" => refused(UnixDatagram::unbound()),
        "run a program" => refused(Command::new("/bin/true").spawn()),
        "become root again" => refused(rustix::thread::set_thread_res_uid(
            rustix::process::Uid::ROOT,
            rustix::process::Uid::ROOT,
            rustix::process::Uid::ROOT,
        )),
        "end another process" => {
            refused(rustix::process::kill_process(parent, rustix::process::Signal::TERM))
        }
        "look into another process" => {
            refused(rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()))
        }
        "raise a limit" => refused(rustix::process::setrlimit(
            rustix::process::Resource::Nofile,
            rustix::process::Rlimit { current: Some(1_000), maximum: Some(1_000) },
        )),
        "take shared memory" => refused(shared_memory()),
        "take 8 GiB at once" => refused(Vec::<u8>::new().try_reserve_exact(8 << 30)),
        "take memory until there is none" => hoard(),
        "take processor time" => burn(),
        "make many threads" => crowd(),
        _ => NOT_TRIED,
    };
    code.into()
}

fn refused<T, E>(attempted: Result<T, E>) -> u8 {
    if attempted.is_ok() { DONE } else { REFUSED }
}

/// What a plugin's process has to be able to do.
fn live() -> u8 {
    let threads: Vec<_> = (0..3).map(|n| thread::spawn(move || vec![n; 1 << 20].len())).collect();
    let all = threads.into_iter().all(|thread| thread.join().is_ok_and(|length| length == 1 << 20));
    println!("{:?}", std::time::Instant::now());
    if all { DONE } else { REFUSED }
}

/// An allocation that cannot be refused ends the process, as the compiler's do.
/// Memory that would be in no limit.
fn shared_memory() -> io::Result<()> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    #[expect(unsafe_code, reason = "nothing safe asks for it; whatever comes back is not looked at")]
    let address = unsafe {
        let anywhere = std::ptr::null_mut();
        libc::mmap(anywhere, 1 << 20, protection, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, 0)
    };
    if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn hoard() -> u8 {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    while hoard.len() < 8_192 {
        hoard.push(vec![1; 1 << 20]);
    }
    DONE
}

fn burn() -> u8 {
    let mut state = 1_u64;
    for _ in 0..u64::MAX {
        state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    DONE
}

/// Each thread has a stack, and those are memory too.
fn crowd() -> u8 {
    for _ in 0..20_000 {
        let made: io::Result<_> = thread::Builder::new().stack_size(1 << 20).spawn(thread::park);
        match made.map_err(|cause| cause.kind()) {
            Ok(_) => {}
            Err(ErrorKind::WouldBlock | ErrorKind::OutOfMemory) => return REFUSED,
            Err(_) => return NOT_TRIED,
        }
    }
    DONE
}
