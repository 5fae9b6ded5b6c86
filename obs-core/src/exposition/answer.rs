//! The answer to a scrape.

use obs_base::token::Admission;

use super::{Exposition, PageRequest, PageResponse, Source, queue::Producer, request::Wanted};
use crate::metrics::{Filter, Format, Target};

/// A scrape that is to be answered with a page.
pub(crate) struct Scrape {
    queue: Producer,
    wanted: Wanted,
    source: Source,
}

// === impl Exposition ===

impl Exposition {
    /// The requested page, or the response if it is not a page. The page is that of `source`, if it is given,
    /// in place of the registry of `target`.
    pub(crate) fn scrape(
        &self,
        request: &PageRequest<'_>,
        source: Option<&Source>,
        target: &Target,
    ) -> Result<Scrape, PageResponse> {
        let (wanted, source) = self.decide(request, source, target)?;
        let queue = self.queue.producer();
        Ok(Scrape { queue, wanted, source })
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
    /// The page, once it is written; it shows what was recorded before this is polled.
    pub(crate) async fn answer(self) -> PageResponse {
        let Self { queue, wanted, source } = self;
        match queue.join(wanted.clone(), source).await {
            Ok(body) => PageResponse::page(&wanted, body),
            Err(why) => PageResponse::unavailable(why),
        }
    }
}
