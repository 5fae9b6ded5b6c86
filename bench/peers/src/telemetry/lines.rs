//! A sink that counts lines.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    fmt::{self, MakeWriter, format::FmtSpan},
    registry::LookupSpan,
};

/// Counts the lines that are written to it, and forgets them unless it was given a file.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    count: Arc<AtomicU64>,
    file: Option<Arc<File>>,
}

// === impl Lines ===

impl Lines {
    pub fn to_file(path: &Path) -> io::Result<Self> {
        Ok(Self { count: Arc::default(), file: Some(Arc::new(File::create(path)?)) })
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The JSON layer of tracing-subscriber as it comes, writing here at once: no thread, no system call.
    pub fn json_layer<S>(&self, spans: FmtSpan) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        fmt::layer().json().with_span_events(spans).with_writer(self.clone())
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(file) = &self.file {
            io::Write::write_all(&mut &**file, bytes)?;
        }
        let lines = memchr::memchr_iter(b'\n', bytes).count();
        self.count.fetch_add(lines as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}
