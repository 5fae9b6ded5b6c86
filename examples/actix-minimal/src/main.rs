//! The smallest actix-web service with logs, metrics and traces: `cargo run -p actix-minimal`, then
//! `curl -i localhost:3000/orders/7` and `curl localhost:3000/metrics`.

use actix_web::{App, HttpServer, web};
use obs_actix::{ObsMiddleware, obs_core::Obs};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Dropped at the end of `main`: that writes and sends what is still in flight.
    let _telemetry = Obs::builder("order-service").init()?;

    let app = || {
        App::new()
            .wrap(ObsMiddleware::new())
            .route("/orders/{id}", web::get().to(order))
            .service(obs_actix::metrics("/metrics"))
    };
    HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?;
    Ok(())
}

async fn order(id: web::Path<u64>) -> String {
    format!("order {id}\n")
}
