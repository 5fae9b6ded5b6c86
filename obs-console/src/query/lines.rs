//! Log lines.

use std::collections::HashSet;

use obs_base::fnv::Fnv1a;
use obs_core::recorder::Filter;

use super::{
    Problem,
    filter::Query,
    page::{Cursor, page},
    params::Params,
    types::{LeftOut, Line, Window},
    view::{Made, View},
};

/// The parameters of `lines`.
pub(super) const PARAMETERS: &[&str] = &[
    "from", "to", "last", "live", "filter", "limit", "cursor", "order", "mine", "follow",
];
/// The most lines of the feed that are read at once.
const MAX_READ: usize = 1_000;

/// Which lines are wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    query: Query,
    traces: Option<Vec<String>>,
}

// === impl Wanted ===

impl Wanted {
    pub(super) fn read(view: &View<'_>, params: &Params<'_>) -> Result<Self, Problem> {
        Ok(Self {
            query: params.filter()?,
            traces: view.mine(params.get("mine"))?,
        })
    }

    /// Looks again which traces are one browser's.
    pub(super) fn renew(&mut self, view: &View<'_>, mine: Option<&str>) {
        if let Ok(traces) = view.mine(mine) {
            self.traces = traces;
        }
    }

    pub(super) fn takes(&self, line: &Line) -> bool {
        let is_mine = |traces: &Vec<String>| line.trace_id.as_ref().is_some_and(|id| traces.contains(id));
        self.traces.as_ref().is_none_or(is_mine) && self.query.passes(line)
    }
}

/// `GET lines`: lines outside and within of requests, those of other services, and the ends of requests; the newest first.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Vec<Line>>, Problem> {
    let window = params.window()?;
    let wanted = Wanted::read(view, params)?;
    let order = (params.is_descending()?, params.cursor()?, params.limit()?);
    let mut left_out = Vec::new();
    let mut lines = all(view, &window, |line| wanted.takes(line), &mut left_out);
    let next = page(&mut lines, place, order, &mut left_out);
    Ok(Made {
        data: lines,
        window: Some(window),
        left_out,
        next,
    })
}

fn place(line: &Line) -> Cursor {
    Cursor::new(line.at.nanoseconds(), hash(line))
}

fn hash(line: &Line) -> u64 {
    let mut hash = Fnv1a::default();
    for text in [&line.text, &line.message, &line.target] {
        hash.add_text(text);
    }
    for id in [&line.span_id, &line.trace_id].into_iter().flatten() {
        hash.add_text(id);
    }
    if line.text.is_empty() {
        for field in &line.fields {
            hash.add_text(&field.key);
            hash.add_text(&field.value.to_string());
        }
    }
    hash.finish()
}

/// The lines of a window that are wanted, each once.
pub(super) fn all(
    view: &View<'_>,
    window: &Window,
    wants: impl Fn(&Line) -> bool,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |line: Line| {
        if (window.from..=window.to).contains(&line.at) && wants(&line) {
            lines.push(line);
        }
    };
    feed(view, &mut add);
    // The lines of a record may be older than its end, and it may have ended behind the window.
    let recorder = view.sources.obs().recorder();
    let mut lost = 0;
    for record in recorder.recent(&Filter::new().since(window.from.system()).limit(usize::MAX)) {
        lost += u64::from(record.left_out_lines);
        view.lines_of(&record).into_iter().for_each(&mut add);
        add(Line::of_end(&view.summary(&record)));
    }
    for running in recorder.running() {
        running
            .last_line
            .iter()
            .for_each(|line| add(view.line(Line::of_recorder(line))));
    }
    view.sources
        .foreign()
        .lines(|_| true)
        .into_iter()
        .for_each(|line| add(view.line(line)));
    if lost > 0 {
        left_out.push(LeftOut {
            what: "lines".to_owned(),
            count: Some(lost),
            why: "a record keeps the newest 64 lines of its request".to_owned(),
        });
    }
    let mut seen = HashSet::new();
    lines.retain(|line| seen.insert((line.at, hash(line))));
    lines
}

/// The lines of the feed.
fn feed(view: &View<'_>, add: &mut impl FnMut(Line)) {
    let feed = view.sources.obs().lines();
    let end = feed.next();
    let mut next = 0;
    while next < end {
        let page = feed.since(next, MAX_READ);
        if page.lines.is_empty() {
            return;
        }
        next = page.next;
        page.lines
            .into_iter()
            .for_each(|line| add(view.line(Line::of_feed(line))));
    }
}
