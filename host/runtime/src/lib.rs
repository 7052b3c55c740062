//! The component runtime for plugins: load, grant, limit, run.
#![deny(unsafe_code)]
mod bindings;
