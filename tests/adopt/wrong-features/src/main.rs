//! Starts and stops a service that is built without any feature: what its environment or its code asks for isn't there.
//! The argument says what its code asks for.

use std::{env, time::Duration};

use obs_axum::obs_core::{
    Obs,
    otlp::{Otlp, Pem, Protocol},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Obs::builder("orders");
    let builder = match env::args().nth(1).as_deref() {
        None => builder,
        Some("endpoint") => builder.otlp_endpoint("http://127.0.0.1:4318"),
        Some("grpc") => builder.otlp(Otlp::new().protocol(Protocol::Grpc)),
        Some("certificate") => builder.otlp(Otlp::new().certificate(Pem::file("ca.pem"))),
        Some("logs") => builder.otlp_logs(true),
        Some("metrics") => builder.otlp_metrics(true),
        Some(other) => return Err(format!("unknown argument {other:?}").into()),
    };
    let telemetry = builder.init()?;
    telemetry.shutdown(Duration::from_secs(5))?;
    println!("started and stopped");
    Ok(())
}
