//! OpenTelemetry's global propagator in a process with several instances.

use std::{
    collections::{BTreeSet, HashMap},
    io, thread,
};

use obs_axum::obs_core::{
    Obs, context,
    otel::{
        self,
        opentelemetry::{
            Context, global,
            propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
            trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceId, TraceState},
        },
    },
};

use crate::own_process::in_own_process;

/// A format of headers that one instance has beside the standard's: the trace id alone.
#[derive(Debug)]
struct Legacy;

impl TextMapPropagator for Legacy {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        injector.set("x-legacy", context.span().span_context().trace_id().to_string());
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let id = extractor.get("x-legacy").and_then(|id| TraceId::from_hex(id).ok());
        let span = |id| SpanContext::new(id, 7.into(), TraceFlags::SAMPLED, true, TraceState::NONE);
        id.map_or_else(|| context.clone(), |id| context.with_remote_span_context(span(id)))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

in_own_process!(opentelemetrys_global_propagator_has_the_headers_of_the_instance, || {
    let builder = |name| Obs::builder(name).log_writer(io::sink());
    let [shop, bank] = Obs::init_several([builder("shop"), builder("bank").propagator(Legacy)]).unwrap();
    let id = "0af7651916cd43dd8448eb211c80319c";
    let received = HashMap::from([("x-legacy".to_owned(), id.to_owned())]);
    let use_headers = || {
        let mut sent = HashMap::new();
        global::get_text_map_propagator(|headers| {
            headers.inject_context(&otel::current_context(), &mut sent);
            let context = headers.extract_with_context(&Context::new(), &received);
            let sent: BTreeSet<String> = sent.drain().map(|(name, _)| name).collect();
            (sent, context.span().span_context().trace_id().to_string() == id)
        })
    };
    let of_shop = BTreeSet::from(["traceparent", "tracestate"].map(str::to_owned));
    let mut of_bank = of_shop.clone();
    of_bank.insert("x-legacy".to_owned());
    for _ in 0..2 {
        let in_shop = context::run_in(shop.start_context(), use_headers);
        assert_eq!(in_shop, (of_shop.clone(), false));
        let in_bank = context::run_in(bank.start_context(), use_headers);
        assert_eq!(in_bank, (of_bank.clone(), true));
    }
    let outside = thread::spawn(move || {
        bank.make_thread_default();
        global::get_text_map_propagator(|headers| {
            let context = headers.extract_with_context(&Context::new(), &received);
            context.has_active_span()
        })
    });
    assert!(outside.join().unwrap());
});
