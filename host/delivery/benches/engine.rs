//! The engine's cost per delivery.
fn main() {}
