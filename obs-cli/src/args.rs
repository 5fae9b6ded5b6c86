//! Command-line arguments. The doc comments of this file are the help texts.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use super::{
    console_args::{DiffArgs, ErrorsArgs, McpArgs, OpenArgs, RunningArgs, TailArgs, TopArgs, TraceArgs},
    outcome::{Outcome, Verdict},
};

/// Generate the configuration of everything around a service from one definition
/// (Prometheus, Alertmanager, Grafana, Loki, collectors, Kubernetes, Compose, runbooks), and
/// see in running services what their consoles know.
#[derive(Debug, Parser)]
#[command(name = "obs", version, propagate_version = true, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What the general help ends with.
const EXAMPLES: &str = "\
Examples:
  obs new --service payments --team payments --endpoint 'POST /payments'
  obs generate --spec obs.yaml --out deploy
  obs check && obs test
  obs errors http://localhost:3000/obs

Exit codes:
  0  success; nothing was found
  1  findings: files that differ, alerts of poor quality, failed tests; errors, stuck requests, differences
  2  could not finish: invalid arguments or definition, files or pages that can't be read or written,
     a console that gives no answer";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the first definition of a service
    New(NewArgs),
    /// Generate all files from the definition
    Generate(GenerateArgs),
    /// Compare files and running services with the definition, check alerts
    Check(CheckArgs),
    /// Run promtool and amtool on the files
    Test(TestArgs),
    /// Show the endpoints of services, live
    Top(TopArgs),
    /// Show what is running in a service
    Running(RunningArgs),
    /// Show the errors of a service by kind
    Errors(ErrorsArgs),
    /// Show a trace as a waterfall, with its lines
    Trace(TraceArgs),
    /// Show what differs between two windows, or between slow requests and the rest
    Diff(DiffArgs),
    /// Print log lines as they come
    Tail(TailArgs),
    /// Show an exported trace or a saved view
    Open(OpenArgs),
    /// Let an assistant ask a console, by the Model Context Protocol
    Mcp(McpArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

/// Write a commented definition. On a terminal, values without a flag are prompted for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs new
  obs new --service payments --team payments --contact '#payments' --endpoint 'POST /payments' \\
          --endpoint 'GET /payments/{id}' --target payments:8080 --objective 99.9")]
pub(super) struct NewArgs {
    /// The file to write; one that exists is never replaced
    #[arg(long, value_name = "FILE", default_value = "obs.yaml")]
    pub(super) out: PathBuf,
    /// The name of the service, as it calls itself
    #[arg(long, value_name = "NAME")]
    pub(super) service: Option<String>,
    /// The team that runs it
    #[arg(long, value_name = "NAME")]
    pub(super) team: Option<String>,
    /// How the team is notified: #channel, an e-mail address, a URL
    #[arg(long, value_name = "CONTACT")]
    pub(super) contact: Option<String>,
    /// The environment: production, staging
    #[arg(long, value_name = "NAME")]
    pub(super) environment: Option<String>,
    /// An address that is scraped; can be given more than once
    #[arg(long = "target", value_name = "HOST:PORT")]
    pub(super) targets: Vec<String>,
    /// An endpoint that the service has; can be given more than once
    #[arg(long = "endpoint", value_name = "METHOD TEMPLATE")]
    pub(super) endpoints: Vec<String>,
    /// The share of requests that must not fail, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(super) objective: Option<f64>,
}

/// Generate all files from the definition. Files are written to a temporary folder, then
/// renamed, so none is ever incomplete. The output folder may contain generated files,
/// hidden ones, and those with `.local.` in their names; with any other file nothing is
/// written. Text that people added to runbooks is kept: a runbook whose alert no longer exists is
/// removed, or renamed to `NAME.local.md` if it contains such text.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs generate
  obs generate --spec services/obs.yaml --out deploy")]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    pub(super) spec: SpecArg,
    #[command(flatten)]
    pub(super) out: OutArg,
}

/// Compare the files with what would be generated, check the quality of alerts, and, with
/// --running or --page, whether the metrics pages of services have every metric, bucket and
/// label value that rules and dashboards query. Exits with 1 if anything was found, with 2
/// if a page could not be fetched; the other pages are checked all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs check
  obs check --running                                       fetches the pages of all targets
  obs check --page payments=http://127.0.0.1:8080/metrics   fetches this page
  curl -s https://payments/metrics | obs check --page payments=-")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) spec: SpecArg,
    #[command(flatten)]
    pub(super) out: OutArg,
    /// Fetch the metrics pages of all targets in the definition
    #[arg(long)]
    pub(super) running: bool,
    /// The metrics page of a service: a URL (http), a file, or `-` for standard input; can be given more than once
    #[arg(long = "page", value_name = "SERVICE=PAGE")]
    pub(super) pages: Vec<String>,
}

/// Run `promtool check config`, `check rules`, `test rules` and `amtool check-config` on
/// the files, as far as these programs are installed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs test
  obs test --out deploy --strict     fails if promtool or amtool is missing")]
pub(super) struct TestArgs {
    #[command(flatten)]
    pub(super) out: OutArg,
    /// Fail if a program is not installed, instead of skipping its tests
    #[arg(long)]
    pub(super) strict: bool,
}

/// Print shell completions.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  obs completions bash > /etc/bash_completion.d/obs
  obs completions zsh > ~/.zfunc/_obs")]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct SpecArg {
    /// The definition
    #[arg(long, value_name = "FILE", default_value = "obs.yaml")]
    pub(super) spec: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct OutArg {
    /// The folder of the generated files
    #[arg(long, value_name = "FOLDER", default_value = "deploy")]
    pub(super) out: PathBuf,
}

/// Prints the completions of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> Outcome {
    // Written to memory first: the generator panics if it can't write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "obs", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Verdict::Well)
}
