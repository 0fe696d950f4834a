//! What must hold whatever happens in whatever order.

mod ledger;
mod planner;
mod receipts;
