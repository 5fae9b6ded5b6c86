//! Orders: called by the storefront, calls payments.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use obs_axum::obs_core::{context, trace};
use tokio::time::sleep;

use crate::{
    client::Client,
    failure::Failure,
    model::{Cart, Charge, Invoice, Order, Receipt},
};

/// Orders below this number were placed before the shop opened today.
const FIRST_ORDER: u64 = 1_000;
const CENTS_PER_ITEM: u64 = 1_999;

#[derive(Clone, Debug)]
struct Orders {
    payments: Client,
    next_id: Arc<AtomicU64>,
}

pub(crate) fn app(payments: Client) -> Router {
    Router::new()
        .route("/orders", post(place))
        .route("/orders/{id}", get(order))
        .route("/orders/{id}/invoice", get(invoice))
        .with_state(Orders { payments, next_id: Arc::new(AtomicU64::new(FIRST_ORDER)) })
}

async fn place(State(orders): State<Orders>, Json(cart): Json<Cart>) -> Result<(StatusCode, Json<Order>), Failure> {
    context::set_field("user_id", &cart.user_id);
    let started = Instant::now();
    let placed = orders.place(&cart).await;
    let status = if placed.is_ok() { "placed" } else { "failed" };
    metrics::histogram!("order_processing_seconds", "status" => status).record(started.elapsed());
    Ok((StatusCode::CREATED, Json(placed?)))
}

async fn order(State(orders): State<Orders>, Path(id): Path<u64>) -> Result<Json<Order>, Failure> {
    orders.find(id).map(Json)
}

async fn invoice(State(orders): State<Orders>, Path(id): Path<u64>) -> Result<Json<Invoice>, Failure> {
    let order = orders.find(id)?;
    // A bug on purpose: an order whose items were all sent back has none left, and this panics.
    let cents_per_item = order.amount_cents / order.items;
    Ok(Json(Invoice { order_id: order.id, cents_per_item }))
}

// === impl Orders ===

impl Orders {
    async fn place(&self, cart: &Cart) -> Result<Order, Failure> {
        // A span for work inside the handler: a child of the request's span.
        trace::in_span("reserve stock", sleep(Duration::from_millis(3))).await;

        let amount_cents = u64::from(cart.items) * CENTS_PER_ITEM;
        let charge = Charge { card: cart.card, amount_cents };
        let receipt: Receipt = self.payments.post("/payments", &charge).await?;

        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        tracing::info!(order_id = id, amount_cents = receipt.charged_cents, "order placed");
        Ok(Order { id, items: u64::from(cart.items), amount_cents: receipt.charged_cents })
    }

    fn find(&self, id: u64) -> Result<Order, Failure> {
        if id >= self.next_id.load(Ordering::Relaxed) {
            return Err(Failure::NotFound);
        }
        let items = id % 5;
        Ok(Order { id, items, amount_cents: items * CENTS_PER_ITEM })
    }
}
