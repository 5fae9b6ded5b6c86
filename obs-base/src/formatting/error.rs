//! Copies of errors.

use std::{error::Error, fmt, ptr};

use super::with_text;
use crate::guard::chain;

/// A copy of an error and its sources as texts, whose formatting calls no code of the application.
///
/// Its `Display` is the text of the error, its [`source`](Error::source) the copy of the error's source.
///
/// ```
/// use std::{error::Error, io};
/// use obs_base::formatting::ErrorCopy;
///
/// let copy = ErrorCopy::new(&io::Error::other("disk full"), 4);
/// assert_eq!((copy.to_string().as_str(), copy.source().is_none()), ("disk", true));
/// ```
#[derive(Debug)]
pub struct ErrorCopy {
    text: String,
    source: Option<Box<Self>>,
}

// === impl ErrorCopy ===

impl ErrorCopy {
    /// Copies an error with at most [`MAX_SOURCES`](crate::guard::MAX_SOURCES) sources, each text cut to `limit` bytes.
    ///
    /// Formats the error and its sources once. An error that is its own source is copied once; one whose `Display`
    /// panics gets the text [`PANICKED`](crate::guard::PANICKED).
    #[must_use]
    pub fn new(error: &(dyn Error + 'static), limit: usize) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut before = None;
        for link in chain(error) {
            let text = text_of(link, limit);
            let is_its_own_source =
                before.is_some_and(|before| ptr::addr_eq(before, link)) && texts.last() == Some(&text);
            if is_its_own_source {
                break;
            }
            texts.push(text);
            before = Some(link);
        }
        let mut copy = None;
        for text in texts.into_iter().rev() {
            copy = Some(Box::new(Self { text, source: copy }));
        }
        copy.map_or_else(
            || Self {
                text: String::new(),
                source: None,
            },
            |copy| *copy,
        )
    }
}

fn text_of(error: &(dyn Error + 'static), limit: usize) -> String {
    with_text(limit, |out| out.display(error), |text, _| text.to_owned())
}

impl fmt::Display for ErrorCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for ErrorCopy {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::MAX_SOURCES;

    #[derive(Debug)]
    struct Chain(&'static str, Option<Box<dyn Error>>);

    impl fmt::Display for Chain {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Chain {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref()
        }
    }

    #[derive(Debug)]
    struct Odd {
        panics: bool,
    }

    impl fmt::Display for Odd {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("odd")
        }
    }

    impl Error for Odd {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            assert!(!self.panics, "on purpose");
            Some(self)
        }
    }

    fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
        let copy = ErrorCopy::new(error, 100);
        let mut texts = vec![copy.to_string()];
        let mut next = copy.source();
        while let Some(source) = next {
            texts.push(source.to_string());
            next = source.source();
        }
        texts
    }

    #[test]
    fn an_error_is_copied_with_its_sources() {
        let error = Chain("a", Some(Box::new(Chain("b", Some(Box::new(Chain("c", None)))))));
        assert_eq!(texts(&error), ["a", "b", "c"]);
    }

    #[test]
    fn an_error_that_is_its_own_source_or_panics_comes_to_an_end() {
        assert_eq!(texts(&Odd { panics: false }), ["odd"]);
        assert_eq!(texts(&Odd { panics: true }), ["odd"]);
    }

    #[test]
    fn a_long_chain_is_cut() {
        let error = (0..100).fold(Chain("x", None), |inner, _| Chain("x", Some(Box::new(inner))));
        assert_eq!(texts(&error).len(), MAX_SOURCES + 1);
    }
}
