//! Rows as they come.

use std::sync::Arc;

use obs_core::logs::FollowGuard;
use serde::Serialize;

use super::{
    ApiRequest, Problem, Sources,
    lines::{self, Wanted},
    params::Params,
    types::{Line, Time},
    view::View,
};
use crate::Rights;

/// The most lines of the feed that are read at once.
const MAX_READ: usize = 1_000;

/// Whoever follows the rows of an endpoint.
#[derive(Debug)]
pub struct Follow {
    sources: Arc<Sources>,
    wanted: Wanted,
    mine: Option<String>,
    rights: Rights,
    /// The next line of the feed.
    line: u64,
    /// The next record of the tail.
    record: u64,
    _guard: FollowGuard,
}

/// What is sent between the lines.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    /// Lines that were lost, because they came faster than they were sent.
    Dropped { count: u64 },
}

// === impl Follow ===

impl Follow {
    /// Begins to follow.
    ///
    /// # Errors
    ///
    /// If the request is wrong, or the endpoint can't be followed.
    pub fn start(sources: &Arc<Sources>, request: &ApiRequest<'_>) -> Result<Self, Problem> {
        if request.path != ["lines"] {
            return Err(Problem::bad_query("follow", None, "only lines can be followed"));
        }
        let now = Time::now();
        let params = Params::read(request.query, lines::PARAMETERS, now)?;
        let view = View { sources, request, now };
        let wanted = Wanted::read(&view, &params)?;
        let feed = sources.obs().lines();
        let guard = feed.follow();
        Ok(Self {
            wanted,
            mine: params.get("mine").map(str::to_owned),
            rights: request.rights,
            line: feed.next(),
            record: sources.tail().since(sources.obs().recorder(), None).next,
            sources: Arc::clone(sources),
            _guard: guard,
        })
    }

    /// The rows since the last call as NDJSON, at most about `max` bytes; the server calls it each 250 ms while the client
    /// keeps up.
    pub fn rows(&mut self, max: usize) -> Vec<u8> {
        let request = ApiRequest {
            rights: self.rights,
            ..ApiRequest::default()
        };
        let sources = Arc::clone(&self.sources);
        let view = View {
            sources: &sources,
            request: &request,
            now: Time::now(),
        };
        self.wanted.renew(&view, self.mine.as_deref());
        let (lines, mut dropped) = self.read(&view);
        let mut out = Vec::new();
        for line in lines {
            if out.len() < max {
                push(&mut out, &line);
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            push(&mut out, &Event::Dropped { count: dropped });
        }
        out
    }

    /// The lines since the last call that are wanted, in order, and how many were lost before.
    fn read(&mut self, view: &View<'_>) -> (Vec<Line>, u64) {
        let obs = self.sources.obs();
        let page = obs.lines().since(self.line, MAX_READ);
        let ended = self.sources.tail().since(obs.recorder(), Some(self.record));
        (self.line, self.record) = (page.next, ended.next);
        let from_feed = page.lines.into_iter().map(|line| view.line(Line::of_feed(line)));
        let ends = ended.records.iter().map(|record| Line::of_end(&view.summary(record)));
        let mut lines: Vec<_> = from_feed.chain(ends).filter(|line| self.wanted.takes(line)).collect();
        lines.sort_by_key(|line| line.at);
        (lines, page.dropped + ended.dropped)
    }
}

/// Adds a row. What can't be written is left out.
fn push(out: &mut Vec<u8>, row: &impl Serialize) {
    let begin = out.len();
    match serde_json::to_writer(&mut *out, row) {
        Ok(()) => out.push(b'\n'),
        Err(_) => out.truncate(begin),
    }
}
