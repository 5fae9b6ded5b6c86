//! Exit codes, JSON, pipes, messages.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::Stdio,
    time::Duration,
};

use serde_json::Value;

use crate::{
    mock::{self, Mock},
    obs, outcome, run,
    shop::{self, TRACE},
};

#[test]
fn five_calls_find_route_reason_and_line() {
    let mock = shop::console();
    let url = mock.url.as_str();
    let (code, top, _) = outcome(&run(&["top", url, "--once", "--json"]));
    assert_eq!(code, 1, "requests have failed");
    let failing = top.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let routes: Vec<_> = failing.filter(|row| row["error_ratio"].as_f64() > Some(0.0)).collect();
    assert_eq!((routes.len(), routes[0]["endpoint"].as_str()), (1, Some("/checkout")));

    let (code, running, _) = outcome(&run(&["running", url]));
    assert_eq!((code, running.as_str()), (0, "nothing is running\n"));

    let (code, errors, _) = outcome(&run(&["errors", url, "--json"]));
    let error: Value = serde_json::from_str(errors.trim()).unwrap();
    assert_eq!((code, error["error_source"].as_str()), (1, Some("timed out")));

    let id = error["example"]["trace_id"].as_str().unwrap();
    let (code, trace, _) = outcome(&run(&["trace", url, id]));
    assert_eq!(code, 1, "a span has failed");
    assert!(trace.contains("POST /checkout ended as server_error 500\n"), "{trace}");
    assert!(trace.contains("WARN  shop::pay: the bank did not answer"), "{trace}");

    let (code, diff, _) = outcome(&run(&["diff", url, "--last", "10m"]));
    assert_eq!(code, 1);
    assert!(diff.contains("POST /checkout"), "{diff}");
}

#[test]
fn no_text_of_the_service_reaches_the_terminal_as_a_command() {
    let mock = shop::console();
    for args in [
        &["errors", mock.url.as_str()][..],
        &["errors", mock.url.as_str(), "--json"],
    ] {
        let (_, text, _) = outcome(&run(args));
        assert!(text.contains("declined") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn tables_fit_into_60_columns() {
    let mock = shop::console();
    for args in [&["top", "--once"][..], &["errors"], &["diff"]] {
        let output = obs(args).arg(&mock.url).env("COLUMNS", "60").output().unwrap();
        let (_, text, _) = outcome(&output);
        assert!(
            !text.is_empty() && text.lines().all(|line| line.chars().count() <= 60),
            "{text}"
        );
    }
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let mock = shop::console();
    let mut child = obs(&["errors", &mock.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (code, _, errors) = outcome(&child.wait_with_output().unwrap());
    assert!(code <= 1 && errors.is_empty(), "{code} {errors}");
}

#[test]
fn what_can_not_be_answered_is_one_sentence_and_exit_code_2() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let locked = Mock::new(|_| {
        (
            401,
            "application/json",
            mock::problem("unauthorized", "the console takes a token"),
        )
    });
    let shop = shop::console();
    for (args, part) in [
        (&["errors", free.as_str()][..], "nothing listens there"),
        (&["errors", locked.url.as_str()], "--token-file or in OBS_TOKEN"),
        (&["errors", "http://me:pw@localhost"], "no credentials"),
        (
            &["errors", shop.url.as_str(), "--token-file", "/nonexistent"],
            "can't be read",
        ),
        (&["trace", shop.url.as_str(), "00"], "nothing at this path"),
        (&["open", "/nonexistent"], "can't be read"),
        (&["top", "--once", free.as_str(), "--json"], "nothing listens there"),
    ] {
        let (code, _, errors) = outcome(&run(args));
        assert_eq!((code, errors.lines().count()), (2, 1), "{args:?}: {errors}");
        assert!(
            errors.starts_with("error: ") && errors.contains(part),
            "{args:?}: {errors}"
        );
    }
}

#[test]
fn the_token_of_the_environment_is_sent_and_of_the_file_first() {
    let mock = shop::console();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "of-the-file\n").unwrap();
    let mut command = obs(&["errors", &mock.url]);
    command.env("OBS_TOKEN", "of-the-environment");
    assert_eq!(outcome(&command.output().unwrap()).0, 1);
    assert_eq!(
        mock.requests().last().unwrap().header("authorization"),
        Some("Bearer of-the-environment")
    );
    command.arg("--token-file").arg(&file);
    assert_eq!(outcome(&command.output().unwrap()).0, 1);
    assert_eq!(
        mock.requests().last().unwrap().header("authorization"),
        Some("Bearer of-the-file")
    );
}

#[test]
fn a_tail_prints_lines_until_the_pipe_closes() {
    let mock = Mock::raw(|request, stream| {
        if !request.path.contains("/lines") {
            let body = mock::envelope("{}");
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all((head + &body).as_bytes());
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n{\"event\":\"dropped\",\"count\":2}\n");
        let line = "{\"at\":\"2026-12-01T17:20:00.000Z\",\"level\":\"INFO\",\"target\":\"shop\",\"message\":\"hello\",\"fields\":[{\"key\":\"n\",\"value\":1}]}\n";
        while stream.write_all(line.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut child = obs(&["tail", &mock.url, "level:info"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        assert_eq!(lines.next().unwrap().unwrap(), "17:20:00.000 INFO  shop: hello n=1");
    }
    drop(lines);
    let (code, _, errors) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, 0);
    assert!(errors.contains("2 lines dropped"), "{errors}");
    assert!(
        mock.requests()
            .last()
            .unwrap()
            .path
            .ends_with("/lines?filter=level%3Ainfo&follow=true")
    );
}

#[test]
fn an_exported_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let export = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{TRACE}","spanId":"a","name":"GET /","startTimeUnixNano":"1","endTimeUnixNano":"1000001"}}]}}]}}]}}"#
    );
    fs::write(&file, export).unwrap();
    let (code, text, _) = outcome(&run(&["open", file.to_str().unwrap()]));
    assert_eq!(code, 0);
    assert!(
        text.starts_with(&format!("trace {TRACE}")) && text.contains("GET /"),
        "{text}"
    );
}
