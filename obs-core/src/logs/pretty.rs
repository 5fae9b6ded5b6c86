//! Lines for people at a terminal.

use super::{
    escape::{Escaping, push_escaped},
    ids::Ids,
    parts::{Head, MAX_TARGET, Tail, level_index},
    timestamp::Stamp,
};
use crate::names::log;

/// Select Graphic Rendition sequences (ECMA-48, 8.3.117).
pub(super) const RESET: &[u8] = b"\x1b[0m";
pub(super) const DIM: &[u8] = b"\x1b[2m";
pub(super) const RED: &[u8] = b"\x1b[31m";
pub(super) const GREEN: &[u8] = b"\x1b[32m";
pub(super) const YELLOW: &[u8] = b"\x1b[33m";
pub(super) const BLUE: &[u8] = b"\x1b[34m";
pub(super) const MAGENTA: &[u8] = b"\x1b[35m";
pub(super) const CYAN: &[u8] = b"\x1b[36m";

/// Names and colours, by [`level_index`]; of one width, so that messages are aligned.
const LEVELS: [(&[u8], &[u8]); 5] = [
    (b"TRACE", MAGENTA),
    (b"DEBUG", BLUE),
    (b"INFO ", GREEN),
    (b"WARN ", YELLOW),
    (b"ERROR", RED),
];

/// How much of an id is shown: enough to find the line's kin on the screen.
const SHORT_ID: usize = 8;

/// Appends text in a colour.
pub(super) fn push_colored(out: &mut Vec<u8>, text: &[u8], color: bool, sequence: &[u8]) {
    if color {
        out.extend_from_slice(sequence);
        out.extend_from_slice(text);
        out.extend_from_slice(RESET);
    } else {
        out.extend_from_slice(text);
    }
}

/// Appends the time and the level.
pub(super) fn push_stamp(line: &mut Vec<u8>, stamp: &mut Stamp, head: Head<'_>, color: bool) {
    if color {
        line.extend_from_slice(DIM);
    }
    stamp.push_time_of_day(line, head.at);
    if color {
        line.extend_from_slice(RESET);
    }
    let (name, sequence) = LEVELS[level_index(head.level)];
    line.push(b' ');
    push_colored(line, name, color, sequence);
    line.push(b' ');
}

/// Starts a line, up to the first character of its message.
pub(super) fn open(line: &mut Vec<u8>, stamp: &mut Stamp, head: Head<'_>, color: bool) {
    push_stamp(line, stamp, head, color);
    if color {
        line.extend_from_slice(DIM);
    }
    let limit = line.len() + MAX_TARGET;
    push_escaped(line, head.target, limit, Escaping::Terminal);
    line.push(b':');
    if color {
        line.extend_from_slice(RESET);
    }
    line.push(b' ');
}

pub(super) fn push_ids(out: &mut Vec<u8>, ids: Ids<'_>) {
    let Ids {
        request,
        trace,
        span: _,
        sampled: _,
    } = ids;
    out.extend_from_slice(b" trace=");
    out.extend_from_slice(&trace.to_hex()[..SHORT_ID]);
    if let Some(request) = request {
        out.extend_from_slice(b" request=");
        // The first half of a UUIDv7 is the time, which neighbours share.
        let start = request.len().saturating_sub(SHORT_ID);
        out.extend_from_slice(&request[start..]);
    }
}

/// Ends the message and the line.
pub(super) fn close(line: &mut Vec<u8>, tail: Tail<'_>, color: bool) {
    let Tail {
        target: _,
        service: _,
        ids,
        context,
        event,
        spans,
        truncated,
    } = tail;
    start_details(line, color);
    for part in [event, context, spans, ids] {
        line.extend_from_slice(part);
    }
    end(line, truncated, color);
}

/// What follows is dimmed.
pub(super) fn start_details(line: &mut Vec<u8>, color: bool) {
    if color {
        line.extend_from_slice(DIM);
    }
}

/// Ends a line whose details have started.
pub(super) fn end(line: &mut Vec<u8>, truncated: bool, color: bool) {
    if truncated {
        line.push(b' ');
        line.extend_from_slice(log::TRUNCATED.as_bytes());
    }
    if color {
        line.extend_from_slice(RESET);
    }
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing_core::Level;

    use super::*;
    use crate::logs::format::Style;

    #[test]
    fn colours_mark_the_level_and_dim_what_is_secondary() {
        let style = Style::Pretty { color: true };
        let mut line = Vec::new();
        let head = Head {
            at: Duration::from_millis(1_795_357_805_123),
            level: Level::WARN,
            target: "t",
        };
        style.open(&mut line, &mut Stamp::new(), head);
        line.extend_from_slice(b"slow");
        let (ids, context, event, spans) = (b" i=1", b" c=2", b" e=3", b" s=4");
        style.close(
            &mut line,
            Tail {
                target: "t",
                service: b"",
                ids,
                context,
                event,
                spans,
                truncated: true,
            },
        );
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "\x1b[2m14:30:05.123\x1b[0m \x1b[33mWARN \x1b[0m \x1b[2mt:\x1b[0m slow\x1b[2m e=3 c=2 s=4 i=1 truncated\x1b[0m\n"
        );
    }
}
