//! Where the log lines of a service go.

use std::io::{self, IsTerminal as _, Write};

use obs_axum::obs_core::{ObsBuilder, logs::LogFormat};

use crate::{
    args::{Args, Format},
    report::LogLines,
};

/// Standard output, with a service's name before each line: lines for people don't say it.
#[derive(Debug)]
struct Named {
    name: &'static str,
}

/// Tells a service's telemetry where its lines go, and hands back the place if they are kept for the
/// report.
pub(crate) fn configure(builder: ObsBuilder, name: &'static str, args: &Args) -> (ObsBuilder, Option<LogLines>) {
    if args.requests.is_some() {
        let lines = LogLines::default();
        return (
            builder.log_format(LogFormat::Json).log_writer(lines.clone()),
            Some(lines),
        );
    }
    let pretty = match args.logs {
        Format::Auto => io::stdout().is_terminal(),
        Format::Json => false,
        Format::Pretty => true,
    };
    let builder = if pretty {
        builder.log_format(LogFormat::Pretty).log_writer(Named { name })
    } else {
        builder.log_format(LogFormat::Json)
    };
    (builder, None)
}

// === impl Named ===

impl Write for Named {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        // Lines come whole. Under one lock, those of other services come before or after.
        let mut out = io::stdout().lock();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            write!(out, "{:<10} ", self.name)?;
            out.write_all(line)?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
