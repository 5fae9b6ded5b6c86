//! What all answers have.

use super::schema::{Time, objects};

/// An answer: what was asked for, and what has to be known to read it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Answer<T> {
    /// The version of the API.
    pub api: u32,
    /// The service that answers.
    pub service: Service,
    /// When it was answered.
    pub now: Time,
    /// The time that it is about; `null` if it is about now.
    pub window: Option<Window>,
    /// What is missing in it.
    pub left_out: Vec<LeftOut>,
    /// The parameter `cursor` of the next page; `null` on the last one.
    pub next: Option<String>,
    /// What was asked for.
    pub data: T,
}

objects! {
    /// A service.
    pub struct Service {
        /// Its name.
        pub name: String,
        /// Its version.
        pub version: Option<String>,
        /// The deployment environment.
        pub environment: Option<String>,
        /// The id of the instance.
        pub instance: Option<String>,
    }

    /// An absolute time window.
    pub struct Window {
        /// Its begin.
        pub from: Time,
        /// Its end.
        pub to: Time,
    }

    /// Something that is missing in an answer.
    pub struct LeftOut {
        /// What: `rows`, `text`, `spans`, `series` and so on.
        pub what: String,
        /// How much of it; `null` if that is not known.
        pub count: Option<u64>,
        /// Why.
        pub why: String,
    }

    /// A label of a series.
    pub struct Label {
        /// Its key.
        pub key: String,
        /// Its value.
        pub value: String,
    }

    /// Values at the same distance in time.
    pub struct Points {
        /// The time at which the first value begins.
        pub from: Time,
        /// The seconds from one value to the next.
        pub step: f64,
        /// The values; `null` where nothing is known.
        pub values: Vec<Option<f64>>,
    }

    /// Counts at the same distance in time.
    pub struct Counts {
        /// The time at which the first count begins.
        pub from: Time,
        /// The seconds from one count to the next.
        pub step: f64,
        /// The counts.
        pub counts: Vec<u64>,
    }
}

// === impl Window ===

impl Window {
    /// How long it is.
    pub(in crate::query) fn length(&self) -> std::time::Duration {
        self.to.0.saturating_sub(self.from.0)
    }
}

#[cfg(test)]
impl<T: super::schema::Schema> super::schema::Schema for Answer<T> {
    fn schema(all: &mut super::schema::Schemas) -> serde_json::Value {
        use serde_json::json;
        let (service, now) = (Service::schema(all), Time::schema(all));
        let (window, left_out) = (Option::<Window>::schema(all), Vec::<LeftOut>::schema(all));
        json!({
            "type": "object", "additionalProperties": false,
            "required": ["api", "service", "now", "window", "left_out", "next", "data"],
            "properties": {
                "api": { "const": 1, "description": "The version of the API." },
                "service": service, "now": now, "window": window, "left_out": left_out,
                "next": { "type": ["string", "null"], "description": "The parameter `cursor` of the next page." },
                "data": T::schema(all),
            },
        })
    }
}
