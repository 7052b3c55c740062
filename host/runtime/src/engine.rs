//! wasmtime's configuration, in one place: parent, compiling child and tests must agree on it.

use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES};

/// Bytes of stack that a plugin may use.
pub(crate) const MAX_STACK: usize = 256 << 10;

/// How instances get their memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pool {
    /// One at a time: in the compiling child and where the address space is short.
    None,
    /// Slots that are made once.
    Slots { instances: u32, memory: usize },
}

/// Everything here but the pool enters the compatibility hash of compiled code.
pub(crate) fn engine(pool: Pool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // The async component features cost up to 3 × per call and are not compiled in; this says that it stays so.
        .concurrency_support(false)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_STACK)
        // Addresses must not reach messages, and a backtrace costs time on every trap.
        .wasm_backtrace_max_frames(None)
        .cranelift_opt_level(wasmtime::OptLevel::Speed);
    if let Pool::Slots { instances, memory } = pool {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(slots(instances, memory)));
    }
    Engine::new(&config)
}

fn slots(instances: u32, memory: usize) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        // As much as every component may have at most, so that only whole instances are scarce. It is address space
        // (4 GiB a memory), not memory.
        .total_core_instances(instances * MAX_CORE_INSTANCES)
        .total_memories(instances * MAX_MEMORIES)
        .total_tables(instances * MAX_TABLES)
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .max_memory_size(memory)
        .table_elements(20_000)
        // Measured: a plugin with a small stack fits in, and resetting it by hand takes half the time of giving the pages
        // back and faulting them in again; 1 MiB is dearer.
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        // With it a page that was swapped out dirty can survive into the next instance, of another tenant.
        .pagemap_scan(Enabled::No);
    pool
}

/// What compiled code depends on: wasmtime's version and settings, and the machine's features.
pub(crate) fn compatibility(engine: &Engine) -> [u8; 32] {
    struct Sink(Sha256);
    impl Hasher for Sink {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }
    let mut sink = Sink(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut sink);
    sink.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the child's code would be refused by the parent.
    #[test]
    fn the_pool_is_no_part_of_the_compatibility_hash() {
        let child = engine(Pool::None).unwrap();
        let parent = engine(Pool::Slots {
            instances: 2,
            memory: 8 << 20,
        })
        .unwrap();
        assert_eq!(compatibility(&child), compatibility(&parent));
        let code = child.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        assert!(Engine::detect_precompiled(&code).is_some());
    }
}
