//! One row of the table.

use std::borrow::Cow;

use super::{Ask, Does, Expect, Route, Settings, Wire};

/// One way in which a request can go, and what every signal must show.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What happens, in a few words; unique in the table.
    pub name: &'static str,
    /// The server; the first route is the one that is requested.
    pub routes: Vec<Route>,
    /// What is set on the layer.
    pub settings: Settings,
    /// What the client does.
    pub ask: Ask,
    /// What every signal must show.
    pub expect: Expect,
    /// The only protocol on which this can happen, and why.
    pub only: Option<(Wire, &'static str)>,
    /// The adapters on which it is not the same.
    pub differs: Vec<Difference>,
}

/// Why a row can't be the same for a framework.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The adapter's name.
    pub adapter: &'static str,
    /// The only protocol on which it is not the same; none for both.
    pub wire: Option<Wire>,
    /// The reason, for the reader of the table.
    pub why: &'static str,
    /// What is to be seen there instead; none where the row can't be played.
    pub expect: Option<Expect>,
}

/// A row: what happens, what the client asks, the route and what it does, what must be seen.
#[must_use]
pub fn row(
    name: &'static str,
    ask: Ask,
    template: impl Into<Cow<'static, str>>,
    does: impl Into<Does>,
    expect: Expect,
) -> Scenario {
    Scenario {
        name,
        routes: vec![Route::new(template, does)],
        settings: Settings::default(),
        ask,
        expect,
        only: None,
        differs: Vec::new(),
    }
}

// === impl Scenario ===

impl Scenario {
    /// Nests the route under `prefix`.
    #[must_use]
    pub fn nested_in(mut self, prefix: &'static str) -> Self {
        self.routes[0].nested_in = Some(prefix);
        self
    }

    /// Changes what is set on the layer.
    #[must_use]
    pub fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.settings);
        self
    }

    /// Can happen on this protocol only.
    #[must_use]
    pub fn only(mut self, wire: Wire, why: &'static str) -> Self {
        self.only = Some((wire, why));
        self
    }

    /// Can't be the same on this adapter: there it shows `expect`, or can't be played at all.
    #[must_use]
    pub fn differs(mut self, adapter: &'static str, why: &'static str, expect: Option<Expect>) -> Self {
        self.differs.push(Difference {
            adapter,
            wire: None,
            why,
            expect,
        });
        self
    }

    /// Can't be the same on this adapter over this protocol.
    #[must_use]
    pub fn differs_over(
        mut self,
        wire: Wire,
        adapter: &'static str,
        why: &'static str,
        expect: Option<Expect>,
    ) -> Self {
        self.differs.push(Difference {
            adapter,
            wire: Some(wire),
            why,
            expect,
        });
        self
    }

    /// Has a client that resets its HTTP/2 stream while the server waits: actix-http looks at the
    /// stream only when it has something to send, so handler and body wait on.
    #[must_use]
    pub fn resets_a_waiting_stream(self) -> Self {
        self.differs_over(
            Wire::H2,
            "actix",
            "a reset stream is not noticed before there is something to send",
            None,
        )
    }

    /// What is expected on this adapter and protocol; none where the row doesn't apply.
    #[must_use]
    pub fn expected(&self, adapter: &str, wire: Wire) -> Option<&Expect> {
        if self.only.is_some_and(|(only, _)| only != wire) {
            return None;
        }
        let applies =
            |difference: &&Difference| difference.adapter == adapter && difference.wire.is_none_or(|only| only == wire);
        match self.differs.iter().find(applies) {
            Some(difference) => difference.expect.as_ref(),
            None => Some(&self.expect),
        }
    }

    /// The endpoint that is to be recorded unless the expectation names another.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.routes[0].endpoint()
    }
}
