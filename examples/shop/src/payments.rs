//! Payments: called by orders.

use std::time::Duration;

use axum::{Json, Router, routing::post};
use tokio::time::sleep;

use crate::{
    failure::Failure,
    model::{Card, Charge, Receipt},
};

pub(crate) fn app() -> Router {
    Router::new().route("/payments", post(charge))
}

async fn charge(Json(charge): Json<Charge>) -> Result<Json<Receipt>, Failure> {
    let Charge { card, amount_cents } = charge;
    sleep(Duration::from_millis(5 + amount_cents % 10)).await;
    match card {
        Card::Valid => {
            tracing::info!(action = "charge", amount_cents, "card charged");
            Ok(Json(Receipt {
                charged_cents: amount_cents,
            }))
        }
        Card::Declined => {
            tracing::warn!(action = "charge", amount_cents, "card declined");
            Err(Failure::Declined)
        }
        Card::Unreachable => {
            tracing::error!(action = "charge", amount_cents, "bank unreachable");
            Err(Failure::BankUnreachable)
        }
    }
}
