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
    business::Business,
    catalog::Catalog,
    client::Client,
    failure::Failure,
    job::{self, Carts},
    model::{Cart, Invoice, Login, Order, Registration},
    visitors::Visitors,
};

#[derive(Clone, Debug)]
struct Storefront {
    orders: Client,
    carts: Arc<Carts>,
    catalog: Catalog,
    visitors: Arc<Visitors>,
}

/// The routes of the storefront; starts its background job, so it needs a runtime.
pub(crate) fn app(obs: &Obs, orders: Client) -> Router {
    Business::new(obs);
    let carts = Arc::new(Carts::default());
    tokio::spawn(job::close_abandoned_carts(obs.clone(), Arc::clone(&carts)));
    Router::new()
        .route("/products/{id}", get(product))
        .route("/register", post(register))
        .route("/login", post(login))
        .route("/checkout", post(checkout))
        .route("/orders/{id}", get(order))
        .route("/orders/{id}/invoice", get(invoice))
        .route("/recommendations", get(recommendations))
        .route("/export", get(export))
        .route("/events", get(events))
        .with_state(Storefront {
            orders,
            carts,
            catalog: Catalog::new(obs),
            visitors: Visitors::on_page_of(obs),
        })
}

async fn product(State(shop): State<Storefront>, Path(id): Path<u64>) -> Result<String, Failure> {
    // On the lines of this request; in a label it would make a series for each product.
    context::set_field("product_id", id);
    let category = shop.catalog.category(id).await.ok_or(Failure::NotFound)?;
    Business::track_product_view(category);
    Ok(format!("product {id}, in {category}\n"))
}

async fn register(State(shop): State<Storefront>, Json(registration): Json<Registration>) -> StatusCode {
    let Registration {
        user_id,
        country,
        source,
    } = registration;
    shop.visitors.saw(&user_id);
    context::set_field("user_id", user_id);
    Business::track_registration(country, source);
    StatusCode::CREATED
}

async fn login(State(shop): State<Storefront>, Json(login): Json<Login>) -> StatusCode {
    shop.visitors.saw(&login.user_id);
    // From here on every line of this request says who it was, the layer's own line too.
    context::set_field("user_id", login.user_id);
    tracing::info!(action = "login", "user action");
    StatusCode::NO_CONTENT
}

async fn checkout(
    State(shop): State<Storefront>,
    Json(cart): Json<Cart>,
) -> Result<(StatusCode, Json<Order>), Failure> {
    shop.visitors.saw(&cart.user_id);
    context::set_field("user_id", &cart.user_id);
    let placed = shop.orders.post("/orders", &cart).await;
    match placed {
        Ok(order) => {
            shop.carts.buy();
            Ok((StatusCode::CREATED, Json(order)))
        }
        Err(failure) => {
            shop.carts.abandon();
            Err(failure)
        }
    }
}

async fn order(State(shop): State<Storefront>, Path(id): Path<u64>) -> Result<Json<Order>, Failure> {
    shop.orders
        .get("/orders/{id}", &format!("/orders/{id}"))
        .await
        .map(Json)
}

async fn invoice(State(shop): State<Storefront>, Path(id): Path<u64>) -> Result<Json<Invoice>, Failure> {
    shop.orders
        .get("/orders/{id}/invoice", &format!("/orders/{id}/invoice"))
        .await
        .map(Json)
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
