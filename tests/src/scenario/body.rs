//! A body that follows a script.

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use tokio::time::Sleep;

/// One step of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hands these bytes on.
    Send(&'static str),
    /// Waits.
    Pause(Duration),
    /// Fails.
    Fail,
    /// Panics.
    Panic(&'static str),
    /// Never goes on.
    Hang,
    /// Ends with this trailer (left out by frameworks without trailers).
    Trailer(&'static str, &'static str),
}

/// A body of unknown size that goes through its steps, and then ends.
#[derive(Debug)]
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// What a scripted body fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptedFailure;

// === impl ScriptedBody ===

impl ScriptedBody {
    /// A body that goes through these steps.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            pause: None,
        }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = ScriptedFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let Some(step) = self.steps.pop_front() else {
                return Poll::Ready(None);
            };
            return Poll::Ready(Some(match step {
                Step::Send(data) => Ok(Frame::data(Bytes::from_static(data.as_bytes()))),
                Step::Pause(time) => {
                    self.pause = Some(Box::pin(tokio::time::sleep(time)));
                    continue;
                }
                Step::Fail => Err(ScriptedFailure),
                Step::Panic(message) => panic!("{message}"),
                Step::Hang => {
                    self.steps.push_front(step);
                    return Poll::Pending;
                }
                Step::Trailer(name, value) => {
                    let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
                    Ok(Frame::trailers(HeaderMap::from_iter([(name, value)])))
                }
            }));
        }
    }
}

/// For frameworks that take streams: trailers are left out.
impl Stream for ScriptedBody {
    type Item = Result<Bytes, ScriptedFailure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = ready!(self.as_mut().poll_frame(cx));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => return Poll::Ready(Some(Ok(data))),
                Some(Ok(Err(_trailers))) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// === impl ScriptedFailure ===

impl fmt::Display for ScriptedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body failed on purpose")
    }
}

impl Error for ScriptedFailure {}
