//! Orders: called by the storefront, calls payments.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use obs_actix::obs_core::{Obs, context, metrics::Timer, trace};
use tokio::time::sleep;

use crate::{
    business::Business,
    client::Client,
    failure::Failure,
    model::{Cart, Charge, Invoice, Order, OrderStatus, Receipt},
    order_book::OrderBook,
};

#[derive(Clone, Debug)]
struct Orders {
    payments: Client,
    book: OrderBook,
    business: Business,
}

/// The routes of orders, for any number of workers.
pub(crate) fn routes(obs: &Obs, payments: Client) -> impl FnOnce(&mut ServiceConfig) + Clone + Send + use<> {
    let orders = Data::new(Orders {
        payments,
        book: OrderBook::new(obs),
        business: Business::new(obs),
    });
    move |config| {
        config
            .app_data(orders)
            .route("/orders", web::post().to(place))
            .route("/orders/{id}", web::get().to(order))
            .route("/orders/{id}/invoice", web::get().to(invoice));
    }
}

async fn place(orders: Data<Orders>, cart: Json<Cart>) -> Result<HttpResponse, Failure> {
    context::set_field("user_id", &cart.user_id);
    let timer = Timer::start();
    let placed = orders.place(&cart).await;
    let status = match placed {
        Ok(_) => OrderStatus::Paid,
        Err(Failure::Declined) => OrderStatus::Declined,
        Err(_) => OrderStatus::Failed,
    };
    orders
        .business
        .track_order_value(cart.amount_cents(), cart.currency, status);
    orders.business.record_order_processing(status, timer.elapsed());
    Ok(HttpResponse::Created().json(placed?))
}

async fn order(orders: Data<Orders>, id: Path<u64>) -> Result<Json<Order>, Failure> {
    orders.book.find(*id).await.map(Json)
}

async fn invoice(orders: Data<Orders>, id: Path<u64>) -> Result<Json<Invoice>, Failure> {
    let order = orders.book.find(*id).await?;
    // A bug on purpose: an order whose items were all sent back has none left, and this panics.
    let cents_per_item = order.amount_cents / order.items;
    Ok(Json(Invoice {
        order_id: order.id,
        cents_per_item,
    }))
}

// === impl Orders ===

impl Orders {
    async fn place(&self, cart: &Cart) -> Result<Order, Failure> {
        // A span for work inside the handler: a child of the request's span.
        trace::in_span("reserve stock", sleep(Duration::from_millis(3))).await;

        let charge = Charge {
            card: cart.card,
            amount_cents: cart.amount_cents(),
        };
        let receipt: Receipt = self.payments.post("/payments", &charge).await?;

        let order = self.book.add(cart.items.into(), receipt.charged_cents).await?;
        tracing::info!(order_id = order.id, amount_cents = order.amount_cents, "order placed");
        Ok(order)
    }
}
