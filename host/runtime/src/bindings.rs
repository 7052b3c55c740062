//! Code that wasmtime generates from the WIT package: types, linker glue for capabilities, look-ups of hooks.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "switchboard:plugin/plugin",
    imports: { default: trappable },
    additional_derives: [PartialEq, Eq, serde::Serialize, serde::Deserialize],
});
