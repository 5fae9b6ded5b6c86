use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use obs_core::metrics::{Format, Registry};
use serde_json::Value;

use super::*;
use crate::{AlertManager, AlertRule, Condition, Severity, promql::Window};

const SOON: Duration = Duration::from_secs(15);

/// A request as a receiver saw it.
#[derive(Clone, Debug)]
struct Seen {
    head: Vec<String>,
    body: Value,
}

/// A receiver that answers with these statuses, the last one again and again.
fn receiver(statuses: &'static [u16]) -> (SocketAddr, mpsc::Receiver<Seen>) {
    receiver_at(statuses, "")
}

/// The same with a line of the answer's head.
fn receiver_at(statuses: &'static [u16], line: &'static str) -> (SocketAddr, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let status = statuses[index.min(statuses.len() - 1)];
            let mut stream = stream.unwrap();
            // Before the answer: whoever waits for the delivery finds the request in the channel.
            if sender.send(read_request(&stream)).is_err() {
                return;
            }
            write!(stream, "HTTP/1.1 {status} X\r\n{line}content-length: 4\r\n\r\noops").unwrap();
        }
    });
    (addr, seen)
}

fn read_request(stream: &TcpStream) -> Seen {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Seen {
        head,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

fn firing_rule() -> AlertRule {
    AlertRule::new(
        "A",
        Condition::custom(|| Ok::<_, std::io::Error>(true)),
        Severity::Critical,
        "it is so <b>",
    )
    .runbook_url("https://runbooks.example.com/a")
    .label("team", "payments")
}

fn manager(channels: impl IntoIterator<Item = Channel>) -> (AlertManager, Registry) {
    let registry = Registry::new();
    let builder = AlertManager::builder()
        .registry(&registry)
        .rule(firing_rule())
        .external_url("https://shop.example.com");
    let builder = channels.into_iter().fold(builder, |builder, channel| {
        builder.channel(channel.backoff(Duration::from_millis(5)))
    });
    (builder.build().unwrap(), registry)
}

fn page(registry: &Registry) -> String {
    String::from_utf8(registry.render(Format::Text)).unwrap()
}

fn sent(registry: &Registry, channel: &str, outcome: &str, count: u32) {
    let line = format!("obs_alert_notifications_total{{channel=\"{channel}\",outcome=\"{outcome}\"}} {count}\n");
    let started = Instant::now();
    while !page(registry).contains(&line) {
        assert!(started.elapsed() < SOON, "no {line}: {}", page(registry));
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_webhook_is_sent_what_alertmanager_would_send() {
    let (addr, seen) = receiver(&[200]);
    let (manager, registry) =
        manager([Channel::webhook(format!("http://{addr}/hook?key=s3cret")).bearer_token("t0ken")]);
    let alerts = manager.evaluate(manager.now());
    let Seen { head, body } = seen.recv_timeout(SOON).unwrap();
    assert_eq!(head[0], "POST /hook?key=s3cret HTTP/1.1");
    assert!(head.contains(&format!("host: {addr}")) && head.contains(&"authorization: Bearer t0ken".to_owned()));
    assert_eq!(body["version"], "4");
    assert_eq!(body["status"], "firing");
    assert_eq!(body["receiver"], "webhook");
    assert_eq!(body["groupKey"], "{}:{alertname=\"A\"}");
    assert_eq!(body["externalURL"], "https://shop.example.com");
    assert_eq!(body["commonLabels"]["team"], "payments");
    let alert = &body["alerts"][0];
    assert_eq!(alert["labels"]["severity"], "critical");
    assert_eq!(alert["annotations"]["summary"], "it is so <b>");
    assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
    assert_eq!(alert["fingerprint"], format!("{:016x}", alerts[0].fingerprint()));
    sent(&registry, "webhook", "sent", 1);
}

#[test]
fn a_receiver_that_answers_500_is_asked_again_and_then_given_up() {
    let (addr, seen) = receiver(&[500, 503, 200]);
    let (manager, registry) = manager([Channel::webhook(format!("http://{addr}/"))]);
    manager.evaluate(manager.now());
    assert!(manager.flush(SOON));
    assert_eq!(seen.try_iter().count(), 3);
    sent(&registry, "webhook", "sent", 1);
    sent(&registry, "webhook", "retried", 2);
}

#[test]
fn a_receiver_that_always_fails_is_given_up_and_counted() {
    let (addr, seen) = receiver(&[500]);
    let (manager, registry) = manager([Channel::webhook(format!("http://{addr}/")).attempts(3)]);
    manager.evaluate(manager.now());
    assert!(manager.flush(SOON));
    assert_eq!(seen.try_iter().count(), 3);
    sent(&registry, "webhook", "failed", 1);
}

#[test]
fn a_refusal_is_not_tried_again() {
    let (addr, seen) = receiver(&[400]);
    let (manager, registry) = manager([Channel::slack(format!("http://{addr}/"))]);
    manager.evaluate(manager.now());
    assert!(manager.flush(SOON));
    let requests: Vec<_> = seen.try_iter().collect();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].body["text"], "[FIRING:1] A (critical): it is so &lt;b&gt;");
    sent(&registry, "slack", "failed", 1);
}

#[test]
fn channels_that_hang_panic_or_are_gone_disturb_nobody() {
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (addr, seen) = receiver(&[200]);
    let blocked = Arc::new(Mutex::new(()));
    let (held, wait) = (blocked.lock().unwrap(), Arc::clone(&blocked));
    let (manager, registry) = manager([
        Channel::webhook(format!("http://{}/", hanging.local_addr().unwrap()))
            .name("hanging")
            .timeout(Duration::from_secs(60)),
        Channel::webhook(format!("http://{gone}/")).name("gone").attempts(2),
        Channel::closure("panics", |_| -> Result<(), std::io::Error> { panic!("on purpose") }),
        Channel::closure("blocks", move |_| {
            drop(wait.lock());
            Ok::<_, std::io::Error>(())
        }),
        Channel::webhook(format!("http://{addr}/")).name("well"),
    ]);
    let started = Instant::now();
    manager.evaluate(manager.now());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the evaluation waits for no channel"
    );
    seen.recv_timeout(SOON).unwrap();
    sent(&registry, "well", "sent", 1);
    sent(&registry, "gone", "failed", 1);
    sent(&registry, "panics", "failed", 1);
    let started = Instant::now();
    assert!(!manager.shutdown(Duration::from_millis(300)), "two are still at it");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the shutdown waits for no channel either"
    );
    drop(held);
}

#[test]
fn what_does_not_fit_into_the_queue_is_dropped_and_counted() {
    let blocked = Arc::new(Mutex::new(()));
    let (held, wait) = (blocked.lock().unwrap(), Arc::clone(&blocked));
    let (manager, registry) = manager([Channel::closure("slow", move |_| {
        drop(wait.lock());
        Ok::<_, std::io::Error>(())
    })
    .queue(1)]);
    for name in ["B", "C", "D", "E"] {
        let rule = AlertRule::new(
            name,
            Condition::custom(|| Ok::<_, std::io::Error>(true)),
            Severity::Info,
            "so",
        );
        manager.add_rule(rule).unwrap();
    }
    manager.evaluate(manager.now());
    let dropped = page(&registry)
        .lines()
        .find_map(|line| {
            line.strip_prefix("obs_alert_notifications_total{channel=\"slow\",outcome=\"dropped\"} ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    // One may have been taken by the thread already.
    assert!((3..=4).contains(&dropped), "{dropped}");
    drop(held);
}

#[test]
fn all_peers_of_an_alertmanager_are_told_again_and_again() {
    let (first, seen_first) = receiver(&[200]);
    let (second, seen_second) = receiver(&[200]);
    let clock = crate::ManualClock::new();
    let registry = Registry::new();
    let manager = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .rule(firing_rule().cooldown(Duration::from_secs(86_400)))
        .channel(Channel::alertmanager([
            format!("http://{first}"),
            format!("http://{second}/"),
        ]))
        .build()
        .unwrap();
    let mut pushes = Vec::new();
    for tick in 0..19 {
        if tick == 12 {
            assert!(manager.remove_rule("A"));
        }
        manager.evaluate(manager.now());
        assert!(manager.flush(SOON));
        for request in seen_first.try_iter() {
            let alert = &request.body[0];
            pushes.push((tick, alert["endsAt"].as_str().unwrap()[11..19].to_owned()));
            assert!(request.head[0].starts_with("POST /api/v2/alerts "));
            assert_eq!(alert["startsAt"], "2023-11-14T22:13:20.000Z");
        }
        clock.advance(Duration::from_secs(10));
    }
    // Each minute, with an end 4 minutes later; at once when it is over, with its end.
    let expected = [(0, "22:17:20"), (6, "22:18:20"), (12, "22:15:20"), (18, "22:15:20")];
    assert_eq!(pushes, expected.map(|(tick, ends)| (tick, ends.to_owned())));
    assert_eq!(seen_second.try_iter().count(), 4);
}

#[test]
fn a_channel_that_leads_elsewhere_after_a_restart_is_told_of_what_fires() {
    let (first, to_first) = receiver(&[200]);
    let (second, to_second) = receiver(&[200]);
    let folder = tempfile::tempdir().unwrap();
    let notified = |addr: SocketAddr| {
        let builder = AlertManager::builder().registry(&Registry::new()).rule(firing_rule());
        let builder = builder.state_file(folder.path().join("alerts.json"));
        let manager = builder
            .channel(Channel::webhook(format!("http://{addr}/hook")))
            .build()
            .unwrap();
        manager.evaluate(manager.now());
        assert!(manager.shutdown(SOON));
    };
    [first, first, second].into_iter().for_each(notified);
    assert_eq!((to_first.try_iter().count(), to_second.try_iter().count()), (1, 1));
    let file = std::fs::read_to_string(folder.path().join("alerts.json")).unwrap();
    assert!(!file.contains("/hook"), "addresses may be secrets");
}

/// Alertmanager refuses an end before the beginning, and takes one in the future for an alert that fires.
#[test]
fn a_wall_clock_that_was_set_back_makes_no_end_before_the_beginning_nor_in_the_future() {
    let (peer, to_peer) = receiver(&[200]);
    let (hook, to_hook) = receiver(&[200]);
    let manager = AlertManager::builder()
        .registry(&Registry::new())
        .clock(crate::ManualClock::new())
        .rule(firing_rule())
        .channel(Channel::alertmanager([format!("http://{peer}")]))
        .channel(Channel::webhook(format!("http://{hook}/")))
        .build()
        .unwrap();
    let at = |seconds, unix| crate::Moment::new(Duration::from_secs(seconds), Duration::from_secs(unix));
    manager.evaluate(at(0, 1_700_000_000));
    assert!(manager.flush(SOON));
    assert!(manager.remove_rule("A"));
    manager.evaluate(at(10, 1_700_000_010 - 3_600));
    assert!(manager.flush(SOON));
    let now = "2023-11-14T21:13:30.000Z";
    let last = |seen: &mpsc::Receiver<Seen>| seen.try_iter().last().unwrap().body;
    for alert in [&last(&to_peer)[0], &last(&to_hook)["alerts"][0]] {
        let time = |key: &str| alert[key].as_str().unwrap().to_owned();
        assert!(
            time("startsAt") <= time("endsAt") && time("endsAt").as_str() <= now,
            "{alert}"
        );
    }
}

#[test]
fn an_alertmanager_is_told_times_of_its_own_clock_where_ours_is_wrong() {
    // Ours stands at 14 November 2023, 22:13:20.
    let (peer, seen) = receiver_at(&[200], "date: Wed, 15 Nov 2023 22:13:20 GMT\r\n");
    let clock = crate::ManualClock::new();
    let manager = AlertManager::builder()
        .registry(&Registry::new())
        .clock(clock.clone())
        .rule(firing_rule());
    let manager = manager
        .channel(Channel::alertmanager([format!("http://{peer}")]))
        .build()
        .unwrap();
    let ends = || {
        manager.evaluate(manager.now());
        assert!(manager.flush(SOON));
        seen.try_iter()
            .map(|request| request.body[0]["endsAt"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ends(),
        ["2023-11-14T22:17:20.000Z", "2023-11-15T22:17:20.000Z"],
        "notified again at once"
    );
    clock.advance(Duration::from_secs(50));
    assert!(manager.remove_rule("A"));
    assert_eq!(ends(), ["2023-11-15T22:14:10.000Z"]);
}

#[test]
fn only_what_is_bad_enough_is_told() {
    let notified = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&notified);
    let (manager, _) = manager([Channel::closure("pager", move |notification| {
        record.lock().unwrap().push(notification.title());
        Ok::<_, std::io::Error>(())
    })
    .min_severity(Severity::Critical)]);
    let mild = AlertRule::new(
        "Mild",
        Condition::custom(|| Ok::<_, std::io::Error>(true)),
        Severity::Warning,
        "so",
    );
    manager.add_rule(mild).unwrap();
    manager.evaluate(manager.now());
    assert!(manager.flush(SOON));
    assert_eq!(*notified.lock().unwrap(), ["[FIRING:1] A (critical): it is so <b>"]);
}

#[test]
fn secrets_are_shown_nowhere() {
    let channel = Channel::webhook("https://hooks.example.com/services/SECRET")
        .header("x-key", "SECRET")
        .bearer_token("SECRET");
    assert!(!format!("{channel:?}").contains("SECRET"), "{channel:?}");
    let rule = AlertRule::new("A", Condition::error_ratio(Window::minutes(1), 0.5), Severity::Info, "");
    let builder = AlertManager::builder()
        .registry(&Registry::new())
        .rule(rule)
        .channel(channel);
    assert!(!format!("{builder:?}").contains("SECRET"));
    let broken = Channel::webhook("https://hooks.example.com/services/SECRET").header("x-key", "SEC\nRET");
    let error = AlertManager::builder()
        .registry(&Registry::new())
        .channel(broken)
        .build()
        .unwrap_err();
    assert!(!error.to_string().contains("SEC"), "{error}");
}

#[test]
fn common_labels_are_those_of_all() {
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let maps = [
        labels(&[("a", "1"), ("b", "2")]),
        labels(&[("a", "1"), ("b", "3"), ("c", "4")]),
    ];
    assert_eq!(notification::common(maps.iter()), labels(&[("a", "1")]));
}
