//! One call of a plugin, in an instance of its own that is thrown away afterwards.

use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::contract::exports::cloakroom::personalizer::plugin as wit;
use crate::contract::{Personalizer, PersonalizerPre};
use crate::engine::TICK;
use crate::error::{LoadError, Stop, plain};
use crate::exports;
use crate::limits::{Caps, Limits};
use crate::usage::{Kind, Meter, Usage};

/// A compiled plugin whose exports are known to be the contract's.
pub(crate) struct Caller {
    pre: PersonalizerPre<Caps>,
    limits: Limits,
    meter: Meter,
}

/// What `decide` has answered, and at which cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) answer: u32,
    /// WASM instructions, those that make the instance included.
    pub(crate) fuel: u64,
}

impl Caller {
    /// Checks that the component exports the contract, and nothing unknown beside it. That it imports
    /// nothing is known.
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        component: &Component,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let contract = |error: wasmtime::Error| LoadError::Contract { reason: plain(&error) };
        let pre: InstancePre<Caps> = Linker::new(engine).instantiate_pre(component).map_err(contract)?;
        let pre = PersonalizerPre::new(pre).map_err(contract)?;
        // The engine compares types only when a function is called.
        if exports::is_older(engine, component) {
            return Err(LoadError::Older);
        }
        exports::known(engine, component)?;
        Ok(Self { pre, limits: limits.clone(), meter: Meter::default() })
    }

    /// The most that single calls have used up until now.
    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage()
    }

    pub(crate) fn code(&self) -> Option<Vec<u8>> {
        self.pre.instance_pre().component().serialize().ok()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn describe(&self) -> Result<wit::Manifest, Stop> {
        let describe = |plugin: &Personalizer, store: &mut Store<Caps>| {
            plugin.cloakroom_personalizer_plugin().call_describe(store)
        };
        self.call(Kind::Describe, describe).map(|(manifest, _)| manifest)
    }

    /// `ids` in the order of the manifest's signals, padded with 0; `bucket` is the position of a range,
    /// or the number of ranges.
    pub(crate) fn decide(&self, ids: [u8; 5], bucket: u8) -> Result<Answer, Stop> {
        let [first, second, third, fourth, fifth] = ids;
        let cell = wit::Cell { first, second, third, fourth, fifth, bucket };
        let decide = |plugin: &Personalizer, store: &mut Store<Caps>| {
            plugin.cloakroom_personalizer_plugin().call_decide(store, cell)
        };
        self.call(Kind::Decide, decide).map(|(answer, fuel)| Answer { answer, fuel })
    }

    pub(crate) fn render(&self, slot: u8, variant: u8) -> Result<Vec<wit::Edit>, Stop> {
        let render = |plugin: &Personalizer, store: &mut Store<Caps>| {
            plugin.cloakroom_personalizer_plugin().call_render(store, slot, variant)
        };
        self.call(Kind::Render, render).map(|(edits, _)| edits)
    }

    /// The answer, and the instructions that it took.
    fn call<T>(
        &self,
        kind: Kind,
        call: impl FnOnce(&Personalizer, &mut Store<Caps>) -> wasmtime::Result<T>,
    ) -> Result<(T, u64), Stop> {
        let mut store = Store::new(self.pre.engine(), Caps::new(&self.limits));
        store.limiter(|caps| caps);
        store.set_hostcall_fuel(self.limits.returned_bytes);
        let ticks = self.limits.wall_clock.as_millis() / TICK.as_millis().max(1) + 1;
        store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX / 2));
        let answer = store
            .set_fuel(self.limits.fuel_per_call)
            .and_then(|()| self.pre.instantiate(&mut store))
            .and_then(|plugin| call(&plugin, &mut store));
        // Fuel is always counted, so there is always a rest to read.
        let fuel = self.limits.fuel_per_call.saturating_sub(store.get_fuel().unwrap_or_default());
        self.meter.add(kind, fuel, store.data().memory() as u64);
        match answer {
            Ok(answer) => Ok((answer, fuel)),
            Err(error) => Err(Stop::from_engine(&error, store.data(), &self.limits)),
        }
    }
}
