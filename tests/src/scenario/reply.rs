//! Answers in the words of no framework.

use bytes::Bytes;

use super::{Does, ScriptedBody, Step};

/// What a handler answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub content: Content,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Content {
    /// A body of the framework's type for "no body".
    Empty,
    /// A body whose size its type knows.
    Full(Bytes),
    /// A body that comes piece by piece and whose size its type doesn't know.
    Stream(Vec<Step>),
}

// === impl Reply ===

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Empty,
        }
    }

    /// With this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With a body of known size.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.content = Content::Full(body.into());
        self
    }

    /// With a body that comes in steps.
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.content = Content::Stream(steps.into_iter().collect());
        self
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// After `delay`.
    #[must_use]
    pub fn after(self, delay: std::time::Duration) -> Does {
        Does::ReplyAfter(delay, self)
    }
}

// === impl Content ===

impl Content {
    /// The body as a scripted one, for frameworks that take any [`http_body::Body`].
    #[must_use]
    pub fn into_script(self) -> Option<ScriptedBody> {
        match self {
            Self::Stream(steps) => Some(ScriptedBody::new(steps)),
            Self::Empty | Self::Full(_) => None,
        }
    }
}

/// 200 with this text.
#[must_use]
pub fn text(body: &'static str) -> Reply {
    Reply::new(200).header("content-type", "text/plain").body(body)
}

/// 200 without a body.
#[must_use]
pub fn empty() -> Reply {
    Reply::new(200)
}

/// This status with a word as body.
#[must_use]
pub fn status(status: u16) -> Reply {
    Reply::new(status).body("answer")
}

/// 200 with a body of unknown size, in steps.
#[must_use]
pub fn stream(steps: impl IntoIterator<Item = Step>) -> Reply {
    Reply::new(200).steps(steps)
}
