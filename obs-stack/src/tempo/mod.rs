//! Files of Tempo: traces come by OTLP, span metrics are off.

mod files;

pub use files::files;
