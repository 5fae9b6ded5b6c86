//! Redaction of secrets, by names and within texts.
//!
//! Log lines, spans, log records and queries all use it. A value is replaced when its *name* is that of a secret
//! ([`Redactor::is_sensitive`] for fields, attributes and headers, [`Redactor::is_sensitive_key`] for query keys).
//! Values that stay are scanned as *text* ([`Redactor::text`]): credentials in URLs, the values of sensitive query keys,
//! `Authorization` headers and fields of formatted structures are replaced in it.
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
mod text;
#[cfg(test)]
mod text_tests;
mod words;

pub use redactor::Redactor;
