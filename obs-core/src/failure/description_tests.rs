//! What a failure says, whatever the error does.

use std::{error::Error, fmt, io, panic::Location, panic::resume_unwind, sync::Arc};

use super::{Failure, description::MAX_MESSAGE, description::MAX_SOURCE_TEXTS};
use crate::{guard::PANICKED, redact::Redactor};

/// An error with a text and a source.
#[derive(Debug)]
struct Link(String, Option<Box<dyn Error + Send + Sync>>);

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_ref().map(|source| &**source as _)
    }
}

fn chain(texts: &[&str]) -> Link {
    let (first, rest) = texts.split_first().unwrap();
    Link(
        (*first).to_owned(),
        (!rest.is_empty()).then(|| Box::new(chain(rest)) as _),
    )
}

fn sources(failure: &Failure) -> Vec<&str> {
    failure.sources().collect()
}

/// Does something odd when it is looked at.
#[derive(Debug)]
enum Odd {
    Ring,
    Panics,
    Endless,
    Silent,
    DescribesItself,
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring => f.write_str("ring"),
            Self::Panics => resume_unwind(Box::new("on purpose")),
            Self::Endless => loop {
                f.write_str("more ")?;
            },
            Self::Silent => Ok(()),
            Self::DescribesItself => f.write_str(Failure::new(self).message()),
        }
    }
}

impl Error for Odd {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Ring => Some(self),
            Self::Panics => resume_unwind(Box::new("on purpose")),
            Self::Endless | Self::Silent | Self::DescribesItself => None,
        }
    }
}

#[test]
fn an_error_is_described_with_its_sources_and_its_type() {
    let failure = Failure::new(&chain(&["order not placed", "card declined", "timeout"]));
    assert_eq!(failure.message(), "order not placed");
    assert_eq!(sources(&failure), ["card declined", "timeout"]);
    assert_eq!(failure.chain().as_deref(), Some("card declined: timeout"));
    assert_eq!(
        failure.lines().as_deref(),
        Some("order not placed\ncaused by: card declined\ncaused by: timeout")
    );
    assert!(failure.type_name().unwrap().ends_with("description_tests::Link"));
    assert_eq!(failure.location(), None);
    let place = Location::caller();
    assert_eq!(failure.at(place).location(), Some(&*place.to_string()));
}

#[test]
fn a_source_that_repeats_the_error_around_it_is_left_out() {
    let failure = Failure::new(&chain(&["refused", "refused", "by peer", "by peer", "refused"]));
    assert_eq!(sources(&failure), ["by peer", "refused"]);
}

#[test]
fn names_of_trait_objects_and_of_texts_are_no_types() {
    let boxed: Box<dyn Error + Send + Sync> = "text".into();
    assert_eq!(Failure::new(&*boxed).type_name(), None);
    assert_eq!(Failure::of_value(&boxed).type_name(), None);
    assert_eq!(Failure::of_value(&"text").type_name(), None);
    assert_eq!(Failure::of_value(&String::from("text")).type_name(), None);
    assert_eq!(
        Failure::new(&*boxed).with_type("shop::Declined").type_name(),
        Some("shop::Declined")
    );
    assert_eq!(Failure::of_value(&fmt::Error).type_name(), Some("core::fmt::Error"));
}

#[test]
fn the_sources_of_boxed_errors_are_seen_in_values_of_any_type() {
    let error = || chain(&["outer", "inner"]);
    for failure in [
        Failure::of_value::<Box<dyn Error + Send + Sync>>(&error().into()),
        Failure::of_value::<Box<dyn Error + Send>>(&(Box::new(error()) as _)),
        Failure::of_value::<Box<dyn Error>>(&error().into()),
        Failure::of_value::<Arc<dyn Error + Send + Sync>>(&(Arc::new(error()) as _)),
    ] {
        assert_eq!((failure.message(), sources(&failure)), ("outer", vec!["inner"]));
    }
    // The `source` of an `io::Error` is that of the error in it.
    let io = Failure::of_value(&io::Error::other(error()));
    assert_eq!((io.message(), sources(&io)), ("outer", vec!["inner"]));
    assert_eq!(Failure::of_value(&error()).message(), "outer");
}

#[test]
fn hostile_errors_come_to_an_end() {
    let of = |odd: &Odd| {
        let failure = Failure::new(odd);
        let sources = failure.sources().map(str::to_owned).collect::<Vec<_>>();
        (failure.message().to_owned(), sources)
    };
    assert_eq!(of(&Odd::Ring), ("ring".to_owned(), vec![]));
    assert_eq!(of(&Odd::Panics), (PANICKED.to_owned(), vec![]));
    assert_eq!(of(&Odd::Silent), ("(no text)".to_owned(), vec![]));
    assert!(of(&Odd::Endless).0.starts_with("more more"));
    assert!(of(&Odd::DescribesItself).0.contains("while formatting"));
}

#[test]
fn a_failure_is_bounded_in_bytes_whatever_its_error_says() {
    let long = "ä".repeat(1 << 20);
    let texts: Vec<String> = (0..40).map(|n| format!("{n}{long}")).collect();
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    let raw = Failure::new(&chain(&texts)).at(Location::caller());
    let failure = raw.clone().redacted(Redactor::usual());
    for failure in [raw, failure.clone()] {
        let bytes = failure.message().len() + failure.sources().map(str::len).sum::<usize>();
        assert!(bytes <= 8_192, "{bytes}");
    }
    assert!(failure.message().len() <= MAX_MESSAGE && failure.message().len() > MAX_MESSAGE - 2);
    assert!(failure.sources().map(str::len).sum::<usize>() <= MAX_SOURCE_TEXTS);
    let many = vec!["x y"; 3_000];
    let mut numbered = many.iter().enumerate().map(|(n, _)| n.to_string()).collect::<Vec<_>>();
    numbered.truncate(100);
    let failure = Failure::new(&chain(&numbered.iter().map(|text| &**text).collect::<Vec<_>>()));
    assert_eq!(failure.sources().len(), 16);
}

#[test]
fn secrets_are_redacted_in_every_text_even_where_it_is_cut() {
    let redactor = Redactor::with(["iban"]);
    let failure = Failure::new(&chain(&[
        "GET https://ann:hunter2@shop/?token=abc123 failed",
        "iban=DE02120300000000202051",
    ]))
    .redacted(&redactor);
    let text = format!("{failure:?}");
    assert!(
        !text.contains("hunter2") && !text.contains("abc123") && !text.contains("DE02"),
        "{text}"
    );
    let at_the_cut = format!("{}https://ann:hunter2@shop/", "x ".repeat(MAX_MESSAGE / 2 - 8));
    let failure = Failure::new(&chain(&[&at_the_cut])).redacted(&redactor);
    assert!(
        !failure.message().contains("hunter") && failure.message().len() <= MAX_MESSAGE,
        "{}",
        failure.message()
    );
}
