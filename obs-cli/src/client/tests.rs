//! What each kind of server is answered with.

use std::{
    io::Write as _,
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    Address, ClientError, Console, Event, Follower, Query, Target, Token, Transport,
    mock::{Mock, problem},
};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; version=0.0.4";

fn address(mock: &Mock) -> Address {
    Address::parse(&mock.url).unwrap()
}

fn client(mock: &Mock) -> Console {
    Console::new(Transport::new(false, None).unwrap(), address(mock).join("/obs"))
}

fn refused(mock: &Mock) -> String {
    Target::find(&address(mock), None).unwrap_err().to_string()
}

fn token() -> Token {
    let folder = std::env::temp_dir().join(format!("obs-cli-{}-token", std::process::id()));
    std::fs::write(&folder, "hunter2hunter2\n").unwrap();
    Token::find(Some(&folder)).unwrap().unwrap()
}

#[test]
fn a_console_is_found_below_its_usual_mount() {
    let mock = Mock::console(|_| None);
    assert!(
        matches!(Target::find(&address(&mock), None).unwrap(), Target::Console(console) if console.mount().to_string().ends_with("/obs"))
    );
    let exact = Target::find(&address(&mock).join("/obs"), None).unwrap();
    assert!(matches!(exact, Target::Console(_)));
}

#[test]
fn the_token_is_sent_as_a_bearer() {
    let mock = Mock::console(|_| None);
    Target::find(&address(&mock).join("/obs"), Some(token())).unwrap();
    assert_eq!(
        mock.requests()[0].header("authorization"),
        Some("Bearer hunter2hunter2")
    );
}

#[test]
fn a_metrics_page_is_asked_for_without_the_token() {
    let mock = Mock::new(|request| match request.path.as_str() {
        "/metrics" => (200, TEXT, "# TYPE up gauge\nup 1\n".to_owned()),
        _ => (404, "text/html", "not found".to_owned()),
    });
    let target = Target::find(&address(&mock), Some(token())).unwrap();
    assert!(matches!(target, Target::Metrics(_, page) if page.to_string().ends_with("/metrics")));
    for request in mock.requests() {
        let is_api = request.path.contains("/api/v1/");
        assert_eq!(request.header("authorization").is_some(), is_api, "{}", request.path);
    }
    let error = Target::console(&address(&mock).join("/metrics"), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("obs top"), "{error}");
}

#[test]
fn nothing_there_is_said_with_what_to_look_at() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = Address::parse(&free.to_string()).unwrap();
    let error = Target::find(&address, None).unwrap_err();
    assert!(error.may_pass());
    assert!(error.to_string().contains("nothing listens there"), "{error}");
}

#[test]
fn a_token_that_is_wanted_is_asked_for() {
    let mock = Mock::new(|_| (401, JSON, problem("unauthorized", "the console takes a token")));
    assert!(refused(&mock).contains("--token-file or in OBS_TOKEN"));
    let error = Target::find(&address(&mock), Some(token())).unwrap_err().to_string();
    assert!(
        error.contains("does not accept this token") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn a_refused_host_is_said_in_the_words_of_the_console() {
    let mock = Mock::new(|_| {
        (
            403,
            JSON,
            problem("forbidden", "not served under this host: allow it by `allow_host`"),
        )
    });
    assert!(refused(&mock).contains("allow it by `allow_host`"));
}

#[test]
fn another_version_is_said() {
    let mock = Mock::new(|_| (200, JSON, r#"{"api":2,"data":{}}"#.to_owned()));
    let error = refused(&mock);
    assert!(error.contains("version 2") && error.contains("the release"), "{error}");
}

#[test]
fn other_servers_are_described() {
    let html = Mock::new(|_| (200, "text/html", "<h1>It works</h1>".to_owned()));
    assert!(refused(&html).contains("status 200 of type text/html"));
    let api = Mock::new(|_| (200, JSON, r#"{"hello":1}"#.to_owned()));
    assert!(refused(&api).contains("neither a console of obs nor a metrics page"));
    let other = Mock::new(|_| (404, JSON, r#"{"error":"no such thing"}"#.to_owned()));
    assert!(refused(&other).contains("status 404"));
    let plain = Mock::new(|_| (200, "text/plain", "hello\n".to_owned()));
    assert!(refused(&plain).contains("neither"));
}

#[test]
fn redirects_are_said_and_not_followed() {
    let mock = Mock::raw(|_, stream| {
        let head = "HTTP/1.1 302 X\r\nlocation: http://elsewhere.example/\u{9b}31m\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
    });
    let error = Target::find(&address(&mock), Some(token())).unwrap_err().to_string();
    assert!(
        error.contains("a redirect to http://elsewhere.example/") && !error.contains('\u{9b}'),
        "{error}"
    );
}

#[test]
fn what_does_not_speak_http_is_said() {
    let mock = Mock::raw(|_, stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
    });
    let error = refused(&mock);
    assert!(error.contains("does not speak HTTP"), "{error}");
}

#[test]
fn a_server_that_never_answers_is_left_in_time() {
    let mock = Mock::raw(|_, _| thread::sleep(Duration::from_secs(5)));
    let started = Instant::now();
    let transport = Transport::new(false, None).unwrap().within(Duration::from_millis(200));
    let error = Target::find_by(transport.clone(), &address(&mock)).unwrap_err();
    assert!(matches!(error, ClientError::Slow(_)), "{error}");
    let dripping = Mock::raw(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n");
        for _ in 0..50 {
            let _ = stream.write_all(b" ");
            thread::sleep(Duration::from_millis(100));
        }
    });
    let error = Target::find_by(transport, &address(&dripping)).unwrap_err();
    assert!(matches!(error, ClientError::Slow(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn an_answer_of_more_than_2_mib_is_refused() {
    let mock = Mock::raw(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n");
        while stream.write_all(&[b' '; 8_192]).is_ok() {}
    });
    let error = refused(&mock);
    assert!(error.contains("2 MiB"), "{error}");
}

#[test]
fn texts_of_a_server_can_not_command_the_terminal() {
    let mock = Mock::new(|_| (403, JSON, problem("forbidden", "\\u001b]0;owned\\u0007\\u202e")));
    let error = refused(&mock);
    assert!(!error.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{error:?}");
}

#[test]
fn answers_are_read_with_what_is_around_them() {
    let mock = Mock::console(|path| (path == "a%2Fb?filter=x%20y").then(|| r#"[{"n":1},{"n":2}]"#.to_owned()));
    let query = Query::default().and("filter", "x y");
    let answer = client(&mock).ask::<Vec<Value>>(&["a/b"], &query).unwrap();
    assert_eq!(
        (answer.raw_rows().len(), answer.envelope.service.name.as_str()),
        (2, "shop")
    );
    let error = client(&mock).ask::<Vec<Value>>(&["other"], &query).unwrap_err();
    assert!(matches!(error, ClientError::NotThere(_)));
}

#[test]
fn a_wrong_filter_is_said_with_its_place() {
    let text = r#"{"error":{"code":"bad_query","message":"there is no key `colour`","parameter":"filter","offset":6}}"#;
    let mock = Mock::new(move |_| (400, JSON, text.to_owned()));
    let error = client(&mock).ask::<Value>(&["errors"], &Query::default()).unwrap_err();
    assert!(error.to_string().contains("`colour` of filter, at byte 6"), "{error}");
}

#[test]
fn data_of_another_shape_is_an_error() {
    let mock = Mock::console(|_| Some("7".to_owned()));
    let error = client(&mock)
        .ask::<Vec<Value>>(&["errors"], &Query::default())
        .unwrap_err();
    assert!(error.to_string().contains("can't be read"), "{error}");
}

fn chunked(stream: &mut std::net::TcpStream, rows: &[&str]) {
    let _ =
        stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n");
    for row in rows {
        let _ = stream.write_all(format!("{:x}\r\n{row}\r\n", row.len()).as_bytes());
    }
}

fn full(stream: &mut std::net::TcpStream, status: u16, body: &str) {
    let length = body.len();
    let _ = stream.write_all(format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes());
}

#[test]
fn rows_arrive_also_when_they_are_cut_or_too_long() {
    let long = format!("{{\"text\":\"{}\"}}\n", "x".repeat(2 << 20));
    let mock = Mock::raw(move |_, stream| {
        chunked(
            stream,
            &[
                "{\"message\":",
                "\"a\"}\n",
                "{\"event\":\"dropped\",\"count\":7}\n",
                &long,
            ],
        );
        let _ = stream.write_all(b"");
        let rest = "{\"event\":\"alive\"}\nnot json\n{\"message\":\"b\"}\n";
        let _ = stream.write_all(format!("{:x}\r\n{rest}\r\n", rest.len()).as_bytes());
        thread::sleep(Duration::from_secs(5));
    });
    let follower = Follower::start(&client(&mock), &Query::default().and("filter", "x")).unwrap();
    assert_eq!(mock.requests()[0].path, "/obs/api/v1/lines?filter=x&follow=true");
    assert!(matches!(follower.next(), Some(Event::Row(row)) if row["message"] == "a"));
    assert!(matches!(follower.next(), Some(Event::Dropped(7))));
    assert!(matches!(follower.next(), Some(Event::Dropped(1))), "the row of 2 MiB");
    assert!(matches!(follower.next(), Some(Event::Dropped(1))), "what is no JSON");
    assert!(matches!(follower.next(), Some(Event::Row(row)) if row["message"] == "b"));
}

#[test]
fn a_follower_connects_again_until_it_is_refused() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let mock = Mock::raw(
        move |_, stream| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 | 2 => chunked(stream, &["{\"message\":\"a\"}\n"]),
            1 => full(stream, 503, &problem("unavailable", "")),
            _ => full(stream, 401, &problem("unauthorized", "")),
        },
    );
    let follower = Follower::start(&client(&mock), &Query::default()).unwrap();
    assert!(matches!(follower.next(), Some(Event::Row(_))));
    assert!(matches!(follower.next(), Some(Event::Lost(_))));
    assert!(matches!(follower.next(), Some(Event::Back)));
    assert!(matches!(follower.next(), Some(Event::Row(_))));
    assert!(matches!(follower.next(), Some(Event::Lost(_))));
    assert!(matches!(
        follower.next(),
        Some(Event::End(ClientError::Unauthorized { .. }))
    ));
    assert!(follower.next().is_none());
}

#[test]
fn a_connection_that_is_silent_is_made_again() {
    let mock = Mock::raw(|_, stream| {
        chunked(stream, &[]);
        thread::sleep(Duration::from_secs(5));
    });
    let follower = Follower::start_within(&client(&mock), &Query::default(), Duration::from_millis(200)).unwrap();
    let started = Instant::now();
    assert!(matches!(follower.next(), Some(Event::Lost(_))));
    assert!(started.elapsed() < Duration::from_secs(3));
}
