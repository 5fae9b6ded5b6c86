use std::{
    sync::{
        Mutex,
        mpsc::{self, Receiver},
    },
    time::Instant,
};

use obs_base::environment::Env;
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::{
    CodeSettings, Otlp, OtlpSettings,
    export::{
        drops::Drops,
        endpoint::Endpoint,
        progress::Progress,
        testing::{Counts, span},
        transport::Transport,
    },
    signal::TRACES,
};

/// Far longer than anything in these tests takes.
const LONG: Duration = Duration::from_secs(60);

/// What the collector does with a batch.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Take,
    Refuse,
    RefuseOne,
    TakeOneAndHang,
    Hang,
    Panic,
}

/// Tells of each batch that it gets, and answers it as told; afterwards it takes all.
#[derive(Debug)]
struct Scripted {
    script: Mutex<Vec<Answer>>,
    batches: mpsc::Sender<Vec<String>>,
}

impl BatchExporter for Scripted {
    type Item = SpanData;

    async fn export(&self, batch: Vec<SpanData>, progress: &Progress) {
        let all = batch.len();
        let answer = {
            let mut script = self.script.lock().unwrap();
            if script.is_empty() {
                Answer::Take
            } else {
                script.remove(0)
            }
        };
        self.batches
            .send(batch.into_iter().map(|span| span.name.into_owned()).collect())
            .unwrap();
        match answer {
            Answer::Take => progress.arrived(all),
            Answer::Refuse => progress.refused(all, "on purpose".to_owned()),
            Answer::RefuseOne => progress.refused(1, "on purpose".to_owned()),
            Answer::TakeOneAndHang => {
                progress.arrived(1);
                std::future::pending::<()>().await;
            }
            Answer::Hang => std::future::pending().await,
            Answer::Panic => panic!("on purpose"),
        }
    }
}

fn settings() -> ExportSettings {
    let mut otlp = OtlpSettings::default();
    otlp.set(Otlp::new().endpoint("http://collector:4318"));
    let code = CodeSettings {
        otlp: &otlp,
        ..CodeSettings::default()
    };
    ExportSettings {
        signal: &TRACES,
        endpoint: Endpoint::from_settings(&TRACES, code, Env::without_notices(&|_| None))
            .unwrap()
            .unwrap(),
        transport: Transport::default(),
        request_timeout: LONG,
        export_timeout: LONG,
        delay: LONG,
        queue: 8,
        batch: 4,
    }
}

/// An exporter that follows `script`, the batches it gets, and the spans it loses.
fn scripted(settings: ExportSettings, script: &[Answer]) -> (Exporter<SpanData>, Receiver<Vec<String>>, Counts) {
    within(settings, Budget::default(), script)
}

/// The same within these bytes.
fn within(
    settings: ExportSettings,
    budget: Budget,
    script: &[Answer],
) -> (Exporter<SpanData>, Receiver<Vec<String>>, Counts) {
    let (sender, batches) = mpsc::channel();
    let scripted = Scripted {
        script: Mutex::new(script.to_vec()),
        batches: sender,
    };
    let counts = Counts::default();
    let exporter = {
        let drops = Drops::register(&counts, TRACES.drops);
        Exporter::spawn(settings, budget, drops, move || Ok(scripted)).unwrap()
    };
    (exporter, batches, counts)
}

fn push(exporter: &Exporter<SpanData>, names: impl IntoIterator<Item = u32>) {
    names
        .into_iter()
        .for_each(|name| exporter.push(span(&name.to_string())));
}

fn next(batches: &Receiver<Vec<String>>) -> Vec<u32> {
    batches
        .recv_timeout(LONG)
        .unwrap()
        .iter()
        .map(|name| name.parse().unwrap())
        .collect()
}

fn names(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

// === when spans are sent ===

#[test]
fn a_full_batch_is_sent_at_once() {
    let (exporter, batches, _) = scripted(settings(), &[]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
}

#[test]
fn fewer_spans_are_sent_after_the_delay() {
    let (exporter, batches, _) = scripted(
        ExportSettings {
            delay: Duration::from_millis(5),
            ..settings()
        },
        &[],
    );
    push(&exporter, 0..1);
    assert_eq!(next(&batches), names(0..1));
    push(&exporter, 1..3);
    let mut later = next(&batches);
    if later.len() == 1 {
        later.extend(next(&batches));
    }
    assert_eq!(later, names(1..3));
}

#[test]
fn a_flush_sends_what_waits() {
    let (exporter, batches, counts) = scripted(settings(), &[]);
    assert!(exporter.flush(LONG), "nothing waits");
    push(&exporter, 0..3);
    assert!(exporter.flush(LONG));
    assert_eq!((next(&batches), counts.total()), (names(0..3), 0));
}

#[test]
fn a_flush_sends_more_than_a_batch_in_several() {
    let (exporter, batches, _) = scripted(settings(), &[]);
    push(&exporter, 0..7);
    assert!(exporter.flush(LONG));
    let sent: Vec<u32> = batches.try_iter().flatten().map(|name| name.parse().unwrap()).collect();
    assert_eq!(sent, names(0..7));
}

// === what is lost ===

#[test]
fn what_has_no_room_is_counted() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Hang]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
    push(&exporter, 4..17);
    assert_eq!(counts.get("queue_full"), 13 - 8);
}

#[test]
fn what_is_refused_is_counted_and_the_next_batch_is_sent() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Refuse]);
    push(&exporter, 0..2);
    assert!(!exporter.flush(LONG));
    assert_eq!(counts.get("export_failed"), 2);
    push(&exporter, 2..4);
    assert!(exporter.flush(LONG));
    assert_eq!(
        (next(&batches), next(&batches), counts.total()),
        (names(0..2), names(2..4), 2)
    );
}

#[test]
fn what_is_refused_of_a_batch_is_counted_and_no_more() {
    let (exporter, _batches, counts) = scripted(settings(), &[Answer::RefuseOne]);
    push(&exporter, 0..3);
    assert!(!exporter.flush(LONG));
    assert_eq!((counts.get("export_failed"), counts.total()), (1, 1));
}

#[test]
fn what_takes_too_long_is_counted_and_the_next_batch_is_sent() {
    let settings = ExportSettings {
        export_timeout: Duration::from_millis(5),
        ..settings()
    };
    let (exporter, batches, counts) = scripted(settings, &[Answer::Hang]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
    push(&exporter, 4..8);
    assert_eq!(next(&batches), names(4..8));
    assert_eq!((counts.get("export_timeout"), counts.total()), (4, 4));
}

#[test]
fn what_arrived_before_the_time_ran_out_is_not_counted_as_lost() {
    let settings = ExportSettings {
        export_timeout: Duration::from_millis(5),
        ..settings()
    };
    let (exporter, batches, counts) = scripted(settings, &[Answer::TakeOneAndHang]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
    assert!(!exporter.flush(LONG) || counts.total() > 0);
    assert_eq!((counts.get("export_timeout"), counts.total()), (3, 3));
}

#[test]
fn large_spans_are_sent_before_they_are_a_batch_and_are_bounded_in_bytes() {
    const BYTES: usize = 4 << 20;
    let settings = ExportSettings {
        queue: 1_000,
        batch: 1_000,
        ..settings()
    };
    let budget = Budget::new(Some(BYTES)).unwrap();
    let (exporter, batches, counts) = within(settings, budget.clone(), &[Answer::Hang]);
    let large = |name: &str| SpanData {
        attributes: vec![KeyValue::new("a", "x".repeat(100_000))],
        ..span(name)
    };
    for name in 0..200 {
        exporter.push(large(&name.to_string()));
        assert!(budget.used() <= BYTES * 3 / 4, "{budget:?}");
    }
    let first = next(&batches);
    assert!(
        (1..=3).contains(&first.len()),
        "{} of 100 KB are a 16th of the bytes",
        first.len()
    );
    let taken = 200 - counts.get("queue_full");
    assert!((20..31).contains(&taken), "{taken}");
    let _ = exporter.shutdown(Duration::ZERO);
    assert_eq!(counts.settled("shutdown", 200).1, 200);
    let slots = budget.used();
    assert!(slots < BYTES / 4, "what was lost has given back its bytes: {slots}");
}

#[test]
fn queues_of_one_instance_share_their_bytes() {
    let budget = Budget::new(Some(4 << 20)).unwrap();
    let settings = || ExportSettings {
        queue: 100,
        batch: 100,
        ..settings()
    };
    let (one, _batches, of_one) = within(settings(), budget.clone(), &[Answer::Hang]);
    let (other, _others, of_other) = within(settings(), budget, &[Answer::Hang]);
    let large = || SpanData {
        attributes: vec![KeyValue::new("a", "x".repeat(200_000))],
        ..span("large")
    };
    (0..50).for_each(|_| one.push(large()));
    assert!(of_one.get("queue_full") > 30);
    other.push(large());
    assert_eq!(of_other.get("queue_full"), 1);
}

#[test]
fn a_flush_that_takes_too_long_loses_nothing() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Hang]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
    assert!(!exporter.flush(Duration::from_millis(5)));
    assert_eq!(counts.total(), 0);
}

#[test]
fn every_span_is_sent_or_counted_whoever_ends_it() {
    const THREADS: u32 = 4;
    const EACH: u32 = 5_000;
    let (exporter, batches, counts) = scripted(settings(), &[]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| push(&exporter, 0..EACH));
        }
    });
    assert!(exporter.flush(LONG));
    let sent = batches.try_iter().map(|batch| batch.len() as u64).sum::<u64>();
    assert_eq!(sent + counts.get("queue_full"), u64::from(THREADS * EACH));
    assert_eq!(counts.total(), counts.get("queue_full"));
}

// === shutdown ===

#[test]
fn shutdown_sends_what_waits() {
    let (exporter, batches, counts) = scripted(settings(), &[]);
    push(&exporter, 0..7);
    assert!(exporter.shutdown(LONG));
    let sent: Vec<u32> = batches.iter().flatten().map(|name| name.parse().unwrap()).collect();
    assert_eq!((sent, counts.total()), (names(0..7), 0));
}

#[test]
fn what_ends_after_shutdown_is_counted() {
    let (exporter, _batches, counts) = scripted(settings(), &[]);
    assert!(exporter.shutdown(LONG));
    push(&exporter, 0..3);
    assert_eq!(counts.get("shutdown"), 3);
    assert!(exporter.flush(LONG), "nothing waits");
    assert!(exporter.shutdown(LONG), "a second time does no harm");
}

#[test]
fn shutdown_does_not_wait_for_a_collector_that_hangs() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Hang]);
    push(&exporter, 0..4);
    assert_eq!(next(&batches), names(0..4));
    push(&exporter, 4..9);
    let began = Instant::now();
    assert!(!exporter.shutdown(Duration::from_millis(200)));
    assert!(began.elapsed() < LONG / 2);
    assert_eq!(counts.settled("shutdown", 9), (9, 9));
}

#[test]
fn shutdown_does_not_wait_for_a_collector_that_hangs_during_it() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Take, Answer::Hang]);
    push(&exporter, 0..3);
    assert!(exporter.flush(LONG));
    push(&exporter, 3..6);
    let began = Instant::now();
    assert!(!exporter.shutdown(Duration::from_millis(200)));
    assert!(began.elapsed() < LONG / 2);
    assert_eq!((next(&batches), next(&batches)), (names(0..3), names(3..6)));
    assert_eq!(counts.settled("shutdown", 3), (3, 3));
}

#[test]
fn shutdown_without_time_counts_what_it_did_not_send() {
    let (exporter, batches, counts) = scripted(settings(), &[]);
    push(&exporter, 0..3);
    let _ = exporter.shutdown(Duration::ZERO);
    // The exporter goes with its thread, and the channel with the exporter.
    let sent = batches.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let _ = exporter.shutdown(LONG);
    assert_eq!(sent + counts.get("shutdown"), 3);
}

#[test]
fn all_the_time_there_is_is_no_overflow() {
    let (exporter, _batches, _) = scripted(settings(), &[]);
    push(&exporter, 0..3);
    assert!(exporter.flush(Duration::MAX) && exporter.shutdown(Duration::MAX));
}

#[test]
fn shutdown_tells_of_a_collector_that_refused() {
    let (exporter, _batches, counts) = scripted(settings(), &[Answer::Refuse]);
    push(&exporter, 0..3);
    assert!(!exporter.shutdown(LONG));
    assert_eq!(counts.get("export_failed"), 3);
}

#[test]
fn an_exporter_that_panics_takes_nobody_along() {
    let (exporter, batches, counts) = scripted(settings(), &[Answer::Panic]);
    push(&exporter, 0..6);
    assert_eq!(next(&batches), names(0..4));
    let began = Instant::now();
    let _ = exporter.shutdown(LONG);
    assert!(began.elapsed() < LONG / 2);
    push(&exporter, 6..7);
    assert_eq!(counts.get("shutdown"), 7);
}

#[test]
fn an_exporter_that_can_not_be_made_is_an_error() {
    let drops = Drops::register(&Counts::default(), TRACES.drops);
    let error =
        Exporter::spawn::<Scripted>(settings(), Budget::default(), drops, || Err("on purpose".into())).unwrap_err();
    assert_eq!(error.to_string(), "could not set up the export of spans");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "on purpose");
}
