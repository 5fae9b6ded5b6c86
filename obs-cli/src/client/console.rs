//! Questions to a console.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Address, ClientError, Query, Transport, address::escaped, target::refusal, transport::message};
use crate::model::{Envelope, LeftOut};

/// A console that has answered.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    transport: Transport,
    mount: Address,
}

/// An answer of a console.
#[derive(Clone, Debug)]
pub(crate) struct Answer<T> {
    /// The answer as it was sent.
    pub(crate) raw: Value,
    /// Who answered, when, about which time.
    pub(crate) envelope: Envelope,
    /// What was asked for.
    pub(crate) data: T,
}

// === impl Console ===

impl Console {
    pub(crate) fn new(transport: Transport, mount: Address) -> Self {
        Self { transport, mount }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(crate) fn mount(&self) -> &Address {
        &self.mount
    }

    /// The address of a page of the console; `path` begins with a slash.
    pub(crate) fn page(&self, path: &str, query: &Query) -> String {
        self.mount.join(path).with(query)
    }

    /// The address of a part of the API, from its segments.
    pub(crate) fn api(&self, segments: &[&str]) -> Address {
        let mut path = "/api/v1".to_owned();
        for segment in segments {
            path.push('/');
            path.extend(escaped(segment));
        }
        self.mount.join(&path)
    }

    /// Asks for one thing.
    ///
    /// # Errors
    ///
    /// If the console does not answer, refuses, or answers something that can't be read.
    pub(crate) fn ask<T: DeserializeOwned>(&self, segments: &[&str], query: &Query) -> Result<Answer<T>, ClientError> {
        let body = self.transport.get(&self.api(segments), query, "application/json")?;
        if let Some(error) = refusal(&body, &self.mount, self.transport.has_token()) {
            return Err(error);
        }
        let raw: Value = serde_json::from_slice(&body.bytes).map_err(|error| self.unreadable(&error))?;
        let api = &raw["api"];
        if api.as_u64() != Some(1) {
            return Err(ClientError::OtherVersion(
                self.mount.to_string(),
                message(&api.to_string()),
            ));
        }
        let envelope = Envelope::deserialize(&raw).map_err(|error| self.unreadable(&error))?;
        let data = T::deserialize(&raw["data"]).map_err(|error| self.unreadable(&error))?;
        Ok(Answer { raw, envelope, data })
    }

    fn unreadable(&self, error: &serde_json::Error) -> ClientError {
        let why = format!("the answer can't be read: {}", message(&error.to_string()));
        ClientError::Broken(self.mount.to_string(), why)
    }
}

// === impl Answer ===

impl<T> Answer<T> {
    /// The rows as they were sent.
    pub(crate) fn raw_rows(&self) -> &[Value] {
        self.raw["data"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn left_out(&self) -> &[LeftOut] {
        &self.envelope.left_out
    }
}
