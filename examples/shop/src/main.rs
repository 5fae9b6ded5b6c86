//! A shop of three services that shows logs, metrics and traces at once.
//!
//! `cargo run -p shop` starts them, sends them visitors, and says what to open.
//!
//! | file | is |
//! |---|---|
//! | `on_axum.rs`, `on_actix.rs` | **start here**: the layer of a service and its metrics page |
//! | `obs.yaml`, `definition.rs` | what the services promise and are watched for, for them and for the `obs` command |
//! | `alerts.rs` | the alerts, evaluated in the process and sent where the command line says |
//! | `service.rs` | one service: its telemetry, its thread, its end |
//! | `storefront.rs`, `orders.rs`, `payments.rs` | the services, axum → actix-web → axum; each calls the next over HTTP |
//! | `business.rs` | the numbers that the business asks for; `visitors.rs` counts the active users |
//! | `order_book.rs`, `catalog.rs` | a database and a cache, with their metrics |
//! | `client.rs` | calls to another service, by reqwest |
//! | `job.rs` | work that no request started, with a context of its own |
//! | `shop.rs` | the three put together: `Obs::init_several` |
//! | `logs.rs` | where their log lines go |
//! | `traffic.rs` | the visitors |
//! | `report/` | what `--requests` prints: a table from the registries, one trace from the logs |

mod alerts;
mod args;
mod business;
mod catalog;
mod client;
mod definition;
mod failure;
mod job;
mod logs;
mod model;
mod on_actix;
mod on_axum;
mod order_book;
mod orders;
mod payments;
mod report;
mod service;
mod shop;
mod signals;
mod storefront;
mod traffic;
mod visitors;

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

use crate::{args::Args, report::Report, shop::Shop, traffic::Traffic};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where not even this can be written, there is nobody left to tell.
            let _ = writeln!(io::stderr(), "shop: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    service::print_other_panics_only();
    let shop = Shop::open(args)?;
    // Standard output belongs to the log lines or to the report: both can be piped into `jq`.
    shop.announce(args, &mut io::stderr())?;

    let visitors = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let traffic = Traffic::new(shop.storefront(), args)?;
    visitors.block_on(async {
        tokio::select! {
            () = traffic.run() => Ok(()),
            stopped = signals::stop() => stopped,
        }
    })?;
    // With the visitors go their connections, so that the services can close at once.
    drop(visitors);

    let services = shop.close()?;
    if args.requests.is_some() {
        Report::of(&services).print(args.json, &mut io::stdout().lock())?;
    }
    Ok(())
}
