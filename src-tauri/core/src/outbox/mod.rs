//! The outbox: the durable queue of messages and everything that decides when a part goes out.
//!
//! `plan` decides (pure), `store` claims and completes (transactions), `dispatcher` is the loop between them and
//! the messengers, `receipt` takes in what WhatsApp reports back, `turn` (pure) says what each queue waits for. `breaker` and `gate` (pure) say whom a number may
//! write to after WhatsApp refused something. Rows carry all that sending needs, so the outbox
//! never asks a campaign.

pub mod breaker;
pub mod dispatcher;
pub mod due;
pub mod gate;
pub mod holidays;
pub mod missed;
pub mod pace;
pub mod plan;
pub mod price;
pub mod receipt;
#[cfg(test)]
mod scene;
pub mod state;
pub mod stopping;
pub mod store;
pub mod turn;
pub mod window;
