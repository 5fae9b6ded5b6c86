//! Running a command: from arguments to an exit code.

use std::{error::Error, io, process::ExitCode};

use clap::Parser as _;

use super::{
    args::{self, Args, Command},
    ask, check, generate, mcp, new, open,
    outcome::{Verdict, complain},
    tail, test, top,
};

/// Runs the command in the arguments of the process, and returns its [exit code](super).
/// Reports go to standard output, errors to standard error.
pub(super) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are errors to clap. If they can't be written, nobody reads them.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match &args.command {
        Command::New(args) => new::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Top(args) => top::run(args),
        Command::Running(args) => ask::running(args),
        Command::Errors(args) => ask::errors(args),
        Command::Trace(args) => ask::trace(args),
        Command::Diff(args) => ask::diff(args),
        Command::Tail(args) => tail::run(args),
        Command::Open(args) => open::run(args),
        Command::Mcp(args) => mcp::run(args),
        Command::Completions(args) => args::completions(args),
    };
    match outcome {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Ok(Verdict::Incomplete) => ExitCode::from(2),
        // The reader of our output has closed it: `obs check | head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = complain(&*error);
            ExitCode::from(2)
        }
    }
}

/// Whether the output was closed by its reader.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
