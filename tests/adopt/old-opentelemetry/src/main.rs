//! A layer of the application exports `tracing` spans with an older version of OpenTelemetry than obs has: its spans have
//! other traces than the lines and spans of obs. The argument says how it is set up.

use std::{env, time::Duration};

use obs_axum::obs_core::{Obs, context};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = SdkTracerProvider::builder().build();
    let builder = Obs::builder("orders");
    let way = env::args().nth(1).unwrap_or_default();
    let builder = match way.as_str() {
        // Spans of `tracing` are exported by obs.
        "without" | "global" => builder,
        // And once more by a layer of the other version.
        "layer" => builder.layer(tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"))),
        other => return Err(format!("unknown argument {other:?}").into()),
    };
    let telemetry = builder.init()?;
    if way == "global" {
        // As a library or the service itself does, with the API of the other version.
        opentelemetry::global::set_tracer_provider(provider);
    }
    context::run_new(|| tracing::info_span!("look up").in_scope(|| tracing::info!("an order")));
    telemetry.shutdown(Duration::from_secs(5))?;
    Ok(())
}
