//! The outbox: the durable queue of messages and everything that decides when a part goes out.
//!
//! `plan` decides (pure), `store` claims and completes (transactions), `dispatcher` is the loop between them and
//! the messengers, `receipt` takes in what WhatsApp reports back. Rows carry all that sending needs, so the outbox
//! never asks a campaign.

pub mod dispatcher;
pub mod pace;
pub mod plan;
pub mod receipt;
pub mod state;
pub mod store;
pub mod window;
