//! What a server does, in the words of no framework.

use std::{borrow::Cow, error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use obs_core::{context, propagation};

use super::{Failing, Reply};

/// How long an upgraded connection lives at least.
pub const UPGRADED_FOR: Duration = Duration::from_millis(50);

/// What a handler that never answers logs when it has begun.
pub const HANGING: &str = "hanging";

/// A route and what happens behind it. It takes GET (and HEAD), or with [`Does::reads_body`] POST.
#[derive(Clone, Debug)]
pub struct Route {
    /// The template, `/users/{id}`, without the prefix it is nested under.
    pub template: Cow<'static, str>,
    /// The prefix of the router that it stands in.
    pub nested_in: Option<&'static str>,
    /// What the handler does.
    pub does: Does,
}

/// What a handler does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Does {
    /// Answers at once.
    Reply(Reply),
    /// Answers after a while.
    ReplyAfter(Duration, Reply),
    /// Panics with this message before it answers.
    Panic(&'static str),
    /// Never answers; says [`HANGING`] first.
    Hang,
    /// The service itself returns an error in place of an answer. Adapters put their layer around
    /// such a service, and something that answers 502 around the layer.
    Fail,
    /// The handler returns this error, which the framework turns into an answer with this status.
    Error(u16, Failing),
    /// Reads the request's body and answers with the number of its bytes.
    Read,
    /// Answers with the ids that it finds in its context, and the headers that it would send on.
    Tell,
    /// Answers 101 and, over the upgraded connection, sends back the first four bytes that it gets
    /// there, after [`UPGRADED_FOR`]; holds an `obs_core::StreamGuard` meanwhile.
    Upgrade,
    /// Serves this file with what the framework has for that.
    File(std::path::PathBuf),
    /// Anything else.
    Run(Work),
}

/// A handler made from a function.
#[derive(Clone)]
pub struct Work(Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>);

/// The error of a service that answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceFailure;

// === impl Route ===

impl Route {
    /// A route at `template`.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>, does: impl Into<Does>) -> Self {
        Self {
            template: template.into(),
            nested_in: None,
            does: does.into(),
        }
    }

    /// In a router that is nested under `prefix`.
    #[must_use]
    pub fn nested_in(mut self, prefix: &'static str) -> Self {
        self.nested_in = Some(prefix);
        self
    }

    /// The whole template, as it must be recorded.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}{}", self.nested_in.unwrap_or_default(), self.template)
    }
}

// === impl Does ===

impl Does {
    /// A handler made from a function.
    pub fn run<F>(work: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        Self::Run(Work(Arc::new(move || Box::pin(work()))))
    }

    /// Whether the route takes POST instead of GET.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        matches!(self, Self::Read)
    }

    /// Does it; `body` reads the request's body whole. What needs the framework's own means
    /// ([`Upgrade`](Self::Upgrade), [`File`](Self::File), [`Error`](Self::Error)) is the adapter's.
    ///
    /// # Errors
    ///
    /// [`Fail`](Self::Fail) does nothing else.
    pub async fn perform(self, body: impl Future<Output = Vec<u8>>) -> Result<Reply, ServiceFailure> {
        match self {
            Self::Reply(reply) => Ok(reply),
            Self::ReplyAfter(time, reply) => {
                tokio::time::sleep(time).await;
                Ok(reply)
            }
            Self::Panic(message) => panic!("{message}"),
            Self::Hang => {
                tracing::info!("{HANGING}");
                std::future::pending().await
            }
            Self::Fail => Err(ServiceFailure),
            Self::Read => Ok(Reply::new(200).body(body.await.len().to_string())),
            Self::Tell => Ok(tell()),
            Self::Run(Work(work)) => Ok(work().await),
            Self::Upgrade | Self::File(_) | Self::Error(..) => panic!("{self:?} is the adapter's own"),
        }
    }
}

impl From<Reply> for Does {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

fn tell() -> Reply {
    let mut reply = Reply::new(200).body("told");
    if let Some(context) = context::current() {
        reply = reply
            .header("x-seen-request-id", context.request_id())
            .header("x-seen-trace-id", context.trace_id().to_string())
            .header("x-seen-span-id", context.span_id().to_string());
    }
    propagation::inject(&mut |name, value| {
        reply.headers.push((format!("x-sent-{name}"), value.to_owned()));
    });
    reply
}

// === impl ServiceFailure ===

impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service failed on purpose")
    }
}

impl Error for ServiceFailure {}
