//! The model passes the suite that it is the model for.

use switchboard_store_conformance::{MemoryBackend, suite};

suite!(MemoryBackend);
