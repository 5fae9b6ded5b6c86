//! The services that are read.

use std::{thread, time::Instant};

use crate::{
    client::{Address, Answer, ClientError, Console, Query, Target, Token},
    metrics_page::{Page, between},
    model::{EndpointRow, Overview},
};

/// A service; what answers there is found out on the first reading that succeeds.
#[derive(Debug)]
pub(super) struct Source {
    address: Address,
    token: Option<Token>,
    last: String,
    target: Option<Target>,
    /// The reading of a metrics page before.
    before: Option<Page>,
}

/// What a service has said.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) service: String,
    pub(super) rows: Vec<EndpointRow>,
    /// With a console.
    pub(super) overview: Option<Overview>,
    /// Whether it is the first one of a metrics page, which has no rates.
    pub(super) is_first: bool,
}

// === impl Source ===

impl Source {
    pub(super) fn new(address: Address, token: Option<Token>, last: &str) -> Self {
        Self {
            address,
            token,
            last: last.to_owned(),
            target: None,
            before: None,
        }
    }

    pub(super) fn read(&mut self) -> Result<Reading, ClientError> {
        let target = if let Some(target) = &self.target {
            target.clone()
        } else {
            let target = Target::find(&self.address, self.token.clone())?;
            self.target.insert(target).clone()
        };
        match target {
            Target::Console(console) => self.overview(&console),
            Target::Metrics(transport, page) => {
                let body = transport.page(&page)?;
                let text = String::from_utf8_lossy(&body.bytes);
                Ok(self.page(&text, Instant::now()))
            }
        }
    }

    fn overview(&self, console: &Console) -> Result<Reading, ClientError> {
        let query = Query::default().and("last", self.last.as_str());
        let answer: Answer<Overview> = console.ask(&["overview"], &query)?;
        Ok(Reading {
            service: answer.envelope.service.name.clone(),
            rows: answer.data.endpoints.clone(),
            overview: Some(answer.data),
            is_first: false,
        })
    }

    pub(super) fn page(&mut self, text: &str, at: Instant) -> Reading {
        let page = Page::parse(text, at);
        let before = self.before.replace(page.clone());
        Reading {
            service: Page::service(text).unwrap_or_else(|| self.address.to_string()),
            rows: before.as_ref().map(|before| between(before, &page)).unwrap_or_default(),
            overview: None,
            is_first: before.is_none(),
        }
    }
}

/// Reads all services at once: one that does not answer keeps the others from nothing.
pub(super) fn read_all(sources: &mut [Source]) -> Vec<Result<Reading, ClientError>> {
    thread::scope(|scope| {
        let threads: Vec<_> = sources
            .iter_mut()
            .map(|source| {
                let address = source.address.to_string();
                (address, scope.spawn(|| source.read()))
            })
            .collect();
        threads
            .into_iter()
            .map(|(address, thread)| {
                let failed = |_| ClientError::Broken(address, "the reading has failed".to_owned());
                thread.join().map_err(failed)?
            })
            .collect()
    })
}

// === impl Reading ===

impl Reading {
    /// Whether requests have failed, or an alert fires.
    pub(super) fn has_findings(&self) -> bool {
        let has_errors = |row: &EndpointRow| row.errors.is_some_and(|errors| errors > 0.0);
        let has_alerts = self
            .overview
            .as_ref()
            .is_some_and(|overview| !overview.alerts.is_empty());
        has_alerts || self.rows.iter().any(has_errors)
    }
}
