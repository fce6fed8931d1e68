//! What of WASM a plugin may use, and how the engine runs it: every choice is written out, so that a
//! newer engine with other defaults changes nothing. No plugin's bytes enter here.

use wasmparser::{Parser, Payload, TypeRef};
use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures};

use crate::error::LoadError;
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, MIB, TABLES};

/// Instances that may be alive at once: two threads of a load, and cold decisions beside it.
const INSTANCES: u32 = 8;
/// So much of each memory and table is written anew rather than given back to the system: all that JavaScript
/// begins with (1.4 MiB), since faults on it cost more than half of a call.
const RESIDENT_BYTES: usize = 4 * MIB;

/// What lies between two memories, so that no access past the end of one reaches the next.
const GUARD_BYTES: u64 = 64 * 1024;
/// Addresses for the program itself, its libraries, and the stacks of its threads.
const PROGRAM_BYTES: u64 = 512 << 20;

/// What toolchains for Rust, C, Zig and JavaScript write, and what the engine itself writes to join the
/// parts that JavaScript's consist of: an adapter between two components sees the memories of both, and
/// the compiler panics on it where that is off. What plugins bring along has [`one_memory`] at most.
const ALLOWED: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What no toolchain needs, what could differ between machines, and what would outlive a call.
const REFUSED: WasmFeatures = WasmFeatures::RELAXED_SIMD
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::SHARED_EVERYTHING_THREADS)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::LEGACY_EXCEPTIONS)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::GC)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::STACK_SWITCHING)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    .union(WasmFeatures::CM_ASYNC)
    .union(WasmFeatures::CM_ASYNC_STACKFUL)
    .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
    .union(WasmFeatures::CM_THREADING)
    .union(WasmFeatures::CM_ERROR_CONTEXT)
    .union(WasmFeatures::CM_GC)
    .union(WasmFeatures::CM_MAP)
    .union(WasmFeatures::CM64)
    .union(WasmFeatures::CM_FIXED_LENGTH_LISTS)
    .union(WasmFeatures::CM_IMPLEMENTS);

/// The settings of an engine that holds plugins to `limits`.
pub(crate) fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .wasm_features(ALLOWED, true)
        .wasm_features(REFUSED, false)
        // Off, and were it ever on, the same on every machine.
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_max_frames(None)
        .memory_reservation(u64::try_from(limits.memory_bytes).unwrap_or(u64::MAX))
        .memory_reservation_for_growth(0)
        .memory_guard_size(GUARD_BYTES)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    config
}

/// Addresses that an engine with these limits reserves, and which take no memory until they are used.
pub(crate) fn reserved_bytes(limits: &Limits) -> u64 {
    let memory = (limits.memory_bytes as u64).saturating_add(2 * GUARD_BYTES);
    let memories = u64::from(INSTANCES * MEMORIES);
    let elements = (limits.table_elements as u64).saturating_mul(u64::from(INSTANCES * TABLES));
    // An element is an address.
    memories.saturating_mul(memory).saturating_add(elements.saturating_mul(8)).saturating_add(PROGRAM_BYTES)
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * CORE_INSTANCES)
        .total_memories(INSTANCES * MEMORIES)
        .total_tables(INSTANCES * TABLES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(RESIDENT_BYTES)
        .table_keep_resident(RESIDENT_BYTES);
    pool
}

/// Refuses a module of the component's that has several memories, its own and imported ones together,
/// before the compiler sees it. Bytes that cannot be read are left to the compiler, which says why.
///
/// # Errors
/// [`LoadError::NotAComponent`] for such a module.
pub(crate) fn one_memory(component: &[u8]) -> Result<(), LoadError> {
    let mut memories = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Err(_) => break,
            Ok(Payload::Version { .. }) => memories = 0,
            Ok(Payload::ImportSection(imports)) => {
                let imported = imports.into_imports().flatten();
                let imported = imported.filter(|import| matches!(import.ty, TypeRef::Memory(_))).count();
                memories = memories.saturating_add(u32::try_from(imported).unwrap_or(u32::MAX));
            }
            Ok(Payload::MemorySection(own)) => memories = memories.saturating_add(own.count()),
            Ok(_) => {}
        }
        if memories > 1 {
            let reason = "one of its modules has several memories".to_owned();
            return Err(LoadError::NotAComponent { reason });
        }
    }
    Ok(())
}
