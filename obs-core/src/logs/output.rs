//! What finished lines go through.

use std::{
    fmt, iter,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{Counter, Key, Label, Recorder};
use tracing_core::Level;

use super::{encoder::Encoder, parts::level_index, recorded_lines::RecordedLines, writer::Writer};
use crate::{
    guard::Guarded,
    names::{MetricDef, metric},
};

/// Levels as the label of `obs_log_lines_total` has them, by [`level_index`].
const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// Everything between a finished line and its target; shared by layers and requests.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) encoder: Encoder,
    pub(super) writer: Writer,
    counters: Counters,
    reader: OnceLock<Box<Guarded<dyn LineReader>>>,
    /// The id of the layer, since several can have data in one span.
    pub(super) id: u64,
    pub(super) recorded: RecordedLines,
}

/// A second reader of lines, beside the writer: a live page, an export, a test. Set by
/// [`ObsBuilder::line_reader`](crate::ObsBuilder::line_reader).
///
/// It is called on the thread that logs, before the line is written, and must not block. It is not called
/// for lines that it logs itself. If it panics, the line is still written.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
/// use obs_core::{Obs, logs::LineReader};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// struct Errors(Arc<AtomicUsize>);
/// impl LineReader for Errors {
///     fn read(&self, level: tracing::Level, line: &[u8]) {
///         assert!(line.ends_with(b"\n"));
///         if level == tracing::Level::ERROR {
///             self.0.fetch_add(1, Relaxed);
///         }
///     }
/// }
///
/// let errors = Arc::new(AtomicUsize::new(0));
/// let reader = Errors(Arc::clone(&errors));
/// let obs = Obs::builder("shop").log_writer(std::io::sink()).line_reader(reader).build()?;
/// let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!("started");
///     tracing::error!("card declined");
/// });
/// assert_eq!(errors.load(Relaxed), 1);
/// # Ok::<(), obs_core::InitError>(())
/// ```
pub trait LineReader: Send + Sync {
    /// Reads a line in the form that is written, redacted and with the newline at its end.
    fn read(&self, level: Level, line: &[u8]);
}

/// The layer's own health.
pub(super) struct Counters {
    lines: [Counter; 5],
    pub(super) dropped: Counter,
    pub(super) sampled_out: Counter,
}

/// The number of a layer that keeps data with spans.
pub(super) fn next_layer() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

// === impl Output ===

impl Output {
    pub(super) fn new(encoder: Encoder, writer: Writer, counters: Counters, recorded: RecordedLines) -> Self {
        Self {
            encoder,
            writer,
            counters,
            reader: OnceLock::new(),
            id: next_layer(),
            recorded,
        }
    }

    /// The encoders of all formats, with the numbers of their layers.
    pub(super) fn encoders(&self) -> impl Iterator<Item = (&Encoder, u64)> {
        iter::once((&self.encoder, self.id)).chain(self.recorded.encoder())
    }

    /// Hands a finished line on.
    #[inline]
    pub(super) fn deliver(&self, level: Level, line: &[u8]) {
        if let Some(reader) = self.reader.get() {
            let _ = reader.call(|reader| reader.read(level, line));
        }
        if self.writer.push(line) {
            self.counters.lines[level_index(level)].increment(1);
        }
    }

    /// Counts a line that sampling leaves out.
    #[inline]
    pub(super) fn count_sampled_out(&self) {
        self.counters.sampled_out.increment(1);
    }

    /// Sets the second reader; `false` if there is one.
    pub(super) fn set_reader(&self, reader: Box<Guarded<dyn LineReader>>) -> bool {
        self.reader.set(reader).is_ok()
    }
}

impl fmt::Debug for dyn LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineReader")
    }
}

// === impl Counters ===

impl Counters {
    pub(super) fn register(recorder: &dyn Recorder) -> Self {
        let lines = LEVELS.map(|level| {
            register(
                recorder,
                &metric::LOG_LINES,
                vec![Label::new(metric::LOG_LINES.labels[0], level)],
            )
        });
        Self {
            lines,
            dropped: register(recorder, &metric::LOG_LINES_DROPPED, Vec::new()),
            sampled_out: register(recorder, &metric::LOG_LINES_SAMPLED_OUT, Vec::new()),
        }
    }
}

fn register(recorder: &dyn Recorder, def: &'static MetricDef, labels: Vec<Label>) -> Counter {
    recorder.describe_counter(def.base().into(), None, def.help.into());
    let metadata = metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
    recorder.register_counter(&Key::from_parts(def.base(), labels), &metadata)
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}
