//! The `obs` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    obs_stack::cli::main()
}
