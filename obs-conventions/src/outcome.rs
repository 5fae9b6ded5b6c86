//! How a request can end.

/// How a request ended; every request has exactly one.
///
/// ```
/// use obs_conventions::Outcome;
///
/// assert_eq!(Outcome::of_status(404), Outcome::ClientError);
/// assert_eq!(Outcome::BodyError.as_str(), "body_error");
/// let errors: Vec<_> = Outcome::ALL.into_iter().filter(|outcome| outcome.is_error()).collect();
/// assert_eq!(errors, [Outcome::ServerError, Outcome::Panic, Outcome::BodyError]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The body ended and the status is below 400.
    Ok,
    /// The status is 4xx.
    ClientError,
    /// The status is 5xx, however the body ended, or the service returned an error.
    ServerError,
    /// The handler, its future or its body panicked.
    Panic,
    /// The future was dropped before the head: the client has disconnected, or a timeout has passed.
    Cancelled,
    /// The body was dropped before its end, after it had been polled.
    Aborted,
    /// The body failed, or had another size than was announced.
    BodyError,
}

// === impl Outcome ===

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::ClientError,
        Self::ServerError,
        Self::Panic,
        Self::Cancelled,
        Self::Aborted,
        Self::BodyError,
    ];

    /// The value of the `outcome` label and log key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
            Self::Aborted => "aborted",
            Self::BodyError => "body_error",
        }
    }

    /// The outcome of an answer that reached its end.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            ..400 => Self::Ok,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }

    /// Whether the service failed: the numerator of the error ratio.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::ServerError | Self::Panic | Self::BodyError)
    }

    /// Whether the client left before the end: left out of the error ratio's denominator.
    #[must_use]
    pub const fn is_abandoned(self) -> bool {
        matches!(self, Self::Cancelled | Self::Aborted)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
