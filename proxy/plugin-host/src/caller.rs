//! One call of a plugin, in an instance of its own that is thrown away afterwards.

use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::contract::exports::cloakroom::personalizer::plugin as wit;
use crate::contract::{Personalizer, PersonalizerPre};
use crate::engine::TICK;
use crate::error::{LoadError, Stop, plain};
use crate::limits::{Caps, Limits};

/// A compiled plugin whose exports are known to be the contract's.
pub(crate) struct Caller {
    pre: PersonalizerPre<Caps>,
    limits: Limits,
}

impl Caller {
    /// Checks that the component exports the contract. That it imports nothing is known.
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        component: &Component,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let contract = |error: wasmtime::Error| LoadError::Contract { reason: plain(&error) };
        let pre: InstancePre<Caps> = Linker::new(engine).instantiate_pre(component).map_err(contract)?;
        let pre = PersonalizerPre::new(pre).map_err(contract)?;
        Ok(Self { pre, limits: limits.clone() })
    }

    pub(crate) fn code(&self) -> Option<Vec<u8>> {
        self.pre.instance_pre().component().serialize().ok()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn describe(&self) -> Result<wit::Manifest, Stop> {
        self.call(|plugin, store| plugin.cloakroom_personalizer_plugin().call_describe(store))
    }

    /// `ids` in the order of the manifest's signals, padded with 0; `bucket` is the position of a range,
    /// or the number of ranges.
    pub(crate) fn decide(&self, ids: [u8; 5], bucket: u8) -> Result<u32, Stop> {
        let [first, second, third, fourth, fifth] = ids;
        let cell = wit::Cell { first, second, third, fourth, fifth, bucket };
        self.call(|plugin, store| plugin.cloakroom_personalizer_plugin().call_decide(store, cell))
    }

    pub(crate) fn render(&self, slot: u8, variant: u8) -> Result<Vec<wit::Edit>, Stop> {
        self.call(|plugin, store| plugin.cloakroom_personalizer_plugin().call_render(store, slot, variant))
    }

    fn call<T>(
        &self,
        call: impl FnOnce(&Personalizer, &mut Store<Caps>) -> wasmtime::Result<T>,
    ) -> Result<T, Stop> {
        let mut store = Store::new(self.pre.engine(), Caps::new(&self.limits));
        store.limiter(|caps| caps);
        store.set_hostcall_fuel(self.limits.returned_bytes);
        let ticks = self.limits.wall_clock.as_millis() / TICK.as_millis().max(1) + 1;
        store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX / 2));
        let answer = store
            .set_fuel(self.limits.fuel_per_call)
            .and_then(|()| self.pre.instantiate(&mut store))
            .and_then(|plugin| call(&plugin, &mut store));
        answer.map_err(|error| Stop::from_engine(&error, store.data(), &self.limits))
    }
}
