//! The errors behind failures.

use super::*;

/// What a hook sees of failures: their texts, and the groups that they are in.
type SeenFailures = Arc<Mutex<Vec<(Option<String>, Option<u64>)>>>;

fn watched() -> (Bench, SeenFailures) {
    let seen = SeenFailures::default();
    let hook = Arc::clone(&seen);
    let bench = Bench::new(|options| {
        options.on_finish(move |finished| {
            let message = finished.failure.map(|failure| failure.message().to_owned());
            hook.lock().unwrap().push((message, finished.fingerprint));
        });
    });
    (bench, seen)
}

fn messages(seen: &SeenFailures) -> Vec<Option<String>> {
    seen.lock()
        .unwrap()
        .iter()
        .map(|(message, _)| message.clone())
        .collect()
}

#[test]
fn the_hook_sees_the_error_behind_a_failure_and_its_group() {
    let (bench, seen) = watched();
    for (id, status) in [(7, 500), (8, 500), (9, 200)] {
        let mut observation = bench.start("GET", Some("/users/{id}"));
        observation.explain_response(status, || Some(id), |id| Failure::of_text(&format!("no user {id}"), ""));
        observation.head(&head(status, BodySize::Empty));
    }
    bench
        .start("GET", Some("/users/{id}"))
        .head(&head(503, BodySize::Empty));
    let seen = seen.lock().unwrap().clone();
    let [first, second, fine, unknown] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(first.0.as_deref(), Some("no user 7"));
    assert_eq!(second.0.as_deref(), Some("no user 8"));
    assert!(first.1.is_some() && first.1 == second.1);
    assert_eq!(*fine, (None, None));
    assert!(unknown.0.is_none() && unknown.1.is_some() && unknown.1 != first.1);
}

#[test]
fn an_error_is_described_only_if_somebody_may_see_it() {
    let (bench, seen) = watched();
    let never = || -> Failure { panic!("not asked for") };
    let mut fine = bench.start("GET", None);
    fine.explain_response(404, || Some(()), |()| never());
    fine.head(&head(404, BodySize::Empty));
    fine.explain(never);
    let mut known = bench.start("GET", None);
    known.explain(|| Failure::of_text("first", ""));
    known.explain(never);
    known.service_error();
    let mut failed = bench.start("GET", None);
    failed.head(&head(500, BodySize::Exact(5)));
    failed.explain(never);
    failed.body_error();
    assert_eq!(messages(&seen), [None, Some("first".to_owned()), None]);
    let silent = Bench::new(|options| {
        options.common.logs = false;
        options.common.traces = false;
    });
    silent.start("GET", None).explain(never);
}

#[test]
fn of_several_errors_a_panic_goes_first_then_what_the_framework_knows_then_what_was_recorded() {
    let (bench, seen) = watched();
    let record = |observation: &mut Observation, text: &'static str| {
        observation.run(|| crate::trace::record_error(&io::Error::other(text)));
    };
    let mut recorded = bench.start("GET", None);
    record(&mut recorded, "inner");
    record(&mut recorded, "outer");
    recorded.head(&head(500, BodySize::Empty));
    let mut known = bench.start("GET", None);
    record(&mut known, "recorded");
    known.explain(|| Failure::of_text("of the framework", ""));
    known.service_error();
    let mut panicking = bench.start("GET", None);
    record(&mut panicking, "recorded");
    panicking.explain(|| Failure::of_text("of the framework", ""));
    let caught = catch_unwind(AssertUnwindSafe(|| panicking.run(|| panic!("in the handler"))));
    assert!(caught.is_err());
    drop(panicking);
    let expected = ["outer", "of the framework", "in the handler"];
    assert_eq!(messages(&seen), expected.map(|text| Some(text.to_owned())));
}

#[test]
fn an_error_that_was_recorded_has_its_sources_where_the_framework_knows_the_text_alone() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.run(|| crate::trace::record_error(&"x".parse::<u16>().unwrap_err()));
    observation.explain(|| Failure::of_text("invalid digit found in string", ""));
    observation.service_error();
    let (line, span) = bench.record();
    assert_eq!(line["error"].as_str(), Some("invalid digit found in string"));
    assert!(
        line["error_location"]
            .as_str()
            .is_some_and(|place| place.contains("failure_tests.rs:"))
    );
    // Recorded on the span of the request, it is not there twice.
    assert_eq!(span.events.len(), 1);
}

/// A call of gRPC, over HTTP/2.
fn call(bench: &Bench) -> Observation {
    let head = RequestHead {
        method: "POST",
        path: "/shop.Orders/Place",
        protocol: Protocol::Http2,
        ..Default::default()
    };
    let headers: &[(&str, &[u8])] = &[("content-type", b"application/grpc")];
    Observation::start(bench.layer.instrument(), &head, &List(headers))
}

struct List<'a>(&'a [(&'a str, &'a [u8])]);

impl HeaderReader for List<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        HeaderReader::get(self.0, name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        HeaderReader::for_each(self.0, name, each);
    }
}

fn grpc_head(headers: &dyn HeaderReader) -> ResponseHead<'_> {
    ResponseHead {
        status: 200,
        headers,
        body: BodySize::Unknown,
        endpoint: None,
    }
}

#[test]
fn the_text_in_the_trailers_of_a_call_is_its_error_unless_more_is_known() {
    let (bench, seen) = watched();
    let native = List(&[("content-type", b"application/grpc")]);
    let trailers = List(&[
        ("grpc-status", b"13"),
        ("grpc-message", b"no caf%C3%A9 at postgres://me:secret@db/"),
    ]);
    let mut failed = call(&bench);
    failed.head(&grpc_head(&native));
    failed.trailers(&trailers);
    let mut known = call(&bench);
    known.run(|| crate::trace::record_error(&io::Error::other("recorded")));
    known.head(&grpc_head(&native));
    known.trailers(&trailers);
    let mut refused = call(&bench);
    refused.head(&grpc_head(&native));
    refused.trailers(&List(&[("grpc-status", b"5"), ("grpc-message", b"no such order")]));
    let mut in_head = call(&bench);
    let only = List(&[
        ("content-type", b"application/grpc"),
        ("grpc-status", b"14"),
        ("grpc-message", b"closing"),
    ]);
    in_head.head(&grpc_head(&only));
    in_head.end();
    let text = |text: &str| Some(text.to_owned());
    let expected = [
        text("no caf\u{e9} at postgres://REDACTED@db/"),
        text("recorded"),
        None,
        text("closing"),
    ];
    assert_eq!(messages(&seen), expected);
}

#[test]
fn the_text_in_the_trailers_of_grpc_web_is_read_as_the_body_passes() {
    let (bench, seen) = watched();
    let trailers = b"grpc-status: 13\r\ngrpc-message: out of %73tock\r\n";
    let frame = [&[0x80, 0, 0, 0, u8::try_from(trailers.len()).unwrap()][..], trailers].concat();
    for part in [1, 7, frame.len()] {
        let mut call = call(&bench);
        call.head(&grpc_head(&List(&[("content-type", b"application/grpc-web")])));
        for bytes in frame.chunks(part) {
            call.body_data(Some(bytes));
            call.body_bytes(bytes.len() as u64, false);
        }
    }
    assert_eq!(
        messages(&seen),
        [const { Some("out of stock") }; 3].map(|text| text.map(str::to_owned))
    );
}
