//! What is asked for.

use std::{collections::BTreeMap, time::Duration};

use obs_core::logs::RequestMatch;
use serde::{Deserialize, de::DeserializeOwned};
use tracing::Level;

use crate::query::Problem;

/// The longest silence.
const MAX_SILENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest change of a setting; the instance takes none that is longer.
const MAX_SETTING: Duration = Duration::from_secs(24 * 60 * 60);
/// The most bytes of a text.
const MAX_TEXT: usize = 1 << 10;
/// The most labels of a silence.
const MAX_LABELS: usize = 16;

/// The control that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Kind {
    LogFilter,
    Sampling,
    Silence,
    End,
}

/// A change, checked as far as a request tells.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::server) enum Change {
    LogFilter {
        directives: String,
        time: Duration,
    },
    LogRequests {
        requests: RequestMatch,
        level: Level,
        time: Duration,
    },
    Sampling {
        route: String,
        ratio: f64,
        time: Duration,
    },
    Silence {
        alert: String,
        labels: BTreeMap<String, String>,
        time: Duration,
        comment: String,
    },
    End {
        id: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFilter {
    directives: Option<String>,
    route: Option<String>,
    request_id: Option<String>,
    level: Option<String>,
    seconds: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sampling {
    route: String,
    ratio: f64,
    seconds: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silence {
    alert: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    seconds: f64,
    #[serde(default)]
    comment: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    id: String,
}

// === impl Kind ===

impl Kind {
    /// The control below `controls/`.
    pub(in crate::server) fn named(name: &str) -> Option<Self> {
        match name {
            "log-filter" => Some(Self::LogFilter),
            "sampling" => Some(Self::Sampling),
            "silences" => Some(Self::Silence),
            "end" => Some(Self::End),
            _ => None,
        }
    }
}

// === impl Change ===

impl Change {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// If it is not what the control takes.
    pub(in crate::server) fn read(kind: Kind, body: &[u8]) -> Result<Self, Problem> {
        match kind {
            Kind::LogFilter => Self::log_filter(read(body)?),
            Kind::Sampling => Self::sampling(read(body)?),
            Kind::Silence => Self::silence(read(body)?),
            Kind::End => {
                let End { id } = read(body)?;
                Ok(Self::End { id: text("id", id)? })
            }
        }
    }

    fn log_filter(body: LogFilter) -> Result<Self, Problem> {
        let LogFilter {
            directives,
            route,
            request_id,
            level,
            seconds,
        } = body;
        let time = time(seconds, MAX_SETTING)?;
        let requests = match (directives, route, request_id) {
            (Some(directives), None, None) if level.is_none() => {
                let directives = text("directives", directives)?;
                return Ok(Self::LogFilter { directives, time });
            }
            (None, Some(route), None) => RequestMatch::Route(text("route", route)?),
            (None, None, Some(id)) => RequestMatch::RequestId(text("request_id", id)?),
            _ => {
                let message = "give either directives, or a level with route or request_id";
                return Err(Problem::bad_query("directives", None, message));
            }
        };
        let level = level.and_then(|level| level.parse().ok());
        let level =
            level.ok_or_else(|| Problem::bad_query("level", None, "expected error, warn, info, debug or trace"))?;
        Ok(Self::LogRequests { requests, level, time })
    }

    fn sampling(body: Sampling) -> Result<Self, Problem> {
        let Sampling { route, ratio, seconds } = body;
        if !(0.0..=1.0).contains(&ratio) {
            return Err(Problem::bad_query("ratio", None, "expected a number from 0 to 1"));
        }
        Ok(Self::Sampling {
            route: text("route", route)?,
            ratio,
            time: time(seconds, MAX_SETTING)?,
        })
    }

    fn silence(body: Silence) -> Result<Self, Problem> {
        let Silence {
            alert,
            labels,
            seconds,
            comment,
        } = body;
        if labels.len() > MAX_LABELS {
            return Err(Problem::bad_query("labels", None, "expected 16 labels at most"));
        }
        for (name, value) in &labels {
            if name.len() + value.len() > MAX_TEXT {
                return Err(Problem::bad_query("labels", None, "a label has more than 1 KiB"));
            }
        }
        if comment.len() > MAX_TEXT {
            return Err(Problem::bad_query("comment", None, "the comment has more than 1 KiB"));
        }
        Ok(Self::Silence {
            alert: text("alert", alert)?,
            labels,
            time: time(seconds, MAX_SILENCE)?,
            comment,
        })
    }

    /// What kind of change it is, as the page shows it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::LogFilter { .. } | Self::LogRequests { .. } => "log-filter",
            Self::Sampling { .. } => "sampling",
            Self::Silence { .. } => "silence",
            Self::End { .. } => "end",
        }
    }

    /// What it does, for people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::LogFilter { directives, time } => format!("log filter {directives:?} for {time:?}"),
            Self::LogRequests { requests, level, time } => match requests {
                RequestMatch::Route(route) => format!("lines of {route:?} from {level} for {time:?}"),
                RequestMatch::RequestId(id) => format!("lines of the request {id:?} from {level} for {time:?}"),
                _ => format!("lines of requests from {level} for {time:?}"),
            },
            Self::Sampling { route, ratio, time } => format!("sampling of {route:?} at {ratio} for {time:?}"),
            Self::Silence {
                alert, labels, time, ..
            } if labels.is_empty() => format!("silence of {alert:?} for {time:?}"),
            Self::Silence {
                alert, labels, time, ..
            } => format!("silence of {alert:?} with {labels:?} for {time:?}"),
            Self::End { id } => format!("end of {id:?}"),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad_request(format!("the body can't be read: {error}")))
}

fn text(name: &str, value: String) -> Result<String, Problem> {
    if value.is_empty() || value.len() > MAX_TEXT {
        return Err(Problem::bad_query(name, None, "expected 1 byte to 1 KiB of text"));
    }
    Ok(value)
}

fn time(seconds: f64, most: Duration) -> Result<Duration, Problem> {
    let time = Duration::try_from_secs_f64(seconds).ok();
    let fits = time.filter(|time| !time.is_zero() && *time <= most);
    fits.ok_or_else(|| {
        let message = format!("expected a number above 0, at most {}", most.as_secs());
        Problem::bad_query("seconds", None, message)
    })
}
