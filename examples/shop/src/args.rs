//! The command line.

use clap::{Parser, ValueEnum, builder::RangedU64ValueParser};

/// A shop of three services (storefront, orders, payments) that shows logs, metrics and traces at once.
///
/// It sends itself visitors: quick, slow, failing, panicking, cancelled, streamed and lost ones.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "shop",
    version,
    after_help = "\
Examples:
  shop                             run with a gentle stream of visitors, until Ctrl-C
  shop | jq 'select(.level==\"error\")'
                                   the same, errors only
  shop --requests 300              send 300 requests, print what the services saw, exit
  shop --requests 300 --json       the same as one JSON object
  shop --fail 30                   fail on purpose: alerts fire, as lines and where else they are sent
  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 shop
                                   send spans to a collector (Jaeger, Tempo, …)"
)]
pub(crate) struct Args {
    /// Send this many requests, print the services' numbers and one trace, and exit; without it, run until Ctrl-C
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) requests: Option<u32>,

    /// Print the report as one JSON object and nothing else on standard output
    #[arg(long, requires = "requests")]
    pub(crate) json: bool,

    /// Requests per second when running until Ctrl-C; 0 leaves the shop to you
    #[arg(long, value_name = "N", default_value = "10", conflicts_with = "requests",
          value_parser = RangedU64ValueParser::<u32>::new().range(0..=1_000))]
    pub(crate) rate: u32,

    /// Format of the log lines on standard output; with --requests they are kept for the report instead
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "auto",
        conflicts_with = "requests"
    )]
    pub(crate) logs: Format,

    /// Let this share of the visitors, in percent, pay by a bank that doesn't answer: with 30 an alert fires
    /// within half a minute
    #[arg(long, value_name = "PERCENT", default_value = "0", conflicts_with = "requests",
          value_parser = RangedU64ValueParser::<u32>::new().range(0..=100))]
    pub(crate) fail: u32,

    /// Send alerts to the Alertmanager with this base URL; to all of a cluster if given several times
    #[arg(long, value_name = "URL", conflicts_with = "requests")]
    pub(crate) alertmanager: Vec<String>,

    /// Send alerts to this URL, as Alertmanager's webhooks do
    #[arg(long, value_name = "URL", conflicts_with = "requests")]
    pub(crate) webhook: Option<String>,

    /// Port of the storefront; orders and payments take the next two. One that is taken is replaced by a free one
    #[arg(long, default_value_t = 3000)]
    pub(crate) port: u16,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// Pretty on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
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
    fn json_is_a_form_of_the_report() {
        assert!(Args::try_parse_from(["shop", "--json"]).is_err());
        assert!(Args::try_parse_from(["shop", "--requests", "0"]).is_err());
        assert!(Args::try_parse_from(["shop", "--requests", "300", "--json"]).is_ok_and(|args| args.json));
    }
}
