//! The description of an error: its texts, its type and its place.

use std::{
    any::{Any, type_name},
    borrow::Cow,
    error::Error,
    fmt::Display,
    io,
    panic::Location,
    ptr,
    sync::Arc,
};

use crate::{
    formatting::{floor_char_boundary, with_text},
    guard::{MAX_SOURCES, chain, guarded},
    names::error_type,
    redact::Redactor,
};

/// The most bytes that the text of the error itself has.
pub(crate) const MAX_MESSAGE: usize = 4_096;
/// The most bytes that the texts of its sources have together.
pub(crate) const MAX_SOURCE_TEXTS: usize = 3_072;
/// The most bytes that the name of a type has.
const MAX_TYPE: usize = 256;
/// The most bytes that a place has.
const MAX_LOCATION: usize = 512;
/// By how much more of a text is read than stays, so that no secret is cut in two, in bytes.
const MARGIN: usize = 256;
/// What stands in the place of an error that says nothing.
const NO_TEXT: &str = "(no text)";

/// Why a request, a job or an outgoing call failed: the texts of an error and of its sources, its type and its place,
/// at most 8 KiB in all.
///
/// The error's own code runs once, when this is made; a panic, a loop or a gigabyte in it becomes a mark or is cut. What
/// [`Finished`](crate::request::Finished) and [`ClientFinished`](crate::client::ClientFinished) hold is redacted as lines
/// and spans are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: Box<str>,
    /// Outermost first.
    sources: Vec<Box<str>>,
    type_name: Option<&'static str>,
    location: Option<Box<str>>,
}

// === impl Failure ===

impl Failure {
    /// Describes an error and at most 16 of its sources. For adapters.
    ///
    /// A source that says the same as the error around it is left out; an error that is among its own sources ends them.
    #[must_use]
    pub fn new<E: Error + ?Sized>(error: &E) -> Self {
        let mut failure = Self::of_text(error, type_name::<E>());
        if let Some(source) = guarded(|| error.source()).flatten() {
            failure.sources = texts_of(source, ptr::from_ref(error).cast(), &failure.message);
        }
        failure
    }

    /// Describes what a generic service or body fails with. For adapters.
    ///
    /// The sources are those of a boxed error or of an [`io::Error`]; of other types, the text by their alternate
    /// `Display` (`{:#}`), in which some libraries have them, and the name of the type are all that can be known.
    #[must_use]
    pub fn of_value<E: Display + 'static>(value: &E) -> Self {
        match as_error(value) {
            Some(error) => Self::new(error),
            None => Self::of_text(&format_args!("{value:#}"), type_name::<E>()),
        }
    }

    /// Describes what has no more to it than a text.
    #[must_use]
    pub fn of_text<D: Display + ?Sized>(text: &D, type_name: &'static str) -> Self {
        Self {
            message: text_of(text, MAX_MESSAGE),
            sources: Vec::new(),
            type_name: meaningful(type_name),
            location: None,
        }
    }

    /// Adds the name of the error's type, where that of a trait object was described. Names of trait objects and of
    /// texts are left out.
    #[must_use]
    pub fn with_type(mut self, type_name: &'static str) -> Self {
        self.type_name = meaningful(type_name).or(self.type_name);
        self
    }

    /// Adds the place where the error was handed over.
    #[must_use]
    pub fn at(mut self, location: &Location<'_>) -> Self {
        self.location = located(&location.to_string());
        self
    }

    /// Describes a panic; its place is empty if it is not known.
    pub(crate) fn of_panic(message: &str, location: &str) -> Self {
        Self {
            location: located(location),
            ..Self::of_text(message, error_type::PANIC)
        }
    }

    /// What the error says itself.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What its sources say, outermost first.
    #[must_use]
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sources.iter().map(|source| &**source)
    }

    pub(crate) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// What its sources say, outermost first, joined by `: `; `None` if it has none.
    #[must_use]
    pub fn chain(&self) -> Option<Cow<'_, str>> {
        match &*self.sources {
            [] => None,
            [only] => Some(Cow::Borrowed(only)),
            all => Some(Cow::Owned(all.join(": "))),
        }
    }

    /// The error and its sources, a line each; `None` if it has no sources.
    pub(crate) fn lines(&self) -> Option<String> {
        if self.sources.is_empty() {
            return None;
        }
        let mut lines = self.message.to_string();
        for source in &self.sources {
            lines.push_str("\ncaused by: ");
            lines.push_str(source);
        }
        Some(lines)
    }

    /// The name of its type, such as `shop::CardDeclined`, if it is known; `panic` for a panic. It may change with the
    /// compiler.
    #[must_use]
    pub fn type_name(&self) -> Option<&'static str> {
        self.type_name
    }

    /// Where it panicked, or where the error was handed over, as `file:line:column`, if that is known.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Whether it describes a panic.
    pub(crate) fn is_panic(&self) -> bool {
        self.type_name == Some(error_type::PANIC)
    }

    /// The same without secrets, within the limits.
    pub(crate) fn redacted(mut self, redactor: &Redactor) -> Self {
        cut(&mut self.message, redactor, MAX_MESSAGE);
        let mut room = MAX_SOURCE_TEXTS;
        self.sources.retain_mut(|source| {
            let has_room = room > 0;
            cut(source, redactor, room);
            room -= source.len();
            has_room
        });
        self
    }
}

/// The error in a value of any type, where that type tells.
fn as_error(value: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(error) = value.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        Some(&**error)
    } else if let Some(error) = value.downcast_ref::<Box<dyn Error + Send>>() {
        Some(&**error)
    } else if let Some(error) = value.downcast_ref::<Box<dyn Error>>() {
        Some(&**error)
    } else if let Some(error) = value.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(&**error)
    } else {
        value.downcast_ref::<io::Error>().map(|error| error as _)
    }
}

/// The texts of an error's sources, from this one on. `outer` is the address of the error around it, `message` its text.
fn texts_of(source: &(dyn Error + 'static), outer: *const (), message: &str) -> Vec<Box<str>> {
    let (mut texts, mut addresses) = (Vec::<Box<str>>::new(), vec![outer]);
    let mut room = MAX_SOURCE_TEXTS;
    for link in chain(source).take(MAX_SOURCES) {
        let text = text_of(link, room);
        let address = ptr::from_ref(link).cast();
        // Errors without a size share addresses, so the texts are compared too.
        let said = || [message].into_iter().chain(texts.iter().map(|text| &**text));
        if addresses.contains(&address) && said().any(|before| *before == *text) {
            break;
        }
        addresses.push(address);
        if said().last() != Some(&*text) {
            room = room.saturating_sub(text.len());
            texts.push(text);
        }
        if room == 0 {
            break;
        }
    }
    texts
}

/// What a value says, with what is read beyond `max`.
fn text_of<D: Display + ?Sized>(value: &D, max: usize) -> Box<str> {
    with_text(
        max + MARGIN,
        |out| out.display(value),
        |text, _| if text.is_empty() { NO_TEXT.into() } else { text.into() },
    )
}

/// Types of trait objects and of texts say nothing.
fn meaningful(type_name: &'static str) -> Option<&'static str> {
    const STARTS: [&str; 4] = ["dyn ", "alloc::boxed::Box<dyn ", "alloc::sync::Arc<dyn ", "&"];
    const WHOLE: [&str; 4] = ["", "str", "alloc::string::String", "core::fmt::Arguments"];
    let is_nameless = STARTS.iter().any(|start| type_name.starts_with(start)) || WHOLE.contains(&type_name);
    (!is_nameless).then(|| &type_name[..floor_char_boundary(type_name, MAX_TYPE)])
}

fn located(location: &str) -> Option<Box<str>> {
    let location = &location[..floor_char_boundary(location, MAX_LOCATION)];
    (!location.is_empty()).then(|| location.into())
}

fn cut(text: &mut Box<str>, redactor: &Redactor, max: usize) {
    let clean = redactor.text(text);
    let is_same = matches!(clean, Cow::Borrowed(_)) && clean.len() <= max;
    if !is_same {
        *text = clean[..floor_char_boundary(&clean, max)].into();
    }
}
