//! What the lines of one route, status and outcome have in common.
//!
//! A line has some twenty fields, but most of them are the same each time: they are put together once
//! and copied from then on, three pieces in place of thirty.

use obs_conventions::Outcome;
use tracing_core::Level;

use super::{
    escape::{Escaping, push_escaped},
    json::{key, level_part, push_plain, text_key},
    line_buffer::Sink as _,
    value::push_count,
};
use crate::names::log;

/// The most bytes that an endpoint has, each of the two times it is written.
pub(super) const MAX_ENDPOINT: usize = 2 * 1_024;
/// How many a thread keeps.
const SLOTS: usize = 64;
/// Neighbouring slots that one may be in.
const WAYS: usize = 2;
/// What is larger than this is made anew each time: a thread shall not keep much.
const MAX_KEPT: usize = 2 * 1_024;

/// The pieces of a line, made for what they were made of.
#[derive(Debug, Default)]
pub(super) struct LineTemplate {
    key: Option<TemplateKey>,
    endpoint: String,
    /// From the stamp to the request's id, all three pieces with the punctuation at their ends.
    pub(super) head: Vec<u8>,
    /// From the ids to the path.
    pub(super) place: Vec<u8>,
    /// From the path to the duration.
    pub(super) result: Vec<u8>,
    /// Whether the endpoint was cut.
    pub(super) is_truncated: bool,
}

/// What a template is made of, beside the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TemplateKey {
    /// The id of the service, unique in the process.
    pub(super) output: u64,
    pub(super) level: Level,
    pub(super) method: &'static str,
    pub(super) status: u16,
    pub(super) grpc_status: Option<&'static str>,
    pub(super) outcome: Outcome,
}

/// The templates of a thread.
#[derive(Debug, Default)]
pub(super) struct LineTemplates {
    kept: Vec<LineTemplate>,
    /// The next way to evict.
    victim: usize,
}

// === impl LineTemplates ===

impl LineTemplates {
    /// The template of a line. `origin` is what says where a line is from, of the service with the number
    /// `key.output`.
    #[inline]
    pub(super) fn of(&mut self, key: TemplateKey, origin: &[u8], endpoint: &str) -> &LineTemplate {
        let start = key.slot(endpoint);
        let is = |at: &usize| self.kept.get(*at).is_some_and(|kept| kept.is(&key, endpoint));
        let at = match (start..start + WAYS).find(is) {
            Some(at) => at,
            None => self.make(key, origin, endpoint),
        };
        &self.kept[at]
    }

    #[cold]
    fn make(&mut self, key: TemplateKey, origin: &[u8], endpoint: &str) -> usize {
        // The last slot is for templates that are not cached.
        self.kept.resize_with(SLOTS + 1, LineTemplate::default);
        let template = LineTemplate::new(key, origin, endpoint);
        let at = if template.size() > MAX_KEPT {
            SLOTS
        } else {
            self.free(key.slot(endpoint))
        };
        self.kept[at] = template;
        at
    }

    fn free(&mut self, start: usize) -> usize {
        let free = (start..start + WAYS).find(|at| self.kept[*at].key.is_none());
        free.unwrap_or_else(|| {
            self.victim = (self.victim + 1) % WAYS;
            start + self.victim
        })
    }
}

// === impl TemplateKey ===

impl TemplateKey {
    /// Where to look: by the address of the endpoint, which is that of its route.
    #[inline]
    fn slot(&self, endpoint: &str) -> usize {
        let address = endpoint.as_ptr() as usize;
        let mixed = (address >> 4) ^ (address >> 11) ^ usize::from(self.status) ^ (self.method.len() << 3);
        mixed % (SLOTS / WAYS) * WAYS
    }
}

// === impl LineTemplate ===

impl LineTemplate {
    fn new(key: TemplateKey, origin: &[u8], endpoint: &str) -> Self {
        let mut escaped = Vec::new();
        let whole = push_escaped(&mut escaped, endpoint, MAX_ENDPOINT, Escaping::Json);
        let mut digits = Vec::new();
        push_count(&mut digits, key.status.into());

        // `GET /orders/{id} 200`, or `POST shop.Orders/Get NOT_FOUND`.
        let mut head = [level_part(key.level), key.method.as_bytes(), b" ", &escaped, b" "].concat();
        head.put_all(key.grpc_status.map_or(&digits, str::as_bytes));
        head.put_all(origin);
        head.put(text_key!(log::REQUEST_ID));

        let mut place = Vec::new();
        push_plain(&mut place, text_key!(log::METHOD), key.method.as_bytes());
        push_plain(&mut place, text_key!(log::ENDPOINT), &escaped);

        let mut result = [key!(log::STATUS), &digits[..]].concat();
        if let Some(status) = key.grpc_status {
            push_plain(&mut result, text_key!(log::GRPC_STATUS), status.as_bytes());
        }
        push_plain(&mut result, text_key!(log::OUTCOME), key.outcome.as_str().as_bytes());
        result.put(text_key!(log::DURATION));
        Self {
            key: Some(key),
            endpoint: endpoint.to_owned(),
            head,
            place,
            result,
            is_truncated: !whole,
        }
    }

    #[inline]
    fn is(&self, key: &TemplateKey, endpoint: &str) -> bool {
        self.key.as_ref() == Some(key) && self.endpoint == *endpoint
    }

    fn size(&self) -> usize {
        self.endpoint.len() + self.head.len() + self.place.len() + self.result.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &[u8] = b"\",\"service\":\"shop\"";

    fn answer(status: u16) -> TemplateKey {
        let outcome = Outcome::of_status(status);
        TemplateKey {
            output: 0,
            level: Level::INFO,
            method: "GET",
            status,
            grpc_status: None,
            outcome,
        }
    }

    fn text(template: &LineTemplate) -> String {
        let LineTemplate {
            head, place, result, ..
        } = template;
        String::from_utf8([&head[..], place, result].join(&b'|')).unwrap()
    }

    #[test]
    fn it_has_all_that_stays_the_same() {
        let mut templates = LineTemplates::default();
        assert_eq!(
            text(templates.of(answer(404), ORIGIN, "/orders/{id}")),
            r#"","level":"info","severity":"INFO","message":"GET /orders/{id} 404","service":"shop","request_id":"|,"method":"GET","endpoint":"/orders/{id}"|,"status":404,"outcome":"client_error","duration":""#
        );
        let call = TemplateKey {
            grpc_status: Some("NOT_FOUND"),
            ..answer(200)
        };
        assert_eq!(
            text(templates.of(call, ORIGIN, "shop.Orders/Get")),
            r#"","level":"info","severity":"INFO","message":"GET shop.Orders/Get NOT_FOUND","service":"shop","request_id":"|,"method":"GET","endpoint":"shop.Orders/Get"|,"status":200,"grpc_status":"NOT_FOUND","outcome":"ok","duration":""#
        );
    }

    #[test]
    fn an_address_that_comes_back_with_another_text_gets_its_own() {
        let mut templates = LineTemplates::default();
        let mut endpoint = String::from("/first/{id}");
        let before = text(templates.of(answer(200), ORIGIN, &endpoint));
        endpoint.replace_range(1..6, "other");
        let after = text(templates.of(answer(200), ORIGIN, &endpoint));
        assert_eq!(before.replace("first", "other"), after);
    }

    #[test]
    fn whatever_differs_makes_another() {
        let mut templates = LineTemplates::default();
        let usual = answer(200);
        let of = |templates: &mut LineTemplates, key: TemplateKey| {
            text(templates.of(key, if key.output == 0 { ORIGIN } else { b"" }, "/orders"))
        };
        let lines = [
            usual,
            TemplateKey {
                level: Level::ERROR,
                ..usual
            },
            TemplateKey {
                method: "POST",
                ..usual
            },
            TemplateKey { status: 201, ..usual },
            TemplateKey {
                grpc_status: Some("OK"),
                ..usual
            },
            TemplateKey {
                outcome: Outcome::Aborted,
                ..usual
            },
        ];
        let mut texts: Vec<String> = lines.iter().map(|line| of(&mut templates, *line)).collect();
        texts.push(of(&mut templates, TemplateKey { output: 1, ..usual }));
        let again: Vec<String> = lines.iter().map(|line| of(&mut templates, *line)).collect();
        assert_eq!(texts[..6], again);
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 7);
    }

    #[test]
    fn a_thread_keeps_so_many_and_nothing_large() {
        let mut templates = LineTemplates::default();
        let endpoints: Vec<String> = (0..1_000).map(|n| format!("/routes/{n}")).collect();
        for endpoint in &endpoints {
            assert!(text(templates.of(answer(200), ORIGIN, endpoint)).contains(&format!("GET {endpoint} 200")));
        }
        let long = "é".repeat(MAX_ENDPOINT);
        let template = templates.of(answer(200), ORIGIN, &long);
        assert!(template.is_truncated && template.place.len() < MAX_ENDPOINT + 64);
        templates.of(answer(200), ORIGIN, "/small");
        assert_eq!(templates.kept.len(), SLOTS + 1);
        assert!(templates.kept[..SLOTS].iter().all(|kept| kept.size() <= MAX_KEPT));
    }
}
