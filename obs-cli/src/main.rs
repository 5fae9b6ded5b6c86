//! The command `obs`.
//!
//! | command | does |
//! |---|---|
//! | `obs new` | writes a first definition, from flags or from answers on a terminal |
//! | `obs generate` | generates all files from the definition |
//! | `obs check` | compares the files, checks the quality of alerts, and compares running services |
//! | `obs test` | runs promtool and amtool on the files |
//! | `obs top` | shows the endpoints of running services, live |
//! | `obs running`, `errors`, `trace`, `diff` | show what the console of a running service answers |
//! | `obs tail` | prints its log lines as they come |
//! | `obs open` | shows what was exported from a console |
//! | `obs mcp` | lets an assistant ask a console, by the Model Context Protocol |
//! | `obs completions SHELL` | prints shell completions |
//!
//! The first four read `obs.yaml` and use the folder `deploy`, unless `--spec` and `--out`
//! say otherwise. `obs COMMAND --help` lists the flags, with examples.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | success; nothing was found |
//! | 1 | findings: files that differ, alerts of poor quality, failed tests; errors, stuck requests, differences |
//! | 2 | the command could not finish: invalid arguments, an invalid definition, files or pages that can't be read or written, a console that gives no answer |
//!
//! Results go to standard output, errors to standard error. A closed pipe (`obs check |
//! head`) ends the command with 0.

mod args;
mod ask;
mod check;
mod client;
mod console_args;
mod generate;
mod mcp;
mod metrics_page;
mod model;
mod new;
mod open;
mod outcome;
mod report;
mod run;
mod tail;
mod test;
mod text;
mod top;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::main()
}
