//! Standard input, whose end is the end of a service.

use std::{io, thread};

use tokio::sync::watch;

/// Tells when standard input has been closed; clones tell the same.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The sender is dropped when the input ends, and sends nothing before.
    open: watch::Receiver<()>,
}

// === impl Input ===

impl Input {
    /// Reads standard input on a thread of its own, as reading it blocks.
    ///
    /// # Errors
    ///
    /// If the thread can't be started.
    pub(crate) fn watch() -> io::Result<Self> {
        let (sender, open) = watch::channel(());
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            // An input that can't be read is no longer there either.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            drop(sender);
        })?;
        Ok(Self { open })
    }

    /// Returns when the input has been closed.
    pub(crate) async fn closed(mut self) {
        while self.open.changed().await.is_ok() {}
    }
}
