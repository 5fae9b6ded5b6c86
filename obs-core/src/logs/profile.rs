//! What structured lines look like: names, structure, time.

use obs_base::InitError;

use crate::environment::Env;

/// The environment variables.
const PROFILE: &str = "OBS_LOG_PROFILE";
const TIME: &str = "OBS_LOG_TIME";
const PROJECT: &str = "GOOGLE_CLOUD_PROJECT";
/// The longest id of a project, in bytes.
const MAX_PROJECT: usize = 128;

/// The names and the structure of structured log lines ([`LogFormat::Json`](super::LogFormat::Json)).
///
/// | profile | an event |
/// |---|---|
/// | [`Obs`](Self::Obs) | `{"timestamp":"…","level":"info","severity":"INFO","message":"…","target":"…","service":"…","trace_id":"…"}` |
/// | [`Ecs`](Self::Ecs) | `{"@timestamp":"…","log.level":"info","message":"…","log.logger":"…","service.name":"…","trace.id":"…"}` |
/// | [`GoogleCloud`](Self::GoogleCloud) | `{"time":"…","severity":"INFO","message":"…","target":"…","logging.googleapis.com/trace":"projects/…"}` |
/// | [`Logfmt`](Self::Logfmt) | `timestamp=… level=info message="…" target=… service=… trace_id=…` |
///
/// Names, limits and redaction of the application's fields are the same in each; a field that has the name of one that the
/// profile writes itself becomes `fields.<name>`. The files that `obs-stack` generates for Loki, Alloy, the collector and
/// Grafana read the profile `Obs`. Log records that are exported by OTLP have the names of `Obs` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogProfile {
    /// JSON with the keys in [`names::log`](crate::names::log). The default.
    #[default]
    Obs,
    /// JSON with the fields of the Elastic Common Schema in [`names::ecs`](crate::names::ecs), their names with dots.
    ///
    /// The line of a request has `event.duration` in nanoseconds and `event.outcome`: `success` for the outcome `ok`,
    /// `unknown` for `cancelled` and `aborted`, `failure` for the others. What the schema has no field for is in `obs.*`.
    /// The line of an outgoing request has the same fields, and its host in `server.address`.
    /// The field `error` of an event is `error.message`. A field that would stand in the place of an object of the
    /// schema, such as `user` or `host`, becomes `fields.<name>`: Elasticsearch could not index it. `user.id` stays.
    Ecs,
    /// JSON with the keys that Google Cloud Logging reads, in [`names::google_cloud`](crate::names::google_cloud), and for
    /// everything else those of [`Obs`](Self::Obs).
    ///
    /// The line of a request, incoming or outgoing, has an `httpRequest`. Set
    /// [`ObsBuilder::google_cloud_project`](crate::ObsBuilder::google_cloud_project), so that lines are shown with their
    /// traces.
    GoogleCloud,
    /// Text of the form `key=value`, with the keys of [`Obs`](Self::Obs) but `severity`.
    ///
    /// A value is in quotes, with the escapes of JSON, where it would not end at the next blank otherwise. In keys,
    /// blanks, quotes and `=` become `_`.
    Logfmt,
}

/// How the time stands on structured log lines. It is UTC in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogTime {
    /// `2026-11-22T14:30:05.123Z`
    Rfc3339Millis,
    /// `2026-11-22T14:30:05.123456Z`, the default.
    #[default]
    Rfc3339Micros,
    /// `2026-11-22T14:30:05.123456789Z`
    Rfc3339Nanos,
    /// Seconds since 1970 as a number with six decimals: `1795357805.123456`
    UnixSeconds,
    /// Milliseconds since 1970 as a whole number: `1795357805123`
    UnixMillis,
}

/// Profile and time of lines, and the project that traces belong to, as code sets them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProfileSettings {
    pub(crate) profile: Option<LogProfile>,
    pub(crate) time: Option<LogTime>,
    pub(crate) project: Option<String>,
}

/// Profile and time that have been decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Profiled {
    pub(super) profile: LogProfile,
    pub(super) time: LogTime,
}

// === impl ProfileSettings ===

impl ProfileSettings {
    /// The settings of the code, else of the environment, else the defaults.
    ///
    /// # Errors
    ///
    /// If the profile has no such time, or the project can't be one.
    pub(super) fn decided(&self, env: Env<'_>) -> Result<(Profiled, Option<String>), InitError> {
        let profile = self.profile.or_else(|| LogProfile::of_env(env)).unwrap_or_default();
        let time = match (self.time, LogTime::of_env(env)) {
            (Some(time), _) if !profile.takes(time) => {
                let expected = format!("a time in RFC 3339: the profile {profile:?} has no other");
                return Err(InitError::invalid("log_time", format_args!("{time:?}"), expected));
            }
            (None, Some(time)) if !profile.takes(time) => {
                env.notice(format!(
                    "{TIME} is ignored: the profile {profile:?} has times in RFC 3339 alone"
                ));
                LogTime::default()
            }
            (given, of_env) => given.or(of_env).unwrap_or_default(),
        };
        Ok((Profiled { profile, time }, self.project(profile, env)?))
    }

    fn project(&self, profile: LogProfile, env: Env<'_>) -> Result<Option<String>, InitError> {
        const EXPECTED: &str = "the id of a Google Cloud project, such as my-project-123";
        if let Some(project) = &self.project {
            return if is_project(project) {
                Ok(Some(project.clone()))
            } else {
                Err(InitError::invalid("google_cloud_project", project, EXPECTED))
            };
        }
        if profile != LogProfile::GoogleCloud {
            return Ok(None);
        }
        let project = env.get(PROJECT);
        match &project {
            Some(project) if !is_project(project) => env.ignore(PROJECT, project, EXPECTED),
            Some(_) => return Ok(project),
            None => env.notice(format!(
                "log lines have trace ids without a project, which Google Cloud may not find: set `google_cloud_project` \
                 or {PROJECT}"
            )),
        }
        Ok(None)
    }
}

fn is_project(id: &str) -> bool {
    (1..=MAX_PROJECT).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:_".contains(&b))
}

// === impl LogProfile ===

impl LogProfile {
    fn of_env(env: Env<'_>) -> Option<Self> {
        let words = [
            ("obs", Self::Obs),
            ("ecs", Self::Ecs),
            ("google_cloud", Self::GoogleCloud),
            ("logfmt", Self::Logfmt),
        ];
        env.keyword([PROFILE], &words, "obs, ecs, google_cloud or logfmt")
    }

    /// Whether lines can have their time in this form: Elasticsearch and Google read times in RFC 3339.
    fn takes(self, time: LogTime) -> bool {
        match self {
            Self::Obs | Self::Logfmt => true,
            Self::Ecs | Self::GoogleCloud => !time.is_number(),
        }
    }
}

// === impl LogTime ===

impl LogTime {
    fn of_env(env: Env<'_>) -> Option<Self> {
        let words = [
            ("rfc3339_millis", Self::Rfc3339Millis),
            ("rfc3339_micros", Self::Rfc3339Micros),
            ("rfc3339_nanos", Self::Rfc3339Nanos),
            ("unix_seconds", Self::UnixSeconds),
            ("unix_millis", Self::UnixMillis),
        ];
        let expected = "rfc3339_millis, rfc3339_micros, rfc3339_nanos, unix_seconds or unix_millis";
        env.keyword([TIME], &words, expected)
    }

    /// Whether it is written as a number, without quotes.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::UnixSeconds | Self::UnixMillis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Notices;

    fn decide(settings: &ProfileSettings, variables: &[(&str, &str)]) -> (Result<Profiled, String>, String) {
        let notices = Notices::default();
        let read = |name: &str| {
            let set = variables.iter().find(|(variable, _)| *variable == name)?;
            Some(set.1.to_owned())
        };
        let decided = settings.decided(Env::new(&read, &notices));
        let decided = decided.map(|(profiled, _)| profiled).map_err(|error| error.to_string());
        (decided, notices.take().concat())
    }

    #[test]
    fn code_goes_before_the_environment() {
        let variables = [("OBS_LOG_PROFILE", "ECS"), ("OBS_LOG_TIME", "rfc3339_nanos")];
        let (of_env, notices) = decide(&ProfileSettings::default(), &variables);
        let ecs = Profiled {
            profile: LogProfile::Ecs,
            time: LogTime::Rfc3339Nanos,
        };
        assert_eq!((of_env, &*notices), (Ok(ecs), ""));
        let code = ProfileSettings {
            profile: Some(LogProfile::Logfmt),
            time: Some(LogTime::UnixMillis),
            project: None,
        };
        let logfmt = Profiled {
            profile: LogProfile::Logfmt,
            time: LogTime::UnixMillis,
        };
        assert_eq!(decide(&code, &variables).0, Ok(logfmt));
        assert_eq!(decide(&ProfileSettings::default(), &[]).0, Ok(Profiled::default()));
    }

    #[test]
    fn what_can_not_be_is_an_error_of_code_and_a_notice_of_the_environment() {
        let code = ProfileSettings {
            profile: Some(LogProfile::Ecs),
            time: Some(LogTime::UnixSeconds),
            project: None,
        };
        let error = decide(&code, &[]).0.unwrap_err();
        assert_eq!(
            error,
            "log_time is \"UnixSeconds\", expected a time in RFC 3339: the profile Ecs has no other"
        );
        let code = ProfileSettings {
            project: Some("my project".to_owned()),
            ..ProfileSettings::default()
        };
        assert!(
            decide(&code, &[])
                .0
                .unwrap_err()
                .contains("google_cloud_project is \"my project\"")
        );

        let (decided, notices) = decide(
            &ProfileSettings::default(),
            &[
                ("OBS_LOG_PROFILE", "google_cloud"),
                ("OBS_LOG_TIME", "unix_millis"),
                ("GOOGLE_CLOUD_PROJECT", "a/b"),
            ],
        );
        assert_eq!(decided.unwrap().time, LogTime::Rfc3339Micros);
        assert!(notices.contains("OBS_LOG_TIME is ignored"), "{notices}");
        assert!(notices.contains("GOOGLE_CLOUD_PROJECT is \"a/b\""), "{notices}");
        let (_, notices) = decide(&ProfileSettings::default(), &[("OBS_LOG_PROFILE", "elastic")]);
        assert!(notices.contains("obs, ecs, google_cloud or logfmt"), "{notices}");
        let (_, notices) = decide(&ProfileSettings::default(), &[("OBS_LOG_PROFILE", "google_cloud")]);
        assert!(notices.contains("set `google_cloud_project`"), "{notices}");
    }
}
