//! The paths of the API, and what answers each.

use serde::Serialize;

use super::{
    ApiAnswer, Problem, alerts, controls, diff, endpoint, errors, lines, metrics, overview,
    params::Params,
    records, render, running, runtime, session, trace,
    view::{Made, View},
};

/// A path of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// Its segments; `{…}` stands for any.
    pub(super) path: &'static str,
    /// The parameters that it takes.
    pub(super) parameters: &'static [&'static str],
    answer: Answering,
}

type Answering = fn(&View<'_>, &Params<'_>, &str) -> Result<ApiAnswer, Problem>;

/// Answers with what an endpoint has made.
macro_rules! by {
    (now $answer:path) => {
        |view, _, _| rendered(view, Ok($answer(view)))
    };
    ($answer:path) => {
        |view, params, _| rendered(view, $answer(view, params))
    };
    ($answer:path, id) => {
        |view, params, id| rendered(view, $answer(view, params, id))
    };
}

/// All paths.
pub(super) const PATHS: [Path; 17] = [
    Path {
        path: "session",
        parameters: &[],
        answer: by!(now session::answer),
    },
    Path {
        path: "overview",
        parameters: overview::PARAMETERS,
        answer: by!(overview::answer),
    },
    Path {
        path: "running",
        parameters: running::PARAMETERS,
        answer: by!(running::answer),
    },
    Path {
        path: "endpoint",
        parameters: endpoint::PARAMETERS,
        answer: by!(endpoint::answer),
    },
    Path {
        path: "records",
        parameters: records::PARAMETERS,
        answer: by!(records::answer),
    },
    Path {
        path: "traces/{id}",
        parameters: trace::PARAMETERS,
        answer: by!(trace::answer, id),
    },
    Path {
        path: "lines",
        parameters: lines::PARAMETERS,
        answer: by!(lines::answer),
    },
    Path {
        path: "errors",
        parameters: errors::PARAMETERS,
        answer: by!(errors::answer),
    },
    Path {
        path: "errors/{fingerprint}",
        parameters: errors::PARAMETERS,
        answer: by!(errors::one, id),
    },
    Path {
        path: "diff",
        parameters: diff::PARAMETERS,
        answer: by!(diff::answer),
    },
    Path {
        path: "alerts",
        parameters: alerts::PARAMETERS,
        answer: by!(alerts::answer),
    },
    Path {
        path: "metrics",
        parameters: metrics::LIST,
        answer: by!(metrics::list),
    },
    Path {
        path: "metrics/{name}",
        parameters: metrics::ONE,
        answer: by!(metrics::one, id),
    },
    Path {
        path: "runtime",
        parameters: &[],
        answer: by!(now runtime::answer),
    },
    Path {
        path: "suggestions",
        parameters: session::SUGGESTIONS,
        answer: by!(session::suggestions),
    },
    Path {
        path: "controls",
        parameters: &[],
        answer: by!(now controls::answer),
    },
    Path {
        path: "openapi.json",
        parameters: &[],
        answer: |_, _, _| Ok(openapi()),
    },
];

/// Answers a request.
pub(super) fn answer(view: &View<'_>) -> Result<ApiAnswer, Problem> {
    let path = PATHS
        .iter()
        .find_map(|path| Some((path, path.takes(view.request.path)?)));
    let Some((path, id)) = path else {
        return Err(Problem::unknown(
            "there is nothing at this path; openapi.json lists what there is",
        ));
    };
    let params = Params::read(view.request.query, path.parameters, view.now)?;
    (path.answer)(view, &params, id)
}

fn rendered<T: Serialize>(view: &View<'_>, made: Result<Made<T>, Problem>) -> Result<ApiAnswer, Problem> {
    render::answer(&made?.answer(view), view.request.format)
}

fn openapi() -> ApiAnswer {
    ApiAnswer {
        content_type: super::Format::Json.content_type(),
        body: include_bytes!("../../openapi.json").to_vec(),
    }
}

// === impl Path ===

impl Path {
    /// The segment that `{…}` stands for, or nothing, if the segments of a request are these.
    fn takes<'a>(&self, segments: &'a [String]) -> Option<&'a str> {
        let mut id = "";
        let mut given = segments.iter();
        for expected in self.path.split('/') {
            let segment = given.next()?;
            if expected.starts_with('{') {
                id = segment;
            } else if segment != expected {
                return None;
            }
        }
        given.next().is_none().then_some(id)
    }
}
