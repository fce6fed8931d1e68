//! The exports of the contract, and what a program without an operating system needs. Only here is
//! the contract's own form of things; authors never see it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Edit, Plugin};

#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// The host names the call that trapped; a message could not be read by anybody.
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Generated from the contract.
#[allow(missing_docs, unsafe_code, reason = "generated: calls between host and plugin pass raw memory")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "personalizer",
        pub_export_macro: true,
        default_bindings_module: "cloakroom_sdk::macros::bindings",
    });
}

use bindings::exports::cloakroom::personalizer::plugin as wit;

impl<P: Plugin> wit::Guest for P {
    fn describe() -> wit::Manifest {
        let manifest = P::manifest();
        wit::Manifest {
            name: manifest.name.to_string(),
            version: manifest.version.to_string(),
            slots: manifest.slots.iter().map(slot).collect(),
            signals: manifest.signals.iter().map(signal).collect(),
            bucket_ranges: manifest.bucket.map(|bucket| bucket.widths.to_vec()).unwrap_or_default(),
        }
    }

    fn decide(cell: wit::Cell) -> u32 {
        let ids = [cell.first, cell.second, cell.third, cell.fourth, cell.fifth];
        P::number(&P::decide(P::seen(ids, cell.bucket)))
    }

    fn render(slot: u8, variant: u8) -> Vec<wit::Edit> {
        P::edits(slot, variant).into_iter().map(edit).collect()
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn slot(slot: &crate::Slot) -> wit::Slot {
    let delivery = if slot.origin_variant { wit::Delivery::OriginVariant } else { wit::Delivery::Edits };
    let name = slot.name.replace('_', "-");
    let (default, price_like) = (slot.default, slot.price_like);
    wit::Slot { name, variants: strings(slot.variants), default, delivery, price_like }
}

fn signal(signal: &crate::Signal) -> wit::SignalUse {
    let (name, reason) = (signal.name.to_string(), signal.reason.to_string());
    wit::SignalUse { name, reason, values: strings(signal.values) }
}

fn edit(edit: Edit) -> wit::Edit {
    let markup = |selector, content| wit::Markup { selector, content };
    match edit {
        Edit::SetContent(selector, html) => wit::Edit::SetContent(markup(selector, html)),
        Edit::Before(selector, html) => wit::Edit::Before(markup(selector, html)),
        Edit::After(selector, html) => wit::Edit::After(markup(selector, html)),
        Edit::Remove(selector) => wit::Edit::Remove(selector),
        Edit::SetAttribute(selector, name, value) => {
            wit::Edit::SetAttribute(wit::Attribute { selector, name, value })
        }
        Edit::Text(selector, text) => wit::Edit::Text(markup(selector, text)),
        Edit::Include(selector, path) => wit::Edit::Include(markup(selector, path)),
    }
}
