//! A logger with a context: how to log, what is on every line, and how long it stays there.
//!
//! `cargo run -p logging` shows lines for people, `cargo run -p logging | cat` the JSON lines,
//! `RUST_LOG=debug cargo run -p logging` one line more.
//!
//! A logger object as other languages have it is in three places here:
//!
//! - `logger.set_context("user_id", id)` is `context::set_field("user_id", id)`;
//! - `logger.info("User action", action="login")` is `tracing::info!(action = "login", "User action")`;
//! - `logger.clear_context()` is `context::clear()`.

use std::{io, thread, time::Duration};

use obs_core::{Obs, context};
use tracing::{debug, error, info, warn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let obs = Obs::builder("api").redact_fields(["card_number"]).init()?;
    info!("outside of any request: no ids");

    // A job gets a context as a request does; in a web service the layer makes it (`ObsLayer`).
    context::run_new(|| sign_in("user-456"));
    context::run_new(|| info!("the next job has ids of its own, and no user"));

    obs.shutdown(Duration::from_secs(2))?;
    Ok(())
}

fn sign_in(user: &str) {
    context::set_field("user_id", user.to_owned());
    info!(action = "login", ip = "192.168.1.1", "User action");

    // Levels: debug lines are there when RUST_LOG asks for them.
    debug!(cache = "sessions", "looked up");
    warn!(attempts = 3, "password was wrong before");

    // Secrets never get to a line, whoever logs them.
    info!(password = "hunter2", card_number = "4111 1111", "form received");

    // An error brings its sources along.
    let cause = io::Error::new(io::ErrorKind::TimedOut, "mail server does not answer");
    error!(error = &cause as &dyn std::error::Error, "no mail sent");

    // Another thread works for the same request when it is given the context (tasks: `in_current`).
    if let Some(request) = context::current() {
        let worker = thread::spawn(|| context::run_in(request, || info!("still the same user")));
        if worker.join().is_err() {
            error!("the worker panicked");
        }
    }

    // The user goes, the ids of the request stay.
    context::clear();
    info!("User signed out");
}
