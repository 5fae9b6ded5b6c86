//! The visitors. They know nothing of the services but the storefront's address, and nothing of
//! obs: what they are answered, the services' own telemetry tells.

use std::{net::SocketAddr, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use reqwest::{Client, RequestBuilder};
use tokio::time::{Instant, sleep_until};

use crate::{
    args::Args,
    model::{Card, Cart, Country, Currency, Login, Registration, Source},
};

/// Visitors in the shop at one time, at most.
const AT_ONCE: usize = 8;
/// How long a visitor waits who doesn't wait for the end; recommendations take longer.
const IMPATIENCE: Duration = Duration::from_millis(150);

/// One request to the storefront.
#[derive(Clone, Copy, Debug)]
enum Visit {
    Product,
    Register,
    Login,
    Checkout,
    Order,
    /// An answer that takes its time.
    Slow,
    /// The same, and the visitor leaves before it comes.
    Cancelled,
    /// An answer in pieces.
    Streamed,
    /// The same, and the visitor leaves half-way.
    Aborted,
    /// Server-sent events.
    Events,
    /// A card without money: the visitor's fault.
    Declined,
    /// A bank that doesn't answer: our fault.
    Failing,
    /// The bug in the invoices.
    Panicking,
    /// A product that there isn't.
    Missing,
    /// A path that there isn't.
    Unknown,
}

/// Twenty visits that are made over and over, the most telling one first. Without an end to them, those
/// that fail for our fault are made in one round of [`FAULTS_EVERY`] only: a shop that fails all the time
/// has nothing left to alert on.
const ROUND: [Visit; 20] = [
    Visit::Checkout,
    Visit::Product,
    Visit::Login,
    Visit::Failing,
    Visit::Product,
    Visit::Slow,
    Visit::Panicking,
    Visit::Unknown,
    Visit::Order,
    Visit::Cancelled,
    Visit::Streamed,
    Visit::Product,
    Visit::Checkout,
    Visit::Declined,
    Visit::Events,
    Visit::Product,
    Visit::Missing,
    Visit::Aborted,
    Visit::Register,
    Visit::Order,
];

const FAULTS_EVERY: usize = 100;

/// Visitors for a storefront.
#[derive(Debug)]
pub(crate) struct Traffic {
    http: Client,
    storefront: String,
    /// How many; `u32::MAX` stands for no end.
    requests: u32,
    /// From one to the next.
    pause: Duration,
    /// The share of them whose bank doesn't answer, in percent.
    fail: u32,
}

// === impl Traffic ===

impl Traffic {
    /// # Errors
    ///
    /// If the client can't be set up.
    pub(crate) fn new(storefront: SocketAddr, args: &Args) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .user_agent("shop-visitor")
            .build()?;
        let (requests, pause) = match args.requests {
            Some(requests) => (requests, Duration::ZERO),
            None => (
                u32::MAX,
                Duration::from_secs(1).checked_div(args.rate).unwrap_or(Duration::MAX),
            ),
        };
        Ok(Self {
            http,
            storefront: format!("http://{storefront}"),
            requests,
            pause,
            fail: args.fail,
        })
    }

    /// Sends all visitors, and returns when the last one has left.
    pub(crate) async fn run(&self) {
        let opening = Instant::now();
        // The first one comes after a pause too: with a rate of 0 that is never.
        let arrival = |n: u32| {
            self.pause
                .checked_mul(n + 1)
                .and_then(|after| opening.checked_add(after))
        };
        stream::iter(0..self.requests)
            .then(|n| wait_until(arrival(n)).map(move |()| n))
            .for_each_concurrent(AT_ONCE, |n| self.visit(n))
            .await;
    }

    async fn visit(&self, n: u32) {
        let visit = self.pick(n);
        let request = self.request(visit, n);
        // Visitors shrug: what went wrong, the services say themselves.
        let _ = match visit {
            Visit::Cancelled => request.timeout(IMPATIENCE).send().await.map(drop),
            Visit::Aborted => first_piece(request).await,
            _ => whole(request).await,
        };
    }

    fn pick(&self, n: u32) -> Visit {
        // Spread evenly: each time another whole one of a hundred is due.
        let due = |visits: u32| u64::from(visits) * u64::from(self.fail) / 100;
        if due(n.saturating_add(1)) > due(n) {
            return Visit::Failing;
        }
        let (round, place) = (n as usize / ROUND.len(), n as usize % ROUND.len());
        let is_endless = self.requests == u32::MAX;
        match ROUND[place] {
            Visit::Failing if is_endless && !round.is_multiple_of(FAULTS_EVERY) => Visit::Checkout,
            Visit::Panicking if is_endless && !round.is_multiple_of(FAULTS_EVERY) => Visit::Order,
            visit => visit,
        }
    }

    fn request(&self, visit: Visit, n: u32) -> RequestBuilder {
        let user_id = format!("user-{}", n % 50);
        let currency = if n.is_multiple_of(3) {
            Currency::Usd
        } else {
            Currency::Eur
        };
        let cart = |card| Cart {
            user_id: user_id.clone(),
            items: 1 + n % 4,
            card,
            currency,
        };
        match visit {
            Visit::Product => self.get(&format!("/products/{}", n % 100)),
            Visit::Register => self.post("/register").json(&registration(user_id, n)),
            Visit::Login => self.post("/login").json(&Login { user_id }),
            Visit::Checkout => self.post("/checkout").json(&cart(Card::Valid)),
            Visit::Declined => self.post("/checkout").json(&cart(Card::Declined)),
            Visit::Failing => self.post("/checkout").json(&cart(Card::Unreachable)),
            Visit::Order => self.get(&format!("/orders/{}", 1 + n % 500)),
            // The orders whose number ends in 0 are the ones without items.
            Visit::Panicking => self.get(&format!("/orders/{}/invoice", 10 * (1 + n % 50))),
            Visit::Slow | Visit::Cancelled => self.get("/recommendations"),
            Visit::Streamed | Visit::Aborted => self.get("/export"),
            Visit::Events => self.get("/events"),
            Visit::Missing => self.get("/products/4711"),
            Visit::Unknown => self.get(&format!("/wp-admin/{n}.php")),
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.storefront))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.storefront))
    }
}

fn registration(user_id: String, n: u32) -> Registration {
    let country = [Country::De, Country::Fr, Country::Us, Country::Other][n as usize / ROUND.len() % 4];
    let source = [Source::Search, Source::Newsletter, Source::Other][n as usize / ROUND.len() % 3];
    Registration {
        user_id,
        country,
        source,
    }
}

/// Waits for a moment, or for ever if there is none.
async fn wait_until(arrival: Option<Instant>) {
    match arrival {
        Some(arrival) => sleep_until(arrival).await,
        None => std::future::pending().await,
    }
}

async fn whole(request: RequestBuilder) -> reqwest::Result<()> {
    request.send().await?.bytes().await.map(drop)
}

async fn first_piece(request: RequestBuilder) -> reqwest::Result<()> {
    request.send().await?.chunk().await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(requests: u32, fail: u32) -> Traffic {
        let pause = Duration::ZERO;
        Traffic {
            http: Client::new(),
            storefront: String::new(),
            requests,
            pause,
            fail,
        }
    }

    fn faults(traffic: &Traffic, visits: u32) -> usize {
        (0..visits)
            .filter(|n| matches!(traffic.pick(*n), Visit::Failing | Visit::Panicking))
            .count()
    }

    #[test]
    fn a_round_has_its_faults_and_an_endless_stream_few() {
        assert_eq!(faults(&traffic(200, 0), 200), 20);
        assert_eq!(faults(&traffic(u32::MAX, 0), 4_000), 4);
    }

    #[test]
    fn the_share_that_was_asked_for_fails() {
        // The two faults of the first round are among them.
        assert_eq!(faults(&traffic(u32::MAX, 30), 100), 30);
        assert_eq!(faults(&traffic(u32::MAX, 100), 100), 100);
    }
}
