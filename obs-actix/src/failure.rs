//! Errors in place of a response.

use std::{cell::Cell, error::Error as StdError, io, thread};

use actix_web::{
    Error, HttpResponse,
    body::MessageBody as _,
    http::header::{HeaderName, HeaderValue},
};
use obs_core::{
    adapter::{Failure, Observation, ResponseHead},
    guard::guarded,
    request::Outcome,
};

use crate::{
    Endpoint, ObsBody,
    future::request_id,
    headers::{Headers, insert_trace_response},
    page::Unobserved,
    wire::Wire,
};

/// The status of an error whose own status can't be read.
const STATUS_FAILED: u16 = 500;

/// A request whose response is an error, which actix-web renders outside of all middlewares.
struct Unrendered {
    /// Present until the error is rendered for the first time.
    observation: Cell<Option<Observation>>,
    request_id: Option<(HeaderName, HeaderValue)>,
    /// Headers that return the trace to the caller.
    trace_headers: Vec<(HeaderName, HeaderValue)>,
    wire: Wire,
    /// The status of the error; the rendered response may have another one.
    status: u16,
}

/// Passes the observation on to the response that is rendered from the error, so that the
/// response is recorded as the client receives it, and the error is not rendered twice.
pub(crate) fn watch(mut error: Error, mut observation: Observation, wire: Wire) -> Error {
    let status = status_of(&error);
    observation.explain_response(status, || Some(&error), describe);
    let mut trace_headers = Vec::new();
    observation.response_headers(&mut |name, value| {
        trace_headers.extend(HeaderValue::from_str(value).map(|value| (HeaderName::from_static(name), value)));
    });
    let unrendered = Unrendered {
        request_id: request_id(&observation),
        trace_headers,
        wire,
        status,
        observation: Cell::new(Some(observation)),
    };
    error.add_response_mapper(move |response| unrendered.rendered(response));
    error
}

/// What is recorded of an error: actix-web knows the text alone, unless the error is a boxed one.
pub(crate) fn describe(error: &Error) -> Failure {
    if let Some(boxed) = error.as_error::<Box<dyn StdError>>() {
        Failure::new(&**boxed)
    } else if let Some(error) = error.as_error::<io::Error>() {
        Failure::new(error)
    } else {
        Failure::of_text(error.as_response_error(), "")
    }
}

fn status_of(error: &Error) -> u16 {
    // A panic in the status of a user's error must not end the request.
    guarded(|| error.as_response_error().status_code().as_u16()).unwrap_or(STATUS_FAILED)
}

// === impl Unrendered ===

impl Unrendered {
    /// Records the rendered response; only the first one counts.
    fn rendered(&self, mut response: HttpResponse) -> HttpResponse {
        for (name, value) in &self.trace_headers {
            insert_trace_response(response.headers_mut(), name.clone(), value.clone());
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
        if let Some((name, id)) = &self.request_id {
            response.headers_mut().insert(name.clone(), id.clone());
        }
        match observation {
            Some(observation) => response.map_body(|_, body| ObsBody::new(body, observation).boxed()),
            None => response,
        }
    }
}

impl Drop for Unrendered {
    fn drop(&mut self) {
        let Some(mut observation) = self.observation.take() else {
            return;
        };
        if thread::panicking() {
            // Possibly while the error was rendered: there will be no response.
            observation.finish(Outcome::Panic);
        } else {
            // Another middleware has responded in its place.
            observation.service_error_with_status(self.status);
        }
    }
}
