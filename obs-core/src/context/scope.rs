//! Carrying a context into other tasks and threads.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use obs_conventions::Outcome;
use opentelemetry::Context as OtelContext;
use pin_project_lite::pin_project;

use super::{Carried, RequestContext, current, enter, otel};

pin_project! {
    /// A future that has a request context of its own, see [`scope`]. It is dropped in that context, too.
    #[must_use = "futures do nothing unless polled"]
    pub struct Scoped<F> {
        carried: Carried,
        // Whether the context is not that of the code around.
        is_own: bool,
        // `None` only while this is dropped.
        #[pin]
        inner: Option<F>,
    }

    impl<F> PinnedDrop for Scoped<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.carried.run(|| this.inner.set(None));
        }
    }
}

/// Runs `future` with `context` current whenever it is polled, and with the span that belongs to it.
pub fn scope<F: Future>(context: RequestContext, future: F) -> Scoped<F> {
    let otel = otel_of(&context);
    say(Some(&context), Outcome::Cancelled);
    Scoped {
        carried: Carried::new(Some(context), otel),
        is_own: true,
        inner: Some(future),
    }
}

/// Runs `future` in the context that is current now, on whatever task or thread it is polled later.
///
/// ```no_run
/// # async fn send_receipt() {}
/// # async fn handler() {
/// tokio::spawn(obs_core::context::in_current(send_receipt()));
/// # }
/// ```
pub fn in_current<F: Future>(future: F) -> Scoped<F> {
    Scoped {
        carried: Carried::current(),
        is_own: false,
        inner: Some(future),
    }
}

/// Wraps `work` so that it runs in the context that is current now, on whatever thread it is called
/// later: the blocking twin of [`in_current`].
///
/// ```
/// use obs_core::context;
///
/// context::run_new(|| {
///     let id = context::current().unwrap().request_id().to_owned();
///     let work = context::carry(move || assert_eq!(context::current().unwrap().request_id(), id));
///     std::thread::spawn(work).join().unwrap();
/// });
/// ```
pub fn carry<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let mut carried = Carried::current();
    move || carried.run(work)
}

/// Runs `future` in a context of its own, see [`RequestContext::start`].
pub fn in_new<F: Future>(future: F) -> Scoped<F> {
    scope(RequestContext::start(), future)
}

/// Runs `work` with `context` current: the blocking twin of [`scope`], for `spawn_blocking` and
/// threads.
///
/// ```
/// use obs_core::context;
///
/// let context = context::RequestContext::start();
/// std::thread::spawn(|| context::run_in(context, || tracing::info!("still the same request")))
///     .join()
///     .unwrap();
/// ```
pub fn run_in<R>(context: RequestContext, work: impl FnOnce() -> R) -> R {
    let _otel = otel::attach(otel_of(&context));
    if let Some(job) = context.parts().entry() {
        job.poll_job();
    }
    let entered = enter(Some(context));
    let returned = work();
    say(entered.leave().as_ref(), Outcome::Ok);
    returned
}

/// Runs `work` in a context of its own, see [`RequestContext::start`]: the blocking twin of
/// [`in_new`].
pub fn run_new<R>(work: impl FnOnce() -> R) -> R {
    run_in(RequestContext::start(), work)
}

/// The span to be a child of: the innermost one that is active, if this context is current already;
/// else the request's own.
fn otel_of(context: &RequestContext) -> OtelContext {
    let is_current = current().is_some_and(|current| current.is_same(context));
    if is_current {
        return otel::current();
    }
    context.parts().to_attach().cloned().unwrap_or_default()
}

/// Says how a job ends if nothing more is done in its context.
fn say(context: Option<&RequestContext>, ends: Outcome) {
    if let Some(job) = context.and_then(|context| context.parts().entry()) {
        job.set_job(ends);
    }
}

// === impl Scoped ===

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Pending;
        };
        let job = this.carried.context().filter(|_| *this.is_own);
        if let Some(job) = job.and_then(|job| job.parts().entry()) {
            job.poll_job();
        }
        let polled = this.carried.run(|| inner.poll(cx));
        if *this.is_own {
            let ends = if polled.is_ready() {
                Outcome::Ok
            } else {
                Outcome::Cancelled
            };
            say(this.carried.context(), ends);
        }
        polled
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("context", &self.carried.context())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Arc, Mutex},
        task::Waker,
    };

    use super::*;
    use crate::context::set_field;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_context_is_current_only_while_its_work_runs() {
        let id = run_new(|| current().map(|context| context.request_id().to_owned()));
        assert!(id.is_some());
        assert!(current().is_none());
    }

    #[test]
    fn a_panic_clears_the_context() {
        let caught = catch_unwind(AssertUnwindSafe(|| run_new(|| panic!("on purpose"))));
        assert!(caught.is_err());
        assert!(current().is_none());
    }

    #[test]
    fn a_future_keeps_its_context_between_polls_and_hides_it_from_others() {
        let mut first_poll = true;
        let mut future = Box::pin(in_new(std::future::poll_fn(move |_| {
            if std::mem::take(&mut first_poll) {
                set_field("step", 1);
                return Poll::Pending;
            }
            Poll::Ready(current().map(|context| context.fields().len()))
        })));
        assert!(poll_once(future.as_mut()).is_pending());
        assert!(current().is_none());
        assert_eq!(poll_once(future.as_mut()), Poll::Ready(Some(1)));
    }

    /// Tells which request is current when it is dropped.
    struct Teller(Arc<Mutex<Vec<Option<String>>>>);

    impl Drop for Teller {
        fn drop(&mut self) {
            self.0
                .lock()
                .unwrap()
                .push(current().map(|context| context.request_id().to_owned()));
        }
    }

    #[test]
    fn a_future_drops_what_it_holds_in_its_context() {
        let told = Arc::<Mutex<Vec<_>>>::default();
        let context = RequestContext::start();
        let id = Some(context.request_id().to_owned());
        let held = || {
            let teller = Teller(Arc::clone(&told));
            async move {
                let _teller = &teller;
                std::future::pending::<()>().await;
            }
        };
        drop(scope(context.clone(), held()));
        let mut begun = Box::pin(scope(context.clone(), held()));
        assert!(poll_once(begun.as_mut()).is_pending());
        drop(begun);
        let teller = Teller(Arc::clone(&told));
        let mut panics = Box::pin(scope(
            context,
            std::future::poll_fn(move |_| -> Poll<()> {
                let _teller = &teller;
                panic!("on purpose")
            }),
        ));
        let caught = catch_unwind(AssertUnwindSafe(|| poll_once(panics.as_mut())));
        assert!(caught.is_err());
        drop(panics);
        assert_eq!(*told.lock().unwrap(), [id.clone(), id.clone(), id]);
    }

    #[test]
    fn contexts_nest_and_the_outer_one_comes_back() {
        run_new(|| {
            let outer = current().unwrap();
            run_new(|| assert!(!current().unwrap().is_same(&outer)));
            assert!(current().unwrap().is_same(&outer));
        });
    }
}
