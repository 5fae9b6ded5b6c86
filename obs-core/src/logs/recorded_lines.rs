//! The lines of events as the flight recorder and the feed have them: in the profile of obs, whatever is written.

use tracing_core::{Event, Level, Subscriber};
use tracing_subscriber::{layer::Context, registry::LookupSpan};

use super::{encoder::Encoder, line_feed::LineFeed, scratch::Scratch};
use crate::{context, recorder::NewLine};

/// What makes these lines, and who gets them.
#[derive(Debug)]
pub(super) struct RecordedLines {
    /// Makes them if what is written is in another format, with the number of its layer.
    encoder: Option<(Encoder, u64)>,
    feed: LineFeed,
}

// === impl RecordedLines ===

impl RecordedLines {
    pub(super) fn new(encoder: Option<(Encoder, u64)>, feed: LineFeed) -> Self {
        Self { encoder, feed }
    }

    pub(super) fn feed(&self) -> &LineFeed {
        &self.feed
    }

    /// The encoder, if it is another one than that of the lines that are written, and the number of its layer.
    pub(super) fn encoder(&self) -> Option<(&Encoder, u64)> {
        self.encoder.as_ref().map(|(encoder, layer)| (encoder, *layer))
    }

    /// Adds the line of an event, which is in `scratch` as it is written, to its request and to the feed.
    pub(super) fn add<S>(
        &self,
        scratch: &mut Scratch,
        event: &Event<'_>,
        context: &Context<'_, S>,
        (level, is_held): (Level, bool),
    ) where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let in_request = context::with_current(|request| request.parts().entry().is_some());
        let has_entry = in_request == Some(true);
        // Lines that are held may never be written.
        let is_fed = !is_held && self.feed.takes(in_request.is_some());
        if !has_entry && !is_fed {
            return;
        }
        if let Some((encoder, layer)) = self.encoder() {
            scratch.clear();
            encoder.encode_event(scratch, event, context, (layer, is_held));
        }
        let at = scratch.at;
        if is_fed {
            self.feed.push(at, level, &scratch.line);
        }
        if has_entry {
            record(&NewLine {
                at,
                level,
                is_held,
                text: &scratch.line,
            });
        }
    }
}

/// Adds a line to the request or job that it belongs to, in the flight recorder.
fn record(line: &NewLine<'_>) {
    context::with_current(|request| {
        if let Some(entry) = request.parts().entry() {
            entry.push_line(line);
        }
    });
}
