//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use obs_core::metrics;

/// Plain programs for public conformance suites.
///
/// Log lines go to standard output. Spans and metrics of HTTP go where `OTEL_EXPORTER_OTLP_ENDPOINT` says, over the
/// protocol that `OTEL_EXPORTER_OTLP_PROTOCOL` says, and nowhere if it says nothing.
#[derive(Debug, Parser)]
#[command(
    name = "conformance",
    version,
    after_help = "\
Examples:
  OTEL_HTTP_SCENARIO_PORT=8080 conformance axum
                                   serve on 127.0.0.1:8080 until standard input closes; port 0
                                   takes a free one, which standard error names
  MOCK_SERVER_URL=http://127.0.0.1:8080 conformance reqwest
                                   send that service the traffic that it answers
  OTEL_HTTP_SCENARIO_PORT=5000 conformance w3c-axum
                                   then: python test.py http://127.0.0.1:5000/test"
)]
pub(crate) struct Args {
    /// Push the metrics that the conventions leave to choice, too
    #[arg(long, global = true)]
    pub(crate) opt_in_metrics: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer the HTTP conformance traffic with axum
    Axum(ServerArgs),
    /// Answer the HTTP conformance traffic with actix-web
    Actix(ServerArgs),
    /// Send the HTTP conformance traffic to $`MOCK_SERVER_URL` with reqwest
    Reqwest(ClientArgs),
    /// Answer the W3C Trace Context suite with axum and reqwest
    #[command(name = "w3c-axum")]
    W3cAxum,
    /// Answer the W3C Trace Context suite with actix-web and reqwest
    #[command(name = "w3c-actix")]
    W3cActix,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Names and labels of the metrics page
    #[arg(long, value_enum, value_name = "CONVENTION", default_value = "prometheus")]
    pub(crate) convention: Convention,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClientArgs {
    /// Speak HTTP/2 without having negotiated it
    #[arg(long)]
    pub(crate) http2: bool,
}

/// Names and labels of metrics.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Convention {
    /// `http_requests_total{method, endpoint, status, outcome}` and so on.
    Prometheus,
    /// The HTTP semantic conventions.
    Opentelemetry,
}

// === impl Command ===

impl Command {
    /// The name of the subcommand, which is the service's name too.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Axum(_) => "conformance-axum",
            Self::Actix(_) => "conformance-actix",
            Self::Reqwest(_) => "conformance-reqwest",
            Self::W3cAxum => "conformance-w3c-axum",
            Self::W3cActix => "conformance-w3c-actix",
        }
    }
}

// === impl Convention ===

impl From<Convention> for metrics::Convention {
    fn from(convention: Convention) -> Self {
        match convention {
            Convention::Prometheus => Self::Prometheus,
            Convention::Opentelemetry => Self::OpenTelemetry,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_programs_have_the_names_that_suites_call() {
        for name in ["axum", "actix", "reqwest", "w3c-axum", "w3c-actix"] {
            let args = Args::try_parse_from(["conformance", name]).unwrap();
            assert_eq!(args.command.name(), format!("conformance-{name}"));
        }
        assert!(Args::try_parse_from(["conformance"]).is_err());
    }
}
