//! What there is to spend.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use ulak_core::ledger::Book;
use utoipa::ToSchema;

use crate::gate::Inside;
use crate::problem::Answer;

/// Credits for messages to real people. One pays one part.
#[derive(Serialize, ToSchema)]
pub struct Credits {
    balance: i64,
    /// Of what waits to be sent.
    held: i64,
    /// What a new message can have.
    free: i64,
    granted: i64,
    spent: i64,
}

/// The balance of real credits.
#[utoipa::path(get, path = "/api/credits", operation_id = "get_credits",
    tag = "credits", responses((status = 200, body = Credits)))]
pub async fn balance(State(inside): State<Inside>) -> Answer<Json<Credits>> {
    let balance = inside.app.credits().balance(Book::Real).await?;
    Ok(Json(Credits {
        balance: balance.balance,
        held: balance.held,
        free: balance.free,
        granted: balance.granted,
        spent: balance.settled,
    }))
}
