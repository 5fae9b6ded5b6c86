//! Plain programs for public conformance suites, one for each adapter.
//!
//! `conformance axum` and `conformance actix` answer the traffic of OpenTelemetry's
//! [HTTP conformance scenarios](https://github.com/open-telemetry/semantic-conventions-conformance),
//! `conformance reqwest` sends it; `conformance w3c-axum` and `conformance w3c-actix` are services for
//! the [W3C Trace Context test suite](https://github.com/w3c/trace-context/tree/main/test).
//!
//! | file | is |
//! |---|---|
//! | `args.rs` | the command line |
//! | `on_axum/`, `on_actix/` | the services: twins, file by file |
//! | `on_reqwest.rs` | the client |
//! | `answers.rs`, `bodies.rs` | what both services answer |
//! | `callbacks.rs` | what the W3C suite asks a service to send |
//! | `place.rs`, `input.rs` | where a service listens, and until when |
//! | `telemetry.rs` | start and end of logs, metrics and traces |

mod answers;
mod args;
mod bodies;
mod callbacks;
mod input;
mod on_actix;
mod on_axum;
mod on_reqwest;
mod place;
mod telemetry;

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

use crate::{
    args::{Args, Command},
    telemetry::Telemetry,
};

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where not even this can be written, there is nobody left to tell.
            let _ = writeln!(io::stderr(), "conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    Args {
        opt_in_metrics,
        command,
    }: Args,
) -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::start(command.name(), opt_in_metrics)?;
    let ran = match command {
        Command::Axum(args) => on_axum::serve(on_axum::scenario(args.convention.into())),
        Command::Actix(args) => on_actix::serve(on_actix::scenario(args.convention.into())),
        Command::Reqwest(args) => on_reqwest::run(&args),
        Command::W3cAxum => callbacks::client().and_then(|http| on_axum::serve(on_axum::w3c(http))),
        Command::W3cActix => callbacks::client().and_then(|http| on_actix::serve(on_actix::w3c(http))),
    };
    telemetry.flush();
    ran
}
