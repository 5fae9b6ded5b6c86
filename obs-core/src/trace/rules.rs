//! The rules for attributes of a span: no secrets, limited in number and length, each key once.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use opentelemetry::{
    Array, Key, KeyValue, StringValue, Value,
    trace::{Event, Link, SpanBuilder, Status},
};
use opentelemetry_sdk::trace::SpanData;

use super::{SCOPE, limited_span::Ending, limits::Limits};
use crate::{
    formatting::floor_char_boundary,
    names::{attribute, value::REDACTED},
    redact::Redactor,
};

/// By how much more than what stays of a text is read for secrets, so that none is cut in two, in bytes.
const MARGIN: usize = 512;
/// Up to how many attributes each is compared with each.
const FEW: usize = 64;

/// The rules of one instance.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) redactor: Arc<Redactor>,
    pub(super) limits: Limits,
    /// Whether spans are made by our own provider, whose pipeline sees them when they end.
    pub(super) is_own: bool,
}

// === impl Rules ===

impl Rules {
    /// Redacts and cuts the first attributes of a span of other code; dropped ones are reported at its end.
    pub(super) fn clean_builder(&self, builder: &mut SpanBuilder) -> Ending {
        let mut ending = Ending {
            is_cut: self.clean_name(&mut builder.name),
            ..Ending::default()
        };
        if let Some(attributes) = &mut builder.attributes {
            ending.is_cut |= self.clean_list(attributes, &mut ending.dropped_attributes, self.limits.attributes);
        }
        if let Some(events) = &mut builder.events {
            ending.dropped_events = to_u32(events.len().saturating_sub(self.limits.events));
            events.truncate(self.limits.events);
            ending.is_cut |= events
                .iter_mut()
                .fold(false, |is_cut, event| self.clean_event(event) | is_cut);
        }
        ending
    }

    /// Cuts what a span begins with whose attributes obs itself has made: they hold no secrets.
    pub(super) fn cut_builder(&self, builder: &mut SpanBuilder) -> Ending {
        let Some(attributes) = &mut builder.attributes else {
            return Ending::default();
        };
        let is_cut = self.cut(attributes);
        Ending {
            is_cut,
            dropped_attributes: cap(attributes, self.limits.attributes),
            ..Ending::default()
        }
    }

    /// Redacts and cuts a span that was made past us, when it ends.
    fn clean_span(&self, span: &mut SpanData) -> bool {
        let mut is_cut = self.clean_name(&mut span.name) | self.clean(&mut span.attributes);
        let spare = span.events.events.len().saturating_sub(self.limits.events);
        span.events.events.truncate(self.limits.events);
        span.events.dropped_count = span.events.dropped_count.saturating_add(to_u32(spare));
        for event in &mut span.events.events {
            is_cut |= self.clean_event(event);
        }
        for Link {
            attributes,
            dropped_attributes_count,
            ..
        } in &mut span.links.links
        {
            is_cut |= self.clean_list(attributes, dropped_attributes_count, self.limits.link_attributes);
        }
        let status = std::mem::take(&mut span.status);
        span.status = self.clean_status(status);
        is_cut
    }

    /// Completes a span of the SDK that has ended.
    pub(super) fn finish(&self, span: &mut SpanData, ending: Option<Ending>, has_unique_keys: bool) {
        let mut is_cut = false;
        if let Some(Ending {
            attributes,
            dropped_attributes,
            dropped_events,
            is_cut: was_cut,
        }) = ending
        {
            span.attributes.extend(attributes);
            span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(dropped_attributes);
            span.events.dropped_count = span.events.dropped_count.saturating_add(dropped_events);
            is_cut = was_cut;
        }
        if span.instrumentation_scope.name() != SCOPE {
            is_cut |= self.clean_span(span);
        }
        self.complete(span, is_cut, has_unique_keys);
    }

    /// Completes a span whose attributes are there: each key once, within the limit, with a mark if something was cut.
    pub(super) fn complete(&self, span: &mut SpanData, is_cut: bool, has_unique_keys: bool) {
        if is_cut {
            span.attributes.push(KeyValue::new(attribute::OBS_TRUNCATED, true));
        }
        if !has_unique_keys || is_cut {
            overwrite_repeated(&mut span.attributes);
        }
        let dropped = cap(&mut span.attributes, self.limits.attributes);
        span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(dropped);
    }

    pub(super) fn clean_event(&self, event: &mut Event) -> bool {
        let list = &mut event.attributes;
        let is_cut = self.clean_list(list, &mut event.dropped_attributes_count, self.limits.event_attributes);
        self.clean_name(&mut event.name) | is_cut
    }

    pub(super) fn clean_list(&self, attributes: &mut Vec<KeyValue>, dropped: &mut u32, limit: usize) -> bool {
        let is_cut = self.clean(attributes);
        overwrite_repeated(attributes);
        *dropped = dropped.saturating_add(cap(attributes, limit));
        is_cut
    }

    /// Redacts and cuts attributes of other code. True if something was cut.
    pub(super) fn clean(&self, attributes: &mut [KeyValue]) -> bool {
        attributes.iter_mut().fold(false, |is_cut, attribute| {
            let is_closing = is_closing(&attribute.key);
            self.clean_attribute(attribute, is_closing) | is_cut
        })
    }

    pub(super) fn clean_attribute(&self, attribute: &mut KeyValue, is_closing: bool) -> bool {
        // Each request sets some of ours at its end, and they name no secrets: `status_code` ends like a dozen that do.
        if !is_closing && self.redactor.is_sensitive(attribute.key.as_str()) {
            attribute.value = REDACTED.into();
            return false;
        }
        self.clean_value(&mut attribute.value, Some(&self.redactor))
    }

    /// Cuts attributes that contain no secrets. Returns whether any was cut.
    pub(super) fn cut(&self, attributes: &mut [KeyValue]) -> bool {
        let limit = self.limits.value;
        let is_long = |attribute: &&mut KeyValue| match &attribute.value {
            Value::String(text) => text.as_str().len() > limit,
            Value::Array(_) => true,
            _ => false,
        };
        let long = attributes.iter_mut().filter(is_long);
        long.fold(false, |is_cut, attribute| {
            self.clean_value(&mut attribute.value, None) | is_cut
        })
    }

    fn clean_value(&self, value: &mut Value, redactor: Option<&Redactor>) -> bool {
        let limit = self.limits.value;
        match value {
            Value::String(text) => clean_string(text, limit, redactor),
            Value::Array(Array::String(texts)) => clean_strings(texts, limit, redactor),
            Value::Array(Array::Bool(list)) => shorten(list, limit),
            Value::Array(Array::I64(list)) => shorten(list, limit / size_of::<i64>()),
            Value::Array(Array::F64(list)) => shorten(list, limit / size_of::<f64>()),
            _ => false,
        }
    }

    pub(super) fn clean_name(&self, name: &mut Cow<'static, str>) -> bool {
        let is_cut = name.len() > self.limits.value;
        if let Some(clean) = shortened(name, self.limits.value, Some(&self.redactor)) {
            *name = clean.into();
        }
        is_cut
    }

    pub(super) fn clean_status(&self, status: Status) -> Status {
        match status {
            Status::Error { mut description } if !description.is_empty() => {
                self.clean_name(&mut description);
                Status::Error { description }
            }
            other => other,
        }
    }
}

fn clean_string(text: &mut StringValue, limit: usize, redactor: Option<&Redactor>) -> bool {
    let is_cut = text.as_str().len() > limit;
    if let Some(clean) = shortened(text.as_str(), limit, redactor) {
        *text = clean.into();
    }
    is_cut
}

/// The text without secrets and cut to `limit` bytes; none if it can stay as it is.
fn shortened(text: &str, limit: usize, redactor: Option<&Redactor>) -> Option<String> {
    let read = &text[..floor_char_boundary(text, limit.saturating_add(MARGIN))];
    let mut clean = match redactor.map_or(Cow::Borrowed(read), |redactor| redactor.text(read)) {
        Cow::Borrowed(clean) if text.len() <= limit => {
            debug_assert_eq!(clean, text);
            return None;
        }
        Cow::Borrowed(clean) => return Some(clean[..floor_char_boundary(clean, limit)].to_owned()),
        Cow::Owned(clean) => clean,
    };
    clean.truncate(floor_char_boundary(&clean, limit));
    Some(clean)
}

/// At most `limit` texts, with `limit` bytes together.
fn clean_strings(texts: &mut Vec<StringValue>, limit: usize, redactor: Option<&Redactor>) -> bool {
    let mut is_cut = shorten(texts, limit);
    let mut room = limit;
    for text in texts {
        is_cut |= clean_string(text, room, redactor);
        room = room.saturating_sub(text.as_str().len());
    }
    is_cut
}

fn shorten<T>(list: &mut Vec<T>, limit: usize) -> bool {
    let is_cut = list.len() > limit;
    list.truncate(limit);
    is_cut
}

/// Keys that obs itself sets on its spans, most of them at the end: they have room whatever else there is. Those that
/// a span may have from its start come first.
const CLOSING: [&str; 10] = [
    attribute::HTTP_REQUEST_METHOD,
    attribute::URL_PATH,
    attribute::RPC_SYSTEM_NAME,
    attribute::RPC_METHOD,
    attribute::OBS_KEPT,
    attribute::HTTP_ROUTE,
    attribute::HTTP_RESPONSE_STATUS_CODE,
    attribute::ERROR_TYPE,
    attribute::RPC_RESPONSE_STATUS_CODE,
    attribute::OBS_TRUNCATED,
];

/// A bit for each of those that a span may have from its start.
pub(super) const AT_START: u16 = 0b1_1111;

pub(super) fn is_closing(key: &Key) -> bool {
    closing_index(key).is_some()
}

/// Which of the [closing](CLOSING) keys it is.
#[inline]
pub(super) fn closing_index(key: &Key) -> Option<u8> {
    let key = key.as_str();
    (0_u8..)
        .zip(CLOSING)
        .find_map(|(index, known)| (known == key).then_some(index))
}

/// Of attributes with one key, the last stays.
fn overwrite_repeated(attributes: &mut Vec<KeyValue>) {
    if !may_repeat(attributes) {
        return;
    }
    let mut known = HashSet::with_capacity(attributes.len());
    let is_last: Vec<bool> = attributes
        .iter()
        .rev()
        .map(|attribute| known.insert(attribute.key.clone()))
        .collect();
    let mut is_last = is_last.into_iter().rev();
    attributes.retain(|_| is_last.next().unwrap_or(true));
}

/// Whether two of few attributes have the same key; of many it may be.
fn may_repeat(attributes: &[KeyValue]) -> bool {
    if attributes.len() > FEW {
        return true;
    }
    // One bit for each key, so that most are known to be new without a search.
    let mut seen = 0_u64;
    attributes.iter().enumerate().any(|(at, attribute)| {
        let key = attribute.key.as_str();
        let bit = bit(key.as_bytes());
        let is_known = seen & bit != 0 && attributes[..at].iter().any(|other| other.key.as_str() == key);
        seen |= bit;
        is_known
    })
}

fn bit(key: &[u8]) -> u64 {
    let (first, last) = (key.first().copied().unwrap_or(0), key.last().copied().unwrap_or(0));
    let middle = key.get(key.len() / 2).copied().unwrap_or(0);
    let mix = key.len().wrapping_mul(7) ^ usize::from(first) ^ (usize::from(middle) * 11) ^ (usize::from(last) * 3);
    1 << (mix & 63)
}

/// Leaves `limit` attributes, those of our own among them; says how many went.
fn cap(attributes: &mut Vec<KeyValue>, limit: usize) -> u32 {
    let count = attributes.len();
    if count <= limit {
        return 0;
    }
    let closing = attributes.iter().filter(|attribute| is_closing(&attribute.key)).count();
    let mut others = limit.saturating_sub(closing);
    attributes.retain(|attribute| {
        let stays = is_closing(&attribute.key) || others > 0;
        if stays && !is_closing(&attribute.key) {
            others -= 1;
        }
        stays
    });
    attributes.truncate(limit);
    to_u32(count - attributes.len())
}

pub(super) fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
