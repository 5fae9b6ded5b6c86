//! Errors and their sources.

use std::{error::Error, fmt::Write as _};

use super::{
    guarded,
    text::{Bounded, push},
};
use crate::redact::Redactor;

/// The number of sources of an error that are read, at most: an error may be its own source.
pub const MAX_SOURCES: usize = 16;

/// Iterator over an error and its sources, see [`chain`].
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    next: Option<&'a (dyn Error + 'static)>,
    left: usize,
}

/// Iterates over an error and its sources, outermost first: the error itself and at most [`MAX_SOURCES`] sources.
///
/// If [`source`](Error::source) panics, the chain ends.
///
/// ```
/// use std::io;
/// use obs_base::guard::chain;
///
/// let error = io::Error::other(io::Error::other("disk full"));
/// assert_eq!(chain(&error).last().unwrap().to_string(), "disk full");
/// ```
#[must_use]
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> Chain<'a> {
    Chain {
        next: Some(error),
        left: MAX_SOURCES + 1,
    }
}

/// The texts of the error and of its sources, joined by `separator` and cut to `max_bytes`, with secrets redacted.
///
/// Redacted are credentials and sensitive query keys of URLs, `Authorization` headers, `password=…` and the like. A
/// link whose `Display` panics has the text [`PANICKED`](crate::guard::PANICKED).
///
/// ```
/// use std::io;
/// use obs_base::guard::chain_text;
///
/// assert_eq!(chain_text(&io::Error::other("disk full"), ": ", 4), "disk");
/// ```
#[must_use]
pub fn chain_text(error: &(dyn Error + 'static), separator: &str, max_bytes: usize) -> String {
    let mut text = Bounded::new(max_bytes);
    for (index, link) in chain(error).enumerate() {
        if index > 0 {
            // Fails at the limit, where the text is cut.
            let _ = text.write_str(separator);
        }
        push(&mut text, link);
        if text.is_full() {
            break;
        }
    }
    Redactor::usual().owned_text(text.into_string())
}

// === impl Chain ===

impl<'a> Iterator for Chain<'a> {
    type Item = &'a (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let link = self.next.take()?;
        self.left -= 1;
        if self.left > 0 {
            self.next = guarded(|| link.source()).flatten();
        }
        Some(link)
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io, panic::resume_unwind};

    use super::*;
    use crate::guard::PANICKED;

    /// Its own source.
    #[derive(Debug)]
    struct Ring;

    #[test]
    fn secrets_in_an_error_or_its_sources_are_not_in_the_text() {
        let source = io::Error::other("no answer from https://shop:hunter2@mail/send?token=abc123&to=ann");
        let text = chain_text(&io::Error::other(source), ": ", 1_000);
        assert!(!text.contains("hunter2") && !text.contains("abc123"), "{text}");
        assert!(
            text.starts_with("no answer from https://") && text.contains("@mail/send?token="),
            "{text}"
        );
    }

    impl fmt::Display for Ring {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("ring")
        }
    }

    impl Error for Ring {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    /// Panics in each of its methods.
    #[derive(Debug)]
    struct Hostile;

    impl fmt::Display for Hostile {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            resume_unwind(Box::new("on purpose"))
        }
    }

    impl Error for Hostile {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            resume_unwind(Box::new("on purpose"))
        }
    }

    #[test]
    fn a_chain_has_every_source_once() {
        let error = io::Error::other(io::Error::other("disk full"));
        assert_eq!(chain_text(&error, ": ", 100), "disk full");
    }

    #[test]
    fn an_error_that_is_its_own_source_ends() {
        assert_eq!(chain(&Ring).count(), MAX_SOURCES + 1);
        assert_eq!(chain_text(&Ring, "\n", 50).len(), 50);
    }

    #[test]
    fn the_text_of_an_error_that_panics_says_so() {
        assert_eq!(chain_text(&Hostile, ": ", 100), PANICKED);
    }
}
