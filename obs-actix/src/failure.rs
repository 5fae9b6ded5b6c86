//! Errors that stand in place of a response.

use std::{cell::Cell, thread};

use actix_web::{
    Error, HttpResponse,
    body::MessageBody as _,
    http::header::{HeaderName, HeaderValue},
};
use obs_core::{
    guard::guarded,
    names,
    request::{Observation, Outcome, ResponseHead},
};

use crate::{
    Endpoint, ObsBody,
    future::request_id,
    headers::{Headers, tell},
    page::Unobserved,
    wire::Wire,
};

/// Status of an error that can't tell its own.
const STATUS_FAILED: u16 = 500;

/// A request that was answered with an error, which actix-web renders outside of every middleware.
struct Unrendered {
    /// Until the error is rendered for the first time.
    observation: Cell<Option<Observation>>,
    request_id: Option<HeaderValue>,
    /// Headers that tell the caller of its trace.
    told: Vec<(HeaderName, HeaderValue)>,
    wire: Wire,
    /// What the error says of itself; the response that it makes may have another status.
    status: u16,
}

/// Leaves the observation to the response that is made of the error, so that what the client gets is
/// recorded, and nothing of the error's own is run for that.
pub(crate) fn watch(mut error: Error, observation: Observation, wire: Wire) -> Error {
    let mut told = Vec::new();
    observation.response_headers(&mut |name, value| {
        told.extend(HeaderValue::from_str(value).map(|value| (HeaderName::from_static(name), value)));
    });
    let unrendered = Unrendered {
        request_id: request_id(&observation),
        told,
        wire,
        status: status_of(&error),
        observation: Cell::new(Some(observation)),
    };
    error.add_response_mapper(move |response| unrendered.rendered(response));
    error
}

fn status_of(error: &Error) -> u16 {
    // An error of the user's whose status panics must not take the request with it.
    guarded(|| error.as_response_error().status_code().as_u16()).unwrap_or(STATUS_FAILED)
}

// === impl Unrendered ===

impl Unrendered {
    /// The response has been made; only the first one is recorded.
    fn rendered(&self, mut response: HttpResponse) -> HttpResponse {
        for (name, value) in &self.told {
            tell(response.headers_mut(), name.clone(), value.clone());
        }
        let mut observation = self.observation.take();
        if let Some(observation) = &mut observation {
            if response.extensions().get::<Unobserved>().is_some() {
                observation.discard();
            }
            observation.head(&ResponseHead {
                status: response.status().as_u16(),
                headers: &Headers(response.headers()),
                body: self.wire.body_size(&response),
                endpoint: response.extensions().get::<Endpoint>().map(Endpoint::as_str),
            });
        }
        if let Some(id) = &self.request_id {
            response.headers_mut().insert(HeaderName::from_static(names::header::REQUEST_ID), id.clone());
        }
        match observation {
            Some(observation) => response.map_body(|_, body| ObsBody::new(body, observation).boxed()),
            None => response,
        }
    }
}

impl Drop for Unrendered {
    fn drop(&mut self) {
        let Some(mut observation) = self.observation.take() else { return };
        if thread::panicking() {
            // Perhaps while the error was rendered: no answer comes of it.
            observation.finish(Outcome::Panic);
        } else {
            // Another middleware has answered in its place.
            observation.service_error_with_status(self.status);
        }
    }
}
