//! The command `obs`.
//!
//! | command | does |
//! |---|---|
//! | `obs new` | writes a first definition, from flags or from answers on a terminal |
//! | `obs generate` | generates all files from the definition |
//! | `obs check` | compares the files, checks the quality of alerts, and compares running services |
//! | `obs test` | runs promtool and amtool on the files |
//! | `obs completions SHELL` | prints shell completions |
//!
//! All commands read `obs.yaml` and use the folder `deploy`, unless `--spec` and `--out`
//! say otherwise. `obs COMMAND --help` lists the flags, with examples.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | success; nothing was found |
//! | 1 | findings: files that differ, alerts of poor quality, failed tests |
//! | 2 | the command could not finish: invalid arguments, an invalid definition, files or pages that can't be read or written |
//!
//! Results go to standard output, errors to standard error. A closed pipe (`obs check |
//! head`) ends the command with 0.

mod args;
mod check;
mod new;
mod run;
mod test;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::main()
}
