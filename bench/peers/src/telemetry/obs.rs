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

    /// The work, with `requests` as the name of the counter of requests.
    pub fn tally(self, requests: &'static str) -> Tally {
        let Self { obs, lines, collector } = self;
        let registry = obs.registry().clone();
        let on_page = move |metric: &str| sum(&String::from_utf8_lossy(&registry.render(Format::Text)), metric);
        let dropped = on_page.clone();
        Tally::default()
            .requests(move || {
                // The instance lives as long as what counts its requests.
                let _alive = &obs;
                on_page(requests)
            })
            // The writer's thread has its turn late on a machine that is busy.
            .lines(move || lines.count() + dropped("obs_log_lines_dropped_total"))
            .spans(move || collector.spans())
    }
}
