//! Figures for monitors.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use ulak_core::app::NumberKind;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use utoipa::ToSchema;

use crate::gate::Inside;
use crate::problem::{Answer, Unfit};

#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: String,
    version: String,
}

/// Whether Ulak runs and nothing keeps it from its work: 503 where its data cannot be written, the disk is full, the
/// credits do not add up, or none of its numbers is connected. Needs no token and tells nothing else.
#[utoipa::path(get, path = "/api/health", operation_id = "get_health",
    tag = "health", responses((status = 200, body = Health)), security(()))]
pub async fn health(State(inside): State<Inside>) -> Answer<Json<Health>> {
    if !inside.app.health().wrong().await?.is_empty() {
        return Err(Unfit::Unwell.into());
    }
    Ok(Json(Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }))
}

#[derive(Serialize, ToSchema)]
pub struct Figures {
    /// Parts over real numbers by their state.
    parts: BTreeMap<String, i64>,
    /// Parts that are not through yet.
    open: i64,
    credits_free: i64,
    credits_held: i64,
    numbers: i64,
    numbers_connected: i64,
    paused: bool,
    /// What waits for the owner.
    attention: usize,
}

async fn collect(inside: &Inside) -> Answer<Figures> {
    let app = &inside.app;
    let counts = app.outbox().counts(Book::Real).await?;
    let credits = app.credits().balance(Book::Real).await?;
    let numbers = app.numbers().list().await?;
    let real = || numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp);
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let home = app.home().view().await?;
    Ok(Figures {
        parts: PartState::ALL.iter().map(|state| (state.as_str().to_owned(), counts.get(*state))).collect(),
        open: counts.open(),
        credits_free: credits.free,
        credits_held: credits.held,
        numbers: count(real().count()),
        numbers_connected: count(real().filter(|number| number.state == "connected").count()),
        paused: home.now.paused_all,
        attention: home.attention.len() + home.found.len() + home.notices.len(),
    })
}

/// The figures at this moment.
#[utoipa::path(get, path = "/api/metrics", operation_id = "get_metrics",
    tag = "health", responses((status = 200, body = Figures)))]
pub async fn figures(State(inside): State<Inside>) -> Answer<Json<Figures>> {
    Ok(Json(collect(&inside).await?))
}

/// The same in the words of Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "get_prometheus_metrics",
    tag = "health",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn prometheus(State(inside): State<Inside>) -> Answer<impl IntoResponse> {
    let figures = collect(&inside).await?;
    let mut text = String::from("# HELP ulak_parts Parts over real numbers by state.\n# TYPE ulak_parts gauge\n");
    for (state, count) in &figures.parts {
        let _ = writeln!(text, "ulak_parts{{state=\"{state}\"}} {count}");
    }
    let attention = i64::try_from(figures.attention).unwrap_or(i64::MAX);
    for (name, help, value) in [
        ("open_parts", "Parts that are not through yet.", figures.open),
        ("credits_free", "Credits that a new message can have.", figures.credits_free),
        ("credits_held", "Credits of what waits.", figures.credits_held),
        ("numbers", "Linked numbers.", figures.numbers),
        ("numbers_connected", "Linked numbers that are connected.", figures.numbers_connected),
        ("paused", "1 while everything is paused.", i64::from(figures.paused)),
        ("attention", "What waits for the owner.", attention),
    ] {
        let _ = write!(text, "# HELP ulak_{name} {help}\n# TYPE ulak_{name} gauge\nulak_{name} {value}\n");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
