//! Redaction of secrets, by the names of values and within texts.
//!
//! Applied to everything that is written or exported: log lines, spans, log records, queries and error messages. There
//! are two rules:
//!
//! - By *name*: a value is replaced by `REDACTED` if its name is on the list of secrets ([`Redactor::is_sensitive`] for
//!   fields, attributes and headers, [`Redactor::is_sensitive_key`] for query keys).
//! - Within *text*: other values are scanned ([`Redactor::text`]), and credentials in URLs, the values of sensitive
//!   query keys, `Authorization` headers and fields of formatted structures are replaced in them.
//!
//! Redaction is a safety net: it finds common names and formats, not every secret.
//!
//! ```
//! use obs_base::redact::Redactor;
//!
//! let redactor = Redactor::usual();
//! assert!(redactor.is_sensitive("access_token"));
//! assert_eq!(redactor.query("page=2&token=abc"), "page=2&token=REDACTED");
//! ```

mod query;
mod redactor;
mod secret;
mod text;
#[cfg(test)]
mod text_tests;
mod words;

pub use redactor::Redactor;
