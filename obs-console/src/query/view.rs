//! What an answer is made from: the sources, as one client sees them at one moment.

use obs_core::recorder::{Filter, Record};

use super::{
    ApiRequest, Problem, Sources,
    page::cut,
    types::{Answer, Field, LeftOut, Line, RecordSummary, Running, Scalar, Service, Time, Window},
};

/// What stands for a value that the client may not see.
const HIDDEN: &str = "[hidden]";

/// The most fields of a line, and attributes of a span.
const MAX_FIELDS: usize = 128;

/// The sources as a client sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) sources: &'a Sources,
    pub(super) request: &'a ApiRequest<'a>,
    pub(super) now: Time,
}

/// What an endpoint has made.
#[derive(Debug)]
pub(super) struct Made<T> {
    pub(super) data: T,
    pub(super) window: Option<Window>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) next: Option<String>,
}

// === impl Made ===

impl<T> Made<T> {
    /// Something about now, all of it.
    pub(super) fn new(data: T) -> Self {
        Self {
            data,
            window: None,
            left_out: Vec::new(),
            next: None,
        }
    }

    /// The answer.
    pub(super) fn answer(self, view: &View<'_>) -> Answer<T> {
        let Self {
            data,
            window,
            left_out,
            next,
        } = self;
        Answer {
            api: 1,
            service: view.service().clone(),
            now: view.now,
            window,
            left_out,
            next,
            data,
        }
    }
}

// === impl View ===

impl View<'_> {
    pub(super) fn service(&self) -> &Service {
        self.sources.service()
    }

    /// The records of this process that have ended within a window, the newest first.
    pub(super) fn records(&self, window: &Window, filter: Filter) -> Vec<Record> {
        let recorder = self.sources.obs().recorder();
        recorder.recent(
            &filter
                .since(window.from.system())
                .until(window.to.system())
                .limit(usize::MAX),
        )
    }

    /// A record as the client sees it.
    pub(super) fn summary(&self, record: &Record) -> RecordSummary {
        let mut summary = RecordSummary::new(record, &self.service().name);
        if !self.request.rights.sees_sensitive() {
            HIDDEN.clone_into(&mut summary.path);
            summary.client = None;
        }
        summary
    }

    /// The lines of a record as the client sees them.
    pub(super) fn lines_of(&self, record: &Record) -> Vec<Line> {
        record
            .lines
            .iter()
            .map(|line| self.line(Line::of_recorder(line)))
            .collect()
    }

    /// A line as the client sees it.
    pub(super) fn line(&self, mut line: Line) -> Line {
        if line.service.is_empty() {
            line.service.clone_from(&self.service().name);
        }
        for text in [&mut line.service, &mut line.target, &mut line.message, &mut line.text] {
            cut(text);
        }
        cut_fields(&mut line.fields);
        if !self.request.rights.sees_sensitive() {
            hide(&mut line.fields);
            line.text = String::new();
        }
        line
    }

    /// Something that runs, as the client sees it.
    pub(super) fn running(&self, mut running: Running) -> Running {
        if !self.request.rights.sees_sensitive() {
            HIDDEN.clone_into(&mut running.path);
            running.client = None;
        }
        running.last_line = running.last_line.map(|line| self.line(line));
        running
    }

    /// Attributes as the client sees them.
    pub(super) fn fields(&self, mut fields: Vec<Field>) -> Vec<Field> {
        cut_fields(&mut fields);
        if !self.request.rights.sees_sensitive() {
            hide(&mut fields);
        }
        fields
    }

    /// The traces of one browser's requests, if the client asks for them alone.
    pub(super) fn mine(&self, value: Option<&str>) -> Result<Option<Vec<String>>, Problem> {
        let Some(value) = value else { return Ok(None) };
        if value.len() > 64 || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Problem::bad_query(
                "mine",
                Some(0),
                "up to 64 letters and digits are expected",
            ));
        }
        let traces = self.sources.obs().recorder().tagged(value);
        Ok(Some(traces.iter().map(ToString::to_string).collect()))
    }
}

/// Cuts what is too long; the last field says how many there were more.
fn cut_fields(fields: &mut Vec<Field>) {
    if let Some(more) = fields.len().checked_sub(MAX_FIELDS).filter(|more| *more > 0) {
        fields.truncate(MAX_FIELDS);
        fields.push(Field {
            key: "…".to_owned(),
            value: Scalar::Text(format!("{more} more")),
        });
    }
    for field in fields {
        cut(&mut field.key);
        if let Scalar::Text(text) = &mut field.value {
            cut(text);
        }
    }
}

/// Hides the values of fields but of those that come from a closed set.
fn hide(fields: &mut [Field]) {
    use obs_core::names::log;
    const CLOSED: [&str; 7] = [
        "kind",
        log::METHOD,
        log::ENDPOINT,
        log::STATUS,
        log::OUTCOME,
        log::DURATION_MS,
        log::ERROR_TYPE,
    ];
    for field in fields.iter_mut().filter(|field| !CLOSED.contains(&&*field.key)) {
        field.value = Scalar::Text(HIDDEN.to_owned());
    }
}
