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
    pub(super) template: &'static str,
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
    (always $answer:path) => {
        |view, params, _| rendered(view, Ok($answer(view, params)))
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
        template: "session",
        parameters: &[],
        answer: by!(now session::answer),
    },
    Path {
        template: "overview",
        parameters: overview::PARAMETERS,
        answer: by!(overview::answer),
    },
    Path {
        template: "running",
        parameters: running::PARAMETERS,
        answer: by!(running::answer),
    },
    Path {
        template: "endpoint",
        parameters: endpoint::PARAMETERS,
        answer: by!(endpoint::answer),
    },
    Path {
        template: "records",
        parameters: records::PARAMETERS,
        answer: by!(records::answer),
    },
    Path {
        template: "traces/{id}",
        parameters: trace::PARAMETERS,
        answer: by!(trace::answer, id),
    },
    Path {
        template: "lines",
        parameters: lines::PARAMETERS,
        answer: by!(lines::answer),
    },
    Path {
        template: "errors",
        parameters: errors::PARAMETERS,
        answer: by!(errors::answer),
    },
    Path {
        template: "errors/{fingerprint}",
        parameters: errors::PARAMETERS,
        answer: by!(errors::one, id),
    },
    Path {
        template: "diff",
        parameters: diff::PARAMETERS,
        answer: by!(diff::answer),
    },
    Path {
        template: "alerts",
        parameters: alerts::PARAMETERS,
        answer: by!(alerts::answer),
    },
    Path {
        template: "metrics",
        parameters: metrics::LIST,
        answer: by!(always metrics::list),
    },
    Path {
        template: "metrics/{name}",
        parameters: metrics::ONE,
        answer: by!(metrics::one, id),
    },
    Path {
        template: "runtime",
        parameters: &[],
        answer: by!(now runtime::answer),
    },
    Path {
        template: "suggestions",
        parameters: session::SUGGESTIONS,
        answer: by!(session::suggestions),
    },
    Path {
        template: "controls",
        parameters: &[],
        answer: by!(now controls::answer),
    },
    Path {
        template: "openapi.json",
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
        for expected in self.template.split('/') {
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
