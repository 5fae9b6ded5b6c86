//! Arguments of the commands that ask a running service. The doc comments of this file are the help texts.

use std::path::PathBuf;

/// Where the console is, and what it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct ConsoleArg {
    /// The address of the console, such as <http://localhost:3000/obs>
    #[arg(value_name = "URL")]
    pub(super) url: String,
    #[command(flatten)]
    pub(super) token: TokenArg,
}

#[derive(Debug, clap::Args)]
pub(super) struct TokenArg {
    /// A file with the token of the console; else the environment variable `OBS_TOKEN` has it
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

/// A time window.
#[derive(Debug, clap::Args)]
pub(super) struct WindowArgs {
    /// The window that ends now, such as 15m
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["from", "to"])]
    pub(super) last: Option<String>,
    /// Its begin: RFC 3339, or milliseconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Its end
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RowArgs {
    /// What to show, in the language of the page: words, key:value, -key:value
    #[arg(long, value_name = "FILTER")]
    pub(super) filter: Option<String>,
    /// The most rows
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) limit: Option<u16>,
    /// Print each row as a line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Show what is running: requests, outgoing calls, upgraded connections, jobs; what is stuck
/// comes first. Exits with 1 if something is stuck.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs running http://localhost:3000/obs
  obs running localhost:3000 --filter 'endpoint:/checkout duration:>5s'
  obs running localhost:3000 --json | jq .trace_id")]
pub(super) struct RunningArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
    #[command(flatten)]
    pub(super) rows: RowArgs,
}

/// Show the errors that requests and jobs have ended in, by kind, with the newest example of
/// each. Exits with 1 if there are any.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs errors http://localhost:3000/obs
  obs errors localhost:3000 --last 1h --filter status:5xx
  obs errors localhost:3000 --json --limit 1 | jq -r .example.trace_id")]
pub(super) struct ErrorsArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
    #[command(flatten)]
    pub(super) window: WindowArgs,
    #[command(flatten)]
    pub(super) rows: RowArgs,
}

/// Show a trace: its waterfall, why it failed, and its lines in order. Exits with 1 if a span of
/// it has failed, with 2 if the service doesn't have it (any more).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs trace http://localhost:3000/obs 4bf92f3577b34da6a3ce929d0e0e4736
  obs trace localhost:3000 4bf92f3577b34da6a3ce929d0e0e4736 --json > trace.ndjson")]
pub(super) struct TraceArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
    /// The id of the trace, 32 hexadecimal digits
    #[arg(value_name = "TRACE_ID")]
    pub(super) id: String,
    /// Print the spans, then the lines, each as a line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Show what differs between two windows, or between slow requests and the rest: endpoints,
/// attributes, versions. Without --base-from and --base-to, the window before is compared. Exits
/// with 1 if something differs by a score of 0.2 or more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs diff http://localhost:3000/obs --from 2026-12-01T17:00:00Z --to 2026-12-01T17:10:00Z
  obs diff localhost:3000 --last 5m
  obs diff localhost:3000 --last 15m --slow")]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
    #[command(flatten)]
    pub(super) window: WindowArgs,
    /// The begin of the window to compare with
    #[arg(long, value_name = "TIME", requires = "base_to", conflicts_with = "slow")]
    pub(super) base_from: Option<String>,
    /// The end of the window to compare with
    #[arg(long, value_name = "TIME", requires = "base_from", conflicts_with = "slow")]
    pub(super) base_to: Option<String>,
    /// Compare the slowest twentieth of each endpoint with the rest
    #[arg(long)]
    pub(super) slow: bool,
    /// Print each endpoint, attribute and version as a line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Print log lines and ends of requests as they come. When the connection is lost, it is made
/// again; what is missing is said on standard error. Ends with Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs tail http://localhost:3000/obs
  obs tail localhost:3000 'level:warn -target:sqlx'
  obs tail localhost:3000 'request_id:req-7 \"card declined\"' --json | jq .message")]
pub(super) struct TailArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
    /// What to show, in the language of the page: words, key:value, -key:value
    #[arg(value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Print each line as a line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Show what was exported from a console: a trace as OTLP JSON, or a view that was saved as
/// HTML. Exits with 1 if a span has failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs open trace.json
  obs open obs-trace-2026-12-01.html")]
pub(super) struct OpenArgs {
    /// The file
    pub(super) file: PathBuf,
    /// Print the spans, then the lines, each as a line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Serve the Model Context Protocol on standard input and output, so that an assistant can ask
/// the console: overview, running, endpoint, errors, trace, lines, difference, alerts, slos.
/// It only reads. Ends when standard input does.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs mcp http://localhost:3000/obs
  OBS_TOKEN=… obs mcp https://orders.internal/obs

The entry of a client's configuration:
  { \"mcpServers\": { \"orders\": { \"command\": \"obs\", \"args\": [\"mcp\", \"http://localhost:3000/obs\"] } } }")]
pub(super) struct McpArgs {
    #[command(flatten)]
    pub(super) console: ConsoleArg,
}

/// Show the endpoints of one or more services: rate, errors, durations, what is running; what
/// fails comes first. Without a console, a plain metrics page of any service is read, from one
/// reading to the next. The table is printed again and again until Ctrl-C, or --once: that exits
/// with 1 if requests have failed or an alert fires.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs top http://localhost:3000/obs
  obs top localhost:3000 localhost:3001 localhost:9090/metrics
  obs top localhost:3000 --once --json | jq -r 'select(.error_ratio > 0) | .endpoint'")]
pub(super) struct TopArgs {
    /// The addresses of consoles, such as <http://localhost:3000/obs>, or of metrics pages
    #[arg(value_name = "URL", required = true)]
    pub(super) urls: Vec<String>,
    #[command(flatten)]
    pub(super) token: TokenArg,
    /// The window of rates and percentiles
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(super) last: String,
    /// The seconds between two readings
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(super) interval: u16,
    /// Print the table once; a metrics page is read twice for that
    #[arg(long)]
    pub(super) once: bool,
    /// With --once, print each endpoint as a line of JSON
    #[arg(long, requires = "once")]
    pub(super) json: bool,
}
