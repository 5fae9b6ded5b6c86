//! The report, for people and for programs.

use std::io;

use serde::Serialize;

use super::{
    routes::{self, Route},
    trace::{self, Trace},
};
use crate::service::Closed;

/// What is printed at the end of `--requests`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    routes: Vec<Route>,
    trace: Option<Trace>,
}

// === impl Report ===

impl Report {
    /// What these services have seen.
    pub(crate) fn of(services: &[Closed]) -> Self {
        let routes = services
            .iter()
            .flat_map(|service| routes::of(service.name, service.obs.registry()))
            .collect();
        let texts: Vec<String> = services.iter().map(|service| service.lines.text()).collect();
        Self {
            routes,
            trace: trace::longest(texts.iter().flat_map(|text| text.lines())),
        }
    }

    /// Prints it as one JSON object, or as text.
    ///
    /// # Errors
    ///
    /// If `out` fails.
    pub(crate) fn print(&self, json: bool, out: &mut impl io::Write) -> io::Result<()> {
        if json {
            serde_json::to_writer(&mut *out, self)?;
            return writeln!(out);
        }
        self.print_routes(out)?;
        self.print_trace(out)
    }

    fn print_routes(&self, out: &mut impl io::Write) -> io::Result<()> {
        let millis = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
        let width = self
            .routes
            .iter()
            .map(|route| route.endpoint.len())
            .max()
            .unwrap_or_default()
            .max(8);
        writeln!(
            out,
            "{:<10}  {:<7}  {:<width$}  {:>8}  {:>6}  {:>8}  {:>8}",
            "service", "method", "endpoint", "requests", "errors", "p50_ms", "p99_ms"
        )?;
        for Route {
            service,
            method,
            endpoint,
            requests,
            errors,
            p50_ms,
            p99_ms,
        } in &self.routes
        {
            let (p50, p99) = (millis(*p50_ms), millis(*p99_ms));
            writeln!(
                out,
                "{service:<10}  {method:<7}  {endpoint:<width$}  {requests:>8}  {errors:>6}  {p50:>8}  {p99:>8}"
            )?;
        }
        Ok(())
    }

    fn print_trace(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Some(Trace { trace_id, lines }) = &self.trace else {
            return writeln!(out, "\nno trace in the log lines");
        };
        writeln!(out, "\ntrace {trace_id} in the log lines of all services:")?;
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}
