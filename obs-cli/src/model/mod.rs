//! The answers of a console, as far as they are shown here. What is missing in an older console is empty, what a newer
//! one adds is not read.

mod alerts;
mod difference;
mod envelope;
mod overview;
mod rows;
mod trace;

pub(crate) use alerts::{AlertRow, Alerts, SloBudget};
pub(crate) use difference::{AttributeDifference, Difference};
pub(crate) use envelope::{Envelope, Label, LeftOut, Window};
pub(crate) use overview::{Endpoint, EndpointRow, Overview, Saturation, Totals};
pub(crate) use rows::{ErrorRow, Field, Line, RecordSummary, Running, RunningList};
pub(crate) use trace::{Span, Trace};

/// Declares types that are read from JSON.
macro_rules! objects {
    ($( $(#[doc = $doc:literal])+ $name:ident { $( $(#[$attribute:meta])* $field:ident: $type:ty, )* } )*) => {$(
        $(#[doc = $doc])+
        #[allow(clippy::struct_field_names, reason = "the names are those of the interface")]
        #[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
        #[serde(default)]
        pub(crate) struct $name { $( $(#[$attribute])* pub(crate) $field: $type, )* }
    )*};
}
pub(crate) use objects;
