//! The storefront: what visitors see. It calls orders.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse::Event},
    routing::{get, post},
};
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use obs_axum::obs_core::{Obs, context};
use tokio::time::sleep;

use crate::{
    client::Client,
    failure::Failure,
    job::{self, Carts},
    model::{Cart, Invoice, Login, Order},
};

/// The number of products.
const PRODUCTS: u64 = 100;
const CATEGORIES: [&str; 3] = ["books", "games", "garden"];

#[derive(Clone, Debug)]
struct Storefront {
    orders: Client,
    carts: Arc<Carts>,
}

/// The routes of the storefront; starts its background job, so it needs a runtime.
pub(crate) fn app(obs: &Obs, orders: Client) -> Router {
    let carts = Arc::new(Carts::default());
    tokio::spawn(job::close_abandoned_carts(obs.clone(), Arc::clone(&carts)));
    Router::new()
        .route("/products/{id}", get(product))
        .route("/login", post(login))
        .route("/checkout", post(checkout))
        .route("/orders/{id}", get(order))
        .route("/orders/{id}/invoice", get(invoice))
        .route("/recommendations", get(recommendations))
        .route("/export", get(export))
        .route("/events", get(events))
        .with_state(Storefront { orders, carts })
}

async fn product(Path(id): Path<u64>) -> Result<String, Failure> {
    if id >= PRODUCTS {
        return Err(Failure::NotFound);
    }
    let category = CATEGORIES[usize::from(id.to_le_bytes()[0]) % CATEGORIES.len()];
    // The `metrics` facade: on the same page as the layer's metrics. A category is a good label,
    // there are few of them; a product id would make a series for each product.
    metrics::counter!("product_views_total", "category" => category).increment(1);
    sleep(Duration::from_millis(id % 5)).await;
    Ok(format!("product {id}, in {category}\n"))
}

async fn login(Json(login): Json<Login>) -> StatusCode {
    // From here on every line of this request says who it was, the layer's own line too.
    context::set_field("user_id", login.user_id);
    tracing::info!(action = "login", "user action");
    StatusCode::NO_CONTENT
}

async fn checkout(
    State(shop): State<Storefront>,
    Json(cart): Json<Cart>,
) -> Result<(StatusCode, Json<Order>), Failure> {
    context::set_field("user_id", &cart.user_id);
    let placed = shop.orders.post("/orders", &cart).await;
    match placed {
        Ok(order) => Ok((StatusCode::CREATED, Json(order))),
        Err(failure) => {
            shop.carts.abandon();
            Err(failure)
        }
    }
}

async fn order(State(shop): State<Storefront>, Path(id): Path<u64>) -> Result<Json<Order>, Failure> {
    shop.orders.get(&format!("/orders/{id}")).await.map(Json)
}

async fn invoice(State(shop): State<Storefront>, Path(id): Path<u64>) -> Result<Json<Invoice>, Failure> {
    shop.orders.get(&format!("/orders/{id}/invoice")).await.map(Json)
}

/// Slow, so that there is a tail to see; visitors who don't wait are recorded as `cancelled`.
async fn recommendations() -> &'static str {
    sleep(Duration::from_millis(400)).await;
    "customers who saw this also saw that\n"
}

/// 200 ms of data. Its duration is recorded to the last byte, not to the head; visitors who leave
/// half-way are recorded as `aborted`.
async fn export() -> Response {
    let rows = paced(4, Duration::from_millis(50)).map(|n| Ok::<_, Infallible>(Bytes::from(format!("row {n}\n"))));
    Body::from_stream(rows).into_response()
}

/// A stream by nature: counted at its head, its life goes to `http_stream_duration_seconds`, so that
/// it doesn't count as latency.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(paced(3, Duration::from_millis(100)).map(|n| Ok(Event::default().data(format!("offer {n}")))))
}

/// Counts up to `count`, with a pause before each number.
fn paced(count: u32, pause: Duration) -> impl Stream<Item = u32> {
    stream::iter(1..=count).then(move |n| sleep(pause).map(move |()| n))
}
