//! A tokio runtime on threads of its own, for blocking callers.

use std::{future::Future, sync::mpsc};

use tokio::runtime::{Builder, Handle, Runtime};

/// Unlike a [`Runtime`], it may be used and dropped anywhere, inside of another runtime too.
#[derive(Debug)]
pub(crate) struct Background {
    runtime: Option<Runtime>,
}

// === impl Background ===

impl Background {
    pub(crate) fn start(name: &str, workers: usize) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name(name)
            .enable_all()
            .build();
        Self {
            runtime: Some(runtime.expect("a runtime for a test helper")),
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("only drop takes the runtime").handle()
    }

    /// Runs `future` on the runtime's threads and blocks this one until it is done.
    #[track_caller]
    pub(crate) fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let (sender, receiver) = mpsc::channel();
        self.handle().spawn(async move {
            // Nobody to tell: the caller panicked.
            let _ = sender.send(future.await);
        });
        receiver.recv().expect("the helper's task panicked")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_can_be_used_and_dropped_inside_another_runtime() {
        let background = Background::start("inner", 1);
        assert_eq!(background.run(async { 7 }), 7);
    }
}
