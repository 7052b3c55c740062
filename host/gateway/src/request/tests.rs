//! What requests are read as, and that it does not matter how they are cut.

mod chunks;
mod params;
