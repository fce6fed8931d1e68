//! Hands new variants to those who compress them, and takes the forms in.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_coding::{Compressor, Config, Job};
use cloakroom_variants::{Resource, StoredVariant, VariantCache, VariantId, forbids_transforming};
use cloakroom_vocabulary::Coding;
use http::{HeaderMap, StatusCode};

/// What is compressed, and by how many.
#[derive(Clone, Debug)]
pub struct Compression {
    /// The codings that are made; none turns it off.
    pub codings: Vec<Coding>,
    /// The shortest body that is worth it, in bytes.
    pub from: usize,
    /// The threads that compress.
    pub threads: usize,
}

/// Makes the compressed forms of variants, off the way of any request.
pub(crate) struct Forms {
    wanted: Compression,
    compressor: Compressor<Task>,
}

struct Task {
    cache: VariantCache,
    resource: Arc<Resource>,
    id: VariantId,
    variant: Arc<StoredVariant>,
    codings: Vec<Coding>,
}

impl Forms {
    pub(crate) fn start(wanted: Compression) -> io::Result<Self> {
        let config = Config { threads: wanted.threads, ..Config::default() };
        Ok(Self { wanted, compressor: Compressor::start(config)? })
    }

    /// Whether pages of these fields have compressed forms once they are long enough.
    pub(crate) fn are_made_of(&self, status: StatusCode, headers: &HeaderMap, caching: &HeaderMap) -> bool {
        let fits = cloakroom_coding::is_worth_it(headers, self.wanted.from, self.wanted.from);
        // `no-transform` may also stand in `CDN-Cache-Control`.
        fits && !forbids_transforming(caching) && !self.wanted.codings.is_empty() && status == StatusCode::OK
    }

    /// Has the forms of a variant made that it does not have yet. Where too many wait, it is sent as it is.
    pub(crate) fn make(
        &self,
        cache: &VariantCache,
        resource: &Arc<Resource>,
        (id, variant): (VariantId, &Arc<StoredVariant>),
    ) {
        let answered = resource.page().answered();
        if !answered.compresses || variant.identity().body().len() < self.wanted.from {
            return;
        }
        let missing = self.wanted.codings.iter().copied();
        let codings: Vec<_> = missing.filter(|coding| variant.compressed(*coding).is_none()).collect();
        if codings.is_empty() {
            return;
        }
        let (cache, resource, variant) = (cache.clone(), Arc::clone(resource), Arc::clone(variant));
        self.compressor.offer(Task { cache, resource, id, variant, codings });
    }
}

impl Job for Task {
    fn wanted(&self) -> impl Iterator<Item = Coding> {
        self.codings.iter().copied()
    }

    fn body(&self) -> Vec<&[u8]> {
        self.variant.identity().body().pieces().iter().map(|piece| &piece[..]).collect()
    }

    fn done(&self, coding: Coding, form: Option<Vec<u8>>) {
        if let Some(form) = form {
            let form = Bytes::from(form.into_boxed_slice());
            self.cache.add_form(&self.resource, self.id, coding, form);
        }
    }
}
