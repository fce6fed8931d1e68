//! The file in which a site's released cells outlive a restart: written whole at the end of an epoch,
//! read at start. Cells and numbers of variants enter; no token, key, count or visitor does.

use std::path::Path;
use std::time::SystemTime;

use cloakroom_crowd::{Crowd, MAX_KEPT_BYTES, NotKept, Restored};
use cloakroom_private_files::Folder;

/// One site's file.
pub(crate) struct Store {
    folder: Folder,
    file: String,
    /// The site's first host, for events.
    host: String,
}

impl Store {
    /// The file of the site with this first host. Nothing is opened yet.
    pub(crate) fn new(folder: &Path, host: &str) -> Self {
        // Of what stands in a host, only the signs of an IPv6 address are no part of a plain file name.
        let name: String = host
            .chars()
            .filter(|c| !matches!(c, '[' | ']'))
            .map(|c| if c == ':' { '_' } else { c })
            .collect();
        Self { folder: Folder::new(folder), file: format!("crowds-{name}"), host: host.to_owned() }
    }

    /// Hands the crowd what is still valid of the file. Whatever is wrong with it, nothing is released
    /// then, and the operator is told.
    pub(crate) fn restore(&self, crowd: &Crowd) {
        let (site, path) = (&self.host, self.folder.path(&self.file));
        let file = path.display();
        let kept = match self.folder.read(&self.file, MAX_KEPT_BYTES as u64) {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(cause) => {
                tracing::warn!(%site, %file, %cause, "released cells cannot be read: nothing is released in this epoch");
                return;
            }
        };
        match crowd.restore(&kept, SystemTime::now()) {
            Ok(Restored { cells, changed_routes: 0 }) => {
                tracing::info!(%site, cells, "cells stay released until their epoch ends");
            }
            Ok(Restored { cells, changed_routes }) => {
                tracing::info!(%site, cells, changed_routes, "the configuration has changed: releases of those routes are dropped");
            }
            Err(NotKept::Expired) => tracing::info!(%site, "released cells have expired"),
            Err(cause) => {
                tracing::warn!(%site, %file, %cause, "released cells are not taken over: nothing is released in this epoch");
            }
        }
    }

    /// Writes what is released now. A failure costs the release after a restart, nothing else.
    pub(crate) fn save(&self, crowd: &Crowd) {
        let kept = crowd.keep();
        let (site, path) = (&self.host, self.folder.path(&self.file));
        let file = path.display();
        if kept.left_out > 0 {
            let routes = kept.left_out;
            tracing::warn!(%site, routes, "too many cells are released to keep all: these routes show the default after a restart");
        }
        if let Err(cause) = self.folder.write(&self.file, &[&kept.bytes]) {
            tracing::warn!(%site, %file, %cause, "released cells cannot be written: after a restart nothing is released");
        }
    }
}
