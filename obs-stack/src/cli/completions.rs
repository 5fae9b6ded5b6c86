//! `obs completions`

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use super::{
    args::{Args, CompletionsArgs},
    report::{Outcome, Verdict},
};

pub(super) fn run(args: &CompletionsArgs) -> Outcome {
    // Written to memory first: the generator panics where it can't write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "obs", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Verdict::Well)
}
