//! Starts and stops a service that is built without any feature: what its environment asks for isn't there.

use std::time::Duration;

use obs_axum::obs_core::Obs;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Obs::builder("orders").init()?;
    telemetry.shutdown(Duration::from_secs(5))?;
    println!("started and stopped");
    Ok(())
}
