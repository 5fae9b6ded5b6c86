//! The answer to a scrape.

use super::{Exposition, PageRequest, PageResponse, Source, queue::Pending, request::Wanted, token::Admission};
use crate::metrics::{Filter, Format, Target};

/// The page that a scrape waits for.
pub(crate) struct Scrape {
    wanted: Wanted,
    pending: Pending,
}

// === impl Exposition ===

impl Exposition {
    /// The page that `request` asks for, and what has it written; or the answer, if that is not a page. What is shown
    /// is `source`, if it is given, in place of the registry of `target`.
    ///
    /// Nothing is written before the first of both is called.
    pub(crate) fn scrape(
        &self,
        request: &PageRequest<'_>,
        source: Option<&Source>,
        target: &Target,
    ) -> Result<(impl FnOnce() + use<>, Scrape), PageResponse> {
        let (wanted, source) = self.decide(request, source, target)?;
        let (start, pending) = self.queue.defer(wanted.clone(), source);
        Ok((start, Scrape { wanted, pending }))
    }

    fn decide(
        &self,
        request: &PageRequest<'_>,
        source: Option<&Source>,
        target: &Target,
    ) -> Result<(Wanted, Source), PageResponse> {
        if let Some(token) = &self.token {
            let admission = token.admits(request.headers.get("authorization"));
            if admission != Admission::Granted {
                return Err(PageResponse::unauthorized(admission));
            }
        }
        if !matches!(request.method, "GET" | "HEAD") {
            return Err(PageResponse::method_not_allowed());
        }
        let wanted = request.wanted();
        match (source, target) {
            (Some(source), _) => Ok((
                Wanted {
                    format: Format::Text,
                    filter: Filter::default(),
                    ..wanted
                },
                source.clone(),
            )),
            (None, Target::Own(registry)) => Ok((wanted, Source::Registry(registry.clone()))),
            (None, Target::Facade(_)) => Err(PageResponse::elsewhere()),
        }
    }
}

// === impl Scrape ===

impl Scrape {
    /// The page, once it is written.
    pub(crate) async fn answer(self) -> PageResponse {
        match self.pending.await {
            Ok(body) => PageResponse::page(&self.wanted, body),
            Err(why) => PageResponse::unavailable(why),
        }
    }
}
