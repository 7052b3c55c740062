//! The door against servers and clients that write their own bytes.
