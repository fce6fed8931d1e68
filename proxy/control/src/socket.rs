//! A Unix socket that belongs to its owner.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::process::geteuid;
use tokio::net::UnixStream;

/// Who else may connect: nobody.
const MODE: u32 = 0o600;
/// Who else may enter a folder that has to be made for it: nobody.
const FOLDER_MODE: u32 = 0o700;

/// Listens at a path. What stood there is replaced, if it is a socket: one that a process left behind, or that one
/// listens on which is about to end. It is put there when nobody but its owner may connect any more.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(facts) if !is_socket(&facts) => {
            return Err(io::Error::other("something else than a socket stands there"));
        }
        _ => {}
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{:04x}", rand::random::<u16>()));
    let beside = Path::new(&beside);
    let listener = UnixListener::bind(beside)?;
    let ready = std::fs::set_permissions(beside, std::fs::Permissions::from_mode(MODE))
        .and_then(|()| std::fs::rename(beside, path))
        .and_then(|()| listener.set_nonblocking(true));
    if let Err(cause) = ready {
        // It may be there yet, or not; either way it is of no use.
        let _ = std::fs::remove_file(beside);
        return Err(cause);
    }
    Ok(listener)
}

/// Whether a path leads to a socket itself.
pub(crate) fn is_socket(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    facts.file_type().is_socket()
}

/// Whether whoever connected is this process' user, or root. Between the making of a socket and the taking away of
/// permissions, somebody else may have got through.
pub(crate) fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == geteuid().as_raw() || peer.uid() == 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_socket_is_for_its_owner_and_replaces_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/control.sock");
        let first = bind(&path).unwrap();
        let facts = std::fs::symlink_metadata(&path).unwrap();
        assert!(is_socket(&facts));
        assert_eq!((facts.mode() & 0o777, std::fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777), (0o600, 0o700));
        drop(first);
        assert!(bind(&path).is_ok(), "what a process leaves behind is in nobody's way");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let file = folder.path().join("notes");
        std::fs::write(&file, "mine").unwrap();
        assert!(bind(&file).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }
}
