//! What must not leave the process: one rule for names, one for texts.
//!
//! Lines, spans, log records and queries all ask here. A value goes when its *name* is that of a secret
//! ([`Redactor::is_sensitive`] for fields, attributes and headers, [`Redactor::is_sensitive_key`] for
//! query keys). What stays is read as a *text* ([`Redactor::text`]): credentials in URLs, the values of
//! sensitive query keys, `Authorization` headers and fields of structures that were formatted are cut
//! out of it.

mod query;
mod redactor;
mod text;
#[cfg(test)]
mod text_tests;
mod words;

pub(crate) use query::percent_decoded;
pub(crate) use redactor::Redactor;
