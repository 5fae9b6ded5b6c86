//! Asking the closures of conditions, which are code of others: they may panic, ask their own manager, or never
//! answer.

use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
    sync::mpsc,
    thread,
    time::Duration,
};

use obs_core::guard::{chain_text, guarded};

use crate::{Custom, subscriber, text::MOST_ERROR};

/// How long one closure is waited for.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });

/// What a closure has said.
type Answer = Result<bool, String>;

/// Asks all closures, one after the other, on a thread of their own. One that does not answer in time is left
/// to itself, and not asked again before it has; the others are asked on another thread.
pub(super) fn call_all(closures: Vec<(String, Custom)>) -> HashMap<String, Answer> {
    let (mut told, mut left) = (HashMap::new(), VecDeque::from(closures));
    while !left.is_empty() {
        let (answers, heard) = mpsc::channel();
        let all: Vec<Custom> = left.iter().map(|(_, closure)| closure.clone()).collect();
        let run = subscriber::carried(move || answer(all, &answers));
        if let Err(error) = thread::Builder::new().name("obs-alert-ask".to_owned()).spawn(run) {
            told.extend(
                left.drain(..)
                    .map(|(name, _)| (name, Err(format!("no thread to ask it: {error}")))),
            );
            break;
        }
        while let Some((name, closure)) = left.pop_front() {
            let answer = heard.recv_timeout(PATIENCE);
            // Where its rule was taken away meanwhile, this is the closure's end.
            let _ = guarded(|| drop(closure));
            let is_late = answer.is_err();
            told.insert(
                name,
                answer.unwrap_or_else(|_| Err(format!("it did not answer within {PATIENCE:?}"))),
            );
            if is_late {
                break;
            }
        }
    }
    told
}

/// Asks them until nobody listens any more.
fn answer(closures: Vec<Custom>, answers: &mpsc::Sender<Answer>) {
    let _within = Within::enter();
    for closure in closures {
        let answer = ask(&closure);
        let _ = guarded(|| drop(closure));
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn ask(closure: &Custom) -> Answer {
    // The error's text is code of others too.
    let told = guarded(|| closure.call().map_err(|error| chain_text(&*error, ": ", MOST_ERROR)));
    told.unwrap_or_else(|| Err("it panicked".to_owned()))
}

thread_local! {
    static IS_EVALUATING: Cell<bool> = const { Cell::new(false) };
}

/// An evaluation goes on on this thread.
#[derive(Debug)]
pub(super) struct Within;

// === impl Within ===

impl Within {
    /// `None` if one goes on already.
    pub(super) fn enter() -> Option<Self> {
        (!IS_EVALUATING.replace(true)).then_some(Self)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        IS_EVALUATING.set(false);
    }
}
