//! The smallest client whose calls carry their trace and are counted: `cargo run -p axum-minimal`,
//! then `cargo run -p reqwest-minimal`: the lines of both have one trace id.

use std::io::Write;

use obs_reqwest::{
    RequestBuilderExt,
    obs_core::{Obs, context, metrics::Format},
    reqwest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Dropped at the end of `main`: that writes and sends what is still in flight.
    let telemetry = Obs::builder("order-lookup").init()?;
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "http://localhost:3000/orders/7".to_owned());
    let http = obs_reqwest::client(reqwest::Client::new());

    // A job: what it logs and whom it calls belongs to one trace. In a handler that is so already.
    context::in_new(async {
        match http.get(url).target("/orders/{id}").send().await {
            Ok(response) => tracing::info!(status = response.status().as_u16(), "order found"),
            Err(error) => tracing::warn!(%error, "no answer"),
        }
    })
    .await;

    std::io::stdout().write_all(&telemetry.registry().render(Format::Text))?;
    Ok(())
}
