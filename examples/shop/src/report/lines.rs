//! Log lines that are kept.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// What is kept of each service; a report shows one trace only, and the first ones are as good as any.
const LIMIT: usize = 4 << 20;

/// The first log lines of a service, in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogLines {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    text: Vec<u8>,
    full: bool,
}

// === impl LogLines ===

impl LogLines {
    /// The lines so far.
    pub(crate) fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.text).into_owned()
    }
}

impl io::Write for LogLines {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.full |= kept.text.len() + lines.len() > LIMIT;
        if !kept.full {
            kept.text.extend_from_slice(lines);
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_are_kept_in_their_order_up_to_the_limit() {
        let mut lines = LogLines::default();
        lines.write_all(b"first\n").unwrap();
        lines.write_all(&vec![b'x'; LIMIT]).unwrap();
        lines.write_all(b"too late\n").unwrap();
        assert_eq!(lines.text(), "first\n");
    }
}
