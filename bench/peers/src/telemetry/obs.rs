//! Our own instance, started as a service starts it.

use std::{env, error::Error};

use obs_core::{
    Obs,
    logs::LogFormat,
    metrics::{Format, Registry},
};

use super::{Collector, Lines, sum};
use crate::harness::Tally;

/// The variable that names a file which lines are written to.
const LOG_FILE: &str = "BENCH_LOG_FILE";

/// The process-wide default, and where its signals arrive.
#[derive(Debug)]
pub struct Instance {
    obs: Obs,
    lines: Lines,
    collector: Collector,
}

// === impl Instance ===

impl Instance {
    /// With the exporter of spans over HTTP, and the share of new traces that is sampled.
    pub fn start(sample_ratio: f64) -> Result<Self, Box<dyn Error>> {
        let lines = match env::var_os(LOG_FILE) {
            Some(path) => Lines::to_file(path.as_ref())?,
            None => Lines::default(),
        };
        let collector = Collector::start()?;
        let obs = Obs::builder("bench")
            .version("1.0.0")
            .log_format(LogFormat::Json)
            .log_writer(lines.clone())
            .otlp_endpoint(collector.endpoint())
            .sample_ratio(sample_ratio)
            // For the routes of which there are more than the default lets become series.
            .registry(Registry::builder().series_cap(50_000).build()?)
            .init()?;
        Ok(Self { obs, lines, collector })
    }

    /// The work, with `requests` as the name of the counter of requests. Lines and spans count where they
    /// arrive: one that is dropped is missed.
    pub fn tally(self, requests: &'static str) -> Tally {
        // The instance lives as long as what counts its requests.
        let Self { obs, lines, collector } = self;
        Tally::default()
            .requests(move || sum(&String::from_utf8_lossy(&obs.registry().render(Format::Text)), requests))
            .lines(move || lines.count())
            .spans(move || collector.spans())
    }
}
