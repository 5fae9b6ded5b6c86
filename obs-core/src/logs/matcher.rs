//! What the directives of a filter let through: targets and their levels, with the feature `span-filter` also spans.

use tracing_core::{
    LevelFilter, Metadata,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
#[cfg(feature = "span-filter")]
use tracing_subscriber::EnvFilter;
use tracing_subscriber::{
    filter::Targets,
    layer::{Context, Filter},
};

/// The beginning of the part of a directive that names a span or its fields.
const SPAN: char = '[';

/// Directives that have been read.
#[derive(Debug)]
pub(super) enum Matcher {
    /// Levels of targets alone, which is all that most services have.
    Targets(Targets),
    /// Spans and their fields too. Compiles regular expressions, hence the feature.
    #[cfg(feature = "span-filter")]
    Spans(Box<EnvFilter>),
}

/// Whether a directive names a span or its fields, as in `target[span{field=value}]=level`.
pub(super) fn names_span(directive: &str) -> bool {
    directive.contains(SPAN)
}

// === impl Matcher ===

impl Matcher {
    /// Events of this level, and less verbose ones, of all targets.
    pub(super) fn all(level: LevelFilter) -> Self {
        Self::Targets(Targets::new().with_default(level))
    }

    /// Reads directives that are separated by commas, without blanks around them.
    ///
    /// # Errors
    ///
    /// Says which one is malformed.
    pub(super) fn read(directives: &str) -> Result<Self, String> {
        #[cfg(feature = "span-filter")]
        if names_span(directives) {
            let filter = EnvFilter::builder().parse(directives);
            return filter
                .map(|filter| Self::Spans(Box::new(filter)))
                .map_err(|error| error.to_string());
        }
        let targets = directives.split(',').try_fold(Targets::new(), |targets, directive| {
            let (target, level) = parsed(directive).ok_or_else(|| malformed(directive))?;
            Ok::<_, String>(match target {
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            })
        })?;
        Ok(Self::Targets(targets))
    }
}

/// What is said of a directive that can't be read.
fn malformed(directive: &str) -> String {
    format!("{directive:?} is neither a level (off, error, warn, info, debug, trace) nor a target with one")
}

/// A level, a target, or a target and its level, as `EnvFilter` reads them: a target alone has all levels.
fn parsed(directive: &str) -> Option<(Option<&str>, LevelFilter)> {
    let starts = |c: char| c.is_alphanumeric() || "-:_".contains(c);
    if !directive.starts_with(starts) || names_span(directive) {
        return None;
    }
    match directive.split_once('=') {
        Some((target, "")) => Some((Some(target), LevelFilter::TRACE)),
        Some((target, level)) => Some((Some(target), level.parse().ok()?)),
        None => Some(
            directive
                .parse()
                .map_or((Some(directive), LevelFilter::TRACE), |level| (None, level)),
        ),
    }
}

/// Calls what the directives of either kind have.
macro_rules! with_filter {
    ($matcher:expr, $filter:ident => $call:expr) => {
        match $matcher {
            Matcher::Targets($filter) => $call,
            #[cfg(feature = "span-filter")]
            Matcher::Spans($filter) => {
                let $filter = &**$filter;
                $call
            }
        }
    };
}

impl<S> Filter<S> for Matcher {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        with_filter!(self, filter => Filter::<S>::enabled(filter, metadata, context))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        with_filter!(self, filter => Filter::<S>::callsite_enabled(filter, metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        with_filter!(self, filter => Filter::<S>::max_level_hint(filter))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        with_filter!(self, filter => Filter::<S>::on_new_span(filter, attributes, id, context));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        with_filter!(self, filter => Filter::<S>::on_record(filter, id, values, context));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        with_filter!(self, filter => Filter::<S>::on_enter(filter, id, context));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        with_filter!(self, filter => Filter::<S>::on_exit(filter, id, context));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        with_filter!(self, filter => Filter::<S>::on_close(filter, id, context));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_directive_is_named() {
        for bad in ["=info", "*", "shop=loud", "a=b=info", "shop=", "{shop}", "shop = info"] {
            let read = Matcher::read(&format!("info,{bad},hyper=off"));
            if bad == "shop=" {
                assert!(read.is_ok());
            } else {
                assert_eq!(read.unwrap_err(), malformed(bad));
            }
        }
    }

    #[cfg(feature = "span-filter")]
    mod beside_env_filter {
        use proptest::prelude::*;
        use tracing_subscriber::Registry;

        use super::*;
        use crate::logs::filter::REQUEST_CALLSITES;

        fn levels<F: Filter<Registry>>(filter: &F) -> Vec<bool> {
            let enabled = |metadata| filter.callsite_enabled(metadata).is_always();
            REQUEST_CALLSITES
                .iter()
                .map(|callsite| enabled(&callsite.metadata))
                .collect()
        }

        #[test]
        fn only_directives_for_spans_take_the_filter_that_knows_them() {
            assert!(matches!(Matcher::read("info,shop=debug"), Ok(Matcher::Targets(_))));
            assert!(matches!(
                Matcher::read("info,shop[order{id=7}]=debug"),
                Ok(Matcher::Spans(_))
            ));
            assert!(Matcher::read("info,shop[order").is_err());
        }

        proptest! {
            #[test]
            fn directives_mean_what_they_mean_to_env_filter(
                parts in prop::collection::vec(
                    "(o|ob|obs|obs::|obs::request|obs::x|x|-|:|_|é|0|[a-z =:]{1,4}|info|WARN|off|3)?=?(debug|Info|off|4|TRACE|x)?",
                    1..4,
                )
            ) {
                let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
                prop_assume!(!parts.is_empty());
                let text = parts.join(",");
                match (Matcher::read(&text), EnvFilter::builder().parse(&text)) {
                    (Ok(ours), Ok(theirs)) => {
                        prop_assert!(matches!(ours, Matcher::Targets(_)));
                        prop_assert_eq!(levels(&ours), levels(&theirs), "{}", text);
                        prop_assert_eq!(
                            Filter::<Registry>::max_level_hint(&ours),
                            Filter::<Registry>::max_level_hint(&theirs),
                            "{}", text
                        );
                    }
                    (ours, theirs) => prop_assert_eq!(ours.is_err(), theirs.is_err(), "{}", text),
                }
            }
        }
    }
}
