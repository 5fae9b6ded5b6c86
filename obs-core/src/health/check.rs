//! One check and its settings.

use std::{any::Any, borrow::Cow, error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::guard::chain_text;

/// Less than the second after which Kubernetes gives a probe up.
const TIMEOUT: Duration = Duration::from_millis(800);
/// The longest timeout: probes wait no longer, and clocks can represent the deadline.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
const CACHE: Duration = Duration::from_secs(1);
/// The longest text of an error, in bytes.
const MAX_TEXT: usize = 4_096;

/// What a check says of its subject.
pub(super) type Verdict = Result<(), Complaint>;

type CheckFuture = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// A named question about something that the service needs.
///
/// ```
/// use obs_core::health::Check;
/// use std::time::Duration;
/// use tokio::net::TcpStream;
///
/// let check = Check::new("database", || async { TcpStream::connect("db:5432").await.map(drop) })
///     .timeout(Duration::from_millis(300))
///     .cache(Duration::from_secs(5));
/// ```
#[derive(Clone)]
#[must_use = "a check has no effect until it is added to a `Health`"]
pub struct Check {
    pub(super) name: Arc<str>,
    pub(super) probe: Probe,
    pub(super) timeout: Duration,
    pub(super) cache: Duration,
    pub(super) is_required: bool,
    shows_errors: bool,
}

/// The function of the check.
#[derive(Clone)]
pub(super) enum Probe {
    Async(Arc<dyn Fn() -> CheckFuture + Send + Sync>),
    Blocking(Arc<dyn Fn() -> Verdict + Send + Sync>),
}

/// Why something is not well.
pub(super) struct Complaint {
    error: Box<dyn Error + Send + Sync>,
    /// The text is a constant of the program: it can't hold a secret of its surroundings.
    constant: Option<&'static str>,
}

// === impl Check ===

impl Check {
    /// A required check under this name, which comes from a small closed set: it is a label.
    ///
    /// The future is dropped when it takes longer than the [timeout](Self::timeout). It must not
    /// block its thread: work that does belongs in a [`blocking`](Self::blocking) check.
    ///
    /// ```
    /// # use std::io;
    /// # #[derive(Clone)]
    /// # struct Pool;
    /// # impl Pool { async fn ping(&self) -> io::Result<()> { Ok(()) } }
    /// # let pool = Pool;
    /// use obs_core::health::Check;
    ///
    /// let check = Check::new("database", move || {
    ///     let pool = pool.clone(); // each run has its own
    ///     async move { pool.ping().await }
    /// });
    /// ```
    pub fn new<F, E>(name: impl Into<String>, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let ask = move || -> CheckFuture {
            let answer = ask();
            Box::pin(async move { answer.await.map_err(Complaint::new) })
        };
        Self::of(name.into(), Probe::Async(Arc::new(ask)))
    }

    /// A required check that blocks: it gets a thread for each run, one at a time.
    ///
    /// A thread can't be stopped. A run that takes longer than the [timeout](Self::timeout) counts
    /// as failed, and no other begins until it has ended.
    ///
    /// ```
    /// use obs_core::health::Check;
    ///
    /// let check = Check::blocking("uploads", || std::fs::write("/tmp/.alive", b"").map_err(|_| "disk not writable"));
    /// ```
    pub fn blocking<E>(name: impl Into<String>, ask: impl Fn() -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        Self::of(
            name.into(),
            Probe::Blocking(Arc::new(move || ask().map_err(Complaint::new))),
        )
    }

    fn of(name: String, probe: Probe) -> Self {
        Self {
            name: name.into(),
            probe,
            timeout: TIMEOUT,
            cache: CACHE,
            is_required: true,
            shows_errors: false,
        }
    }

    /// How long the answer may take, at most an hour. Defaults to 800 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// How long an answer, good or bad, is given again without asking. Defaults to one second.
    pub fn cache(mut self, keep: Duration) -> Self {
        self.cache = keep;
        self
    }

    /// The service can do without: a failure is a warning (`warn`), and it stays ready. Defaults to
    /// required.
    pub fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// Whether the text of errors is in the body as well as in the log. Only for pages that
    /// strangers can't read: errors tell of addresses. Credentials in URLs, `password=…` and the like
    /// are cut out of them, as in lines. Defaults to `false`.
    pub fn show_errors(mut self, show: bool) -> Self {
        self.shows_errors = show;
        self
    }

    /// The reason that the page gives for a complaint.
    pub(super) fn reason(&self, complaint: &Complaint) -> Cow<'static, str> {
        match complaint.constant {
            Some(constant) => constant.into(),
            None if self.shows_errors => complaint.chain().into(),
            None => "failed".into(),
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            probe: _,
            timeout,
            cache,
            is_required,
            shows_errors,
        } = self;
        f.debug_struct("Check")
            .field("name", name)
            .field("timeout", timeout)
            .field("cache", cache)
            .field("is_required", is_required)
            .field("shows_errors", shows_errors)
            .finish_non_exhaustive()
    }
}

// === impl Complaint ===

impl Complaint {
    fn new<E: Into<Box<dyn Error + Send + Sync>> + 'static>(error: E) -> Self {
        let constant = (&error as &dyn Any).downcast_ref::<&'static str>().copied();
        Self {
            error: error.into(),
            constant,
        }
    }

    /// The error and its sources, for the log.
    pub(super) fn chain(&self) -> String {
        chain_text(&*self.error, ": ", MAX_TEXT)
    }
}
