//! The three services put together.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use obs_axum::obs_core::Obs;

use crate::{
    args::Args,
    client::Client,
    on_actix, on_axum, orders, payments,
    service::{Closed, Service, Telemetry},
    storefront,
};

/// The shop, open.
#[derive(Debug)]
pub(crate) struct Shop {
    /// In the order in which a checkout passes them.
    services: [Service; 3],
}

// === impl Shop ===

impl Shop {
    /// Starts the services.
    ///
    /// # Errors
    ///
    /// If there is no free port, or a service can't start.
    pub(crate) fn open(args: &Args) -> Result<Self, Box<dyn Error>> {
        // All ports are taken before any service starts: each must know the next one's address.
        let [at_storefront, at_orders, at_payments] = [listen(args, 0)?, listen(args, 1)?, listen(args, 2)?];
        let [to_storefront, to_orders, to_payments] = [
            at_storefront.local_addr()?,
            at_orders.local_addr()?,
            at_payments.local_addr()?,
        ];
        let (for_storefront, storefront_lines) = Service::telemetry("storefront", to_storefront, args)?;
        let (for_orders, orders_lines) = Service::telemetry("orders", to_storefront, args)?;
        let (for_payments, payments_lines) = Service::telemetry("payments", to_storefront, args)?;
        let [storefront, orders, payments] = Obs::init_several([for_storefront, for_orders, for_payments])?;
        let with = |obs, lines| Telemetry { obs, lines };
        let payments = with(payments, payments_lines);
        let payments = Service::start("payments", payments, at_payments, args, |settings| {
            on_axum::serve(settings, |_| payments::app())
        })?;
        let orders = with(orders, orders_lines);
        let orders = Service::start("orders", orders, at_orders, args, move |settings| {
            let payments = Client::new(&settings.obs, to_payments).map_err(io::Error::other)?;
            on_actix::serve(settings, |obs| orders::routes(obs, payments))
        })?;
        let storefront = with(storefront, storefront_lines);
        let storefront = Service::start("storefront", storefront, at_storefront, args, move |settings| {
            let orders = Client::new(&settings.obs, to_orders).map_err(io::Error::other)?;
            on_axum::serve(settings, |obs| storefront::app(obs, orders))
        })?;
        Ok(Self {
            services: [storefront, orders, payments],
        })
    }

    /// Where visitors come in.
    pub(crate) fn storefront(&self) -> SocketAddr {
        self.services[0].address()
    }

    /// Tells a newcomer what there is to see.
    ///
    /// # Errors
    ///
    /// If `out` fails.
    pub(crate) fn announce(&self, args: &Args, out: &mut impl io::Write) -> io::Result<()> {
        let [storefront, ..] = &self.services;
        writeln!(out, "Open {}\n", storefront.console())?;
        writeln!(out, "The shop is open: storefront → orders → payments\n")?;
        for service in &self.services {
            let address = service.address();
            writeln!(
                out,
                "  {:<10}  http://{address}  metrics: http://{address}/metrics  console: {}",
                service.name(),
                service.console()
            )?;
        }
        match args.requests {
            Some(requests) => writeln!(out, "\nSending {requests} requests …\n"),
            None => self.suggest(out),
        }
    }

    fn suggest(&self, out: &mut impl io::Write) -> io::Result<()> {
        let [storefront, orders, _] = self.services.each_ref().map(Service::address);
        writeln!(out, "\nTry:\n  curl -i http://{storefront}/products/7")?;
        writeln!(out, "  curl -s http://{storefront}/metrics | grep requests_total")?;
        writeln!(
            out,
            "  curl -s -H 'Accept: application/openmetrics-text' http://{orders}/metrics | grep trace_id"
        )?;
        writeln!(
            out,
            "Log lines go to standard output, spans to OTEL_EXPORTER_OTLP_ENDPOINT if it is set. Ctrl-C ends.\n"
        )
    }

    /// Ends the services.
    ///
    /// # Errors
    ///
    /// If one of them failed.
    pub(crate) fn close(self) -> io::Result<[Closed; 3]> {
        Service::close(self.services)
    }
}

/// Listens on the port that was asked for, or on a free one if that is taken.
fn listen(args: &Args, nth: u16) -> io::Result<TcpListener> {
    let wanted = if args.port == 0 {
        0
    } else {
        args.port.saturating_add(nth)
    };
    let on = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    on(wanted).or_else(|_| on(0))
}
