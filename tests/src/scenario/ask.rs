//! What the client of a row asks for, and how it behaves.

use std::borrow::Cow;

/// The caller's trace that each request belongs to unless its row says otherwise: sampled.
pub const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// One request of a client.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method, known or not.
    pub method: Cow<'static, str>,
    /// Path and query.
    pub target: Cow<'static, str>,
    /// The headers besides the usual ones, as raw bytes; a `host` replaces the usual one.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// The `traceparent` headers; [`PARENT`] by default.
    pub traceparent: Vec<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
    /// What the client does with the answer.
    pub act: Act,
}

/// What a client does once it has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Reads the answer whole.
    Read,
    /// Vanishes when the request has arrived, before there is a head: closed socket, `RST_STREAM`.
    LeaveBeforeHead,
    /// Vanishes when this many bytes of the body have come.
    LeaveAfter(usize),
    /// Upgrades the connection, sends `ping`, reads it back, hangs up.
    Upgrade,
}

// === impl Ask ===

impl Ask {
    /// With this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<Cow<'static, str>>) -> Self {
        self.method = method.into();
        self
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    /// With these `traceparent` headers, in this order; none starts a new trace.
    #[must_use]
    pub fn traceparent<V: AsRef<[u8]>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.traceparent = values.into_iter().map(|value| value.as_ref().to_vec()).collect();
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// And then behaves so.
    #[must_use]
    pub fn then(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// All values of a header that the row gives, besides `traceparent`.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value.as_slice())
    }
}

/// A request with this method.
#[must_use]
pub fn ask(method: impl Into<Cow<'static, str>>, target: impl Into<Cow<'static, str>>) -> Ask {
    Ask {
        method: method.into(),
        target: target.into(),
        headers: Vec::new(),
        traceparent: vec![PARENT.as_bytes().to_vec()],
        body: Vec::new(),
        act: Act::Read,
    }
}

/// A GET request.
#[must_use]
pub fn get(target: impl Into<Cow<'static, str>>) -> Ask {
    ask("GET", target)
}

/// A POST request with a body.
#[must_use]
pub fn post(target: impl Into<Cow<'static, str>>, body: impl AsRef<[u8]>) -> Ask {
    ask("POST", target).body(body)
}
