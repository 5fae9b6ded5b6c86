//! Who is compared: each builds its service and tells where its work is counted.

mod actix;
mod actix_peers;
mod axum;
mod axum_peers;
mod busy;
mod identity;
mod list;
mod reqwest;
mod reqwest_peers;
mod subscriber;

pub use list::{Group, SUBJECTS, Spec};

use std::{error::Error, thread, time::Duration};

use crate::{
    harness::{Aim, Slice, Tally, Work},
    load::Load,
};

/// How a subject is made, in the process that is its own.
pub type Make = fn() -> Result<Subject, Box<dyn Error>>;

/// Nothing is under way when so many looks at the work see the same.
const SETTLED: usize = 3;
/// Lines are written within 200 ms.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A service under load, and the proof of its work.
pub struct Subject {
    run: Box<dyn FnMut(Aim, Load) -> Slice>,
    tally: Tally,
    /// The same routes for a server, where there is one.
    router: Option<::axum::Router>,
}

// === impl Subject ===

impl Subject {
    fn new(run: impl FnMut(Aim, Load) -> Slice + 'static, tally: Tally) -> Self {
        Self { run: Box::new(run), tally, router: None }
    }

    fn with_router(mut self, router: ::axum::Router) -> Self {
        self.router = Some(router);
        self
    }

    pub fn take_router(&mut self) -> Option<::axum::Router> {
        self.router.take()
    }

    pub fn run(&mut self, aim: Aim, load: Load) -> Slice {
        (self.run)(aim, load)
    }

    pub fn work(&self) -> Work {
        self.tally.work()
    }

    /// The lines alone, which are waited for.
    pub fn lines(&self) -> u64 {
        self.tally.count_lines()
    }

    /// The spans alone, which are waited for after each slice.
    pub fn spans(&self) -> u64 {
        self.tally.count_spans()
    }

    /// The work, once nothing more arrives.
    pub fn settled(&self) -> Work {
        let arrived = || (self.lines(), self.spans());
        let mut before = arrived();
        let mut seen = 0;
        while seen < SETTLED {
            thread::sleep(BETWEEN_LOOKS);
            let now = arrived();
            seen = if now == before { seen + 1 } else { 0 };
            before = now;
        }
        self.work()
    }
}
