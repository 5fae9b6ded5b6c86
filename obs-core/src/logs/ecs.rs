//! Names of fields in the Elastic Common Schema.

use std::borrow::Cow;

use obs_conventions::Outcome;

use crate::names::{ecs, log};

/// The field in which applications log an error.
const ERROR: &str = "error";

/// The key of a field of the application: renamed where it would stand in the place of one of the schema's.
pub(super) fn key(name: &str) -> Cow<'_, str> {
    if name == ERROR {
        return Cow::Borrowed(ecs::ERROR_MESSAGE);
    }
    if is_taken(name) {
        return Cow::Owned(format!("{}{name}", log::FIELDS_PREFIX));
    }
    Cow::Borrowed(name)
}

/// Whether a field of this name would be one that each line has, stand where the schema has an object, or make an object
/// of what has one value.
fn is_taken(name: &str) -> bool {
    let is_part = |part: &str, of: &str| of.strip_prefix(part).is_some_and(|rest| rest.starts_with('.'));
    ecs::RESERVED.contains(&name)
        || ecs::OBJECTS.contains(&name)
        || ecs::ALL.iter().any(|key| is_part(name, key) || is_part(key, name))
}

/// The value of `event.outcome`.
pub(super) fn event_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "success",
        Outcome::Cancelled | Outcome::Aborted => "unknown",
        Outcome::ClientError | Outcome::ServerError | Outcome::Panic | Outcome::BodyError => "failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_schema_can_be_used_and_conflicts_with_it_can_not() {
        for (name, expected) in [
            ("user.id", "user.id"),
            ("user_id", "user_id"),
            ("http.request.method", "http.request.method"),
            ("labels.team", "labels.team"),
            ("error", "error.message"),
            ("error.code", "error.code"),
            ("user", "fields.user"),
            ("host", "fields.host"),
            ("fields", "fields.fields"),
            ("http.request", "fields.http.request"),
            ("http.request.body", "fields.http.request.body"),
            ("trace.id", "fields.trace.id"),
            ("trace.id.short", "fields.trace.id.short"),
            ("message", "fields.message"),
            ("message.text", "fields.message.text"),
            ("url.path.raw", "fields.url.path.raw"),
            ("obs", "fields.obs"),
        ] {
            assert_eq!(key(name), expected);
        }
    }
}
