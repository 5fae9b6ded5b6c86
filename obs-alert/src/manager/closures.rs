//! Calls of conditions that are closures. The application's code may panic, call its own manager, or never return.

use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
    sync::mpsc,
    thread,
    time::Duration,
};

use obs_core::guard::{chain_text, guarded};

use crate::{Custom, subscriber, text::MOST_ERROR};

/// The timeout of one closure.
const TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });

/// The result of a closure.
type Answer = Result<bool, String>;

/// Calls all closures, one after the other, on a thread of their own. One that does not return in time keeps its
/// thread, and is not called again until it has returned; the others are called on another thread.
pub(super) fn call_all(closures: Vec<(String, Custom)>) -> HashMap<String, Answer> {
    let (mut results, mut left) = (HashMap::new(), VecDeque::from(closures));
    while !left.is_empty() {
        let (answers, received) = mpsc::channel();
        let all: Vec<Custom> = left.iter().map(|(_, closure)| closure.clone()).collect();
        let run = subscriber::carried(move || answer(all, &answers));
        if let Err(error) = thread::Builder::new().name("obs-alert-closure".to_owned()).spawn(run) {
            results.extend(
                left.drain(..)
                    .map(|(name, _)| (name, Err(format!("no thread to call it: {error}")))),
            );
            break;
        }
        while let Some((name, closure)) = left.pop_front() {
            let answer = received.recv_timeout(TIMEOUT);
            // If its rule was removed meanwhile, the closure is dropped here.
            let _ = guarded(|| drop(closure));
            let is_late = answer.is_err();
            results.insert(
                name,
                answer.unwrap_or_else(|_| Err(format!("it did not answer within {TIMEOUT:?}"))),
            );
            if is_late {
                break;
            }
        }
    }
    results
}

/// Calls them until the receiver is dropped.
fn answer(closures: Vec<Custom>, answers: &mpsc::Sender<Answer>) {
    let _within = Within::enter();
    for closure in closures {
        let answer = call(&closure);
        let _ = guarded(|| drop(closure));
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn call(closure: &Custom) -> Answer {
    // The error's `Display` is the application's code too.
    let result = guarded(|| closure.call().map_err(|error| chain_text(&*error, ": ", MOST_ERROR)));
    result.unwrap_or_else(|| Err("it panicked".to_owned()))
}

thread_local! {
    static IS_EVALUATING: Cell<bool> = const { Cell::new(false) };
}

/// An evaluation is running on this thread.
#[derive(Debug)]
pub(super) struct Within;

// === impl Within ===

impl Within {
    /// `None` if one is running already.
    pub(super) fn enter() -> Option<Self> {
        (!IS_EVALUATING.replace(true)).then_some(Self)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        IS_EVALUATING.set(false);
    }
}
