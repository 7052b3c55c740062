//! Planning a group commit: what its writes come to, decided in memory over the facts that a backend has loaded.
//!
//! Every backend runs the same three steps inside one transaction: load the facts that [`Footprint`] asks for, let
//! [`decide`] work out the answers and the net [`Batch`], and write the batch in a few many-row statements. So the rules
//! stand in one place, and the number of round trips to the database does not grow with the group.

mod batch;
mod decide;
mod facts;

pub use batch::{Attempt, Batch, ConnectionPatch, DeliveryPatch, GatewayPatch};
pub use decide::decide;
pub use facts::{CellFact, DeliveryHead, Facts, Footprint};
