//! The body of a response.

use std::{
    any::type_name,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use obs_core::adapter::{Failure, Observation};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response: the request ends with it. Its size is that of the inner body.
    pub struct ObsBody<B> {
        observation: Observation,
        // `None` after its end. Dropped while the request's context is current.
        #[pin]
        inner: Option<B>,
    }

    impl<B> PinnedDrop for ObsBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                this.observation.run(|| this.inner.set(None));
            }
        }
    }
}

// === impl ObsBody ===

impl<B> ObsBody<B> {
    /// Observes a body to its end.
    pub(crate) fn new(inner: B, observation: Observation) -> Self {
        Self {
            observation,
            inner: Some(inner),
        }
    }
}

impl<B: MessageBody> MessageBody for ObsBody<B> {
    /// What actix-web makes of any error of a body; it holds that of the inner body.
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner.as_ref().map_or(BodySize::Sized(0), MessageBody::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut this = self.project();
        let inner = &mut this.inner;
        if inner.is_none() {
            return Poll::Ready(None);
        }
        let mut polled = None;
        this.observation.run_body(|| {
            let Some(mut body) = inner.as_mut().as_pin_mut() else {
                return;
            };
            let polled = polled.get_or_insert_with(|| body.as_mut().poll_next(cx));
            if is_end(polled, &*body) {
                // Dropped here, so that log lines of its drop have the request's ids.
                inner.set(None);
            }
        });
        let chunk = ready!(polled.unwrap_or(Poll::Ready(None))).map(|polled| polled.map_err(Into::into));
        match &chunk {
            // A stream ends with `None`; of a body of known size the core counts the bytes.
            Some(Ok(bytes)) => {
                if this.observation.reads_body() {
                    this.observation.body_data(Some(bytes));
                }
                this.observation.body_bytes(bytes.len() as u64, inner.is_none());
            }
            Some(Err(error)) => {
                this.observation
                    .explain(|| Failure::new(&**error).with_type(type_name::<B::Error>()));
                this.observation.body_error();
            }
            None => this.observation.end(),
        }
        Poll::Ready(chunk)
    }

    /// Returns a complete body as one chunk, which ends the request: outer middleware (a scope,
    /// compression) takes complete bodies this way and does not poll them.
    fn try_into_bytes(mut self) -> Result<Bytes, Self> {
        let Some(inner) = self.inner.take() else {
            return Ok(Bytes::new());
        };
        match self.observation.run(|| inner.try_into_bytes()) {
            Ok(bytes) => {
                if self.observation.reads_body() {
                    self.observation.body_data(Some(&bytes));
                }
                self.observation.body_bytes(bytes.len() as u64, true);
                Ok(bytes)
            }
            Err(inner) => {
                self.inner = Some(inner);
                Err(self)
            }
        }
    }
}

/// Whether the body has nothing more after this: a body in memory has the size 0 then.
fn is_end<B: MessageBody>(polled: &Poll<Option<Result<Bytes, B::Error>>>, body: &B) -> bool {
    match polled {
        Poll::Pending => false,
        Poll::Ready(Some(Ok(_))) => matches!(body.size(), BodySize::Sized(0)),
        Poll::Ready(Some(Err(_)) | None) => true,
    }
}

impl<B: fmt::Debug> fmt::Debug for ObsBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsBody")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
