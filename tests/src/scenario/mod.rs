//! The scenario table: one row is one way in which a request can go, and what every signal must show.
//!
//! A row speaks HTTP and expectations only. An [`Adapter`] serves what the row's routes do with its
//! framework and its layer; the runner plays the client over real TCP, HTTP/1.1 and HTTP/2, and then
//! compares, exactly once each: the metrics page, the canonical line, the server span, the gauge back
//! at 0, and what the client got. The rows run unchanged against every adapter; where a framework
//! can't behave alike, the row says so and why ([`Scenario::differs`]).
//!
//! ```
//! use obs_core::request::Outcome;
//! use obs_tests::scenario::{get, row, shows, text};
//!
//! let rows = [
//!     row("ok", get("/users/7"), "/users/{id}", text("hello"), shows(Outcome::Ok, 200).sends(5)),
//! ];
//! assert_eq!(rows[0].name, "ok");
//! ```
//!
//! Stories of more than one request are functions in [`story`] that any adapter can play.

mod act;
mod adapter;
mod ask;
mod body;
mod check;
mod evidence;
mod expect;
mod failing;
mod reply;
mod route;
mod row;
mod run;
mod serve;
mod settings;
mod span;
mod stage;

pub mod story;
pub mod table;

pub use {
    act::{Seen, Wire, ask_all},
    adapter::{Adapter, FinishHook, Plan, Serving},
    ask::{Act, Ask, PARENT, ask, get, post},
    body::{ScriptedBody, ScriptedFailure, Step},
    evidence::Evidence,
    expect::{Bytes, Expect, Ids, shows},
    failing::{Failing, SECRET},
    reply::{Content, Reply, empty, status, stream, text},
    route::{Does, HANGING, Route, ServiceFailure, UPGRADED_FOR, Work},
    row::{Difference, Scenario, row},
    run::{Failure, check_all, check_in_turn, play},
    serve::Subscribed,
    settings::{REPLACED, Settings},
    span::{Attribute, Attributes, SeenSpan},
    stage::Stage,
};
