//! The command as people use it: what it says, where it leaves traces, how it ends.

use std::{ffi::OsString, fs, path::Path};

use obs_tests::backends::workspace;
use tempfile::TempDir;

use crate::stage::{Ran, SHOP, Shop, Stack, definition, obs, write};

fn args(command: &str, spec: &Path, out: &Path) -> Vec<OsString> {
    [
        command.as_ref(),
        "--spec".as_ref(),
        spec.as_os_str(),
        "--out".as_ref(),
        out.as_os_str(),
    ]
    .map(ToOwned::to_owned)
    .into()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn generate(spec: &Path, out: &Path) -> Ran {
    obs(args("generate", spec, out))
}

fn check(spec: &Path, out: &Path, more: &[&str]) -> Ran {
    obs(args("check", spec, out)
        .into_iter()
        .chain(more.iter().map(OsString::from)))
}

fn shop() -> std::path::PathBuf {
    workspace().join(SHOP)
}

#[test]
fn a_new_definition_goes_all_the_way() {
    let place = folder();
    let (spec, out) = (place.path().join("obs.yaml"), place.path().join("deploy"));
    let new = [
        "--service",
        "payments",
        "--team",
        "money",
        "--endpoint",
        "POST /payments",
        "--contact",
        "#money",
    ];
    let new = |out: &Path| {
        let all = ["new".as_ref(), "--out".as_ref(), out.as_os_str()]
            .into_iter()
            .chain(new.iter().map(AsRef::as_ref));
        obs(all)
    };
    let ran = new(&spec);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(generate(&spec, &out).code, Some(0));
    let checked = check(&spec, &out, &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let again = new(&spec);
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("exists already"), "{again:?}");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let place = folder();
    let out = place.path().join("obs.yaml");
    let ran = obs(["new".as_ref(), "--out".as_ref(), out.as_os_str()]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.starts_with("error: ") && ran.stderr.contains("--endpoint"),
        "{ran:?}"
    );
    assert!(!out.exists());
}

#[test]
fn a_bad_definition_is_refused_with_its_place_and_nothing_is_written() {
    let place = folder();
    let (spec, out) = (place.path().join("obs.yaml"), place.path().join("deploy"));
    let good = fs::read_to_string(shop()).unwrap();
    let mistakes = [
        (
            "objective: 99.5",
            "objective: 100",
            "100",
            "name: storefront-availability",
        ),
        ("    team: payments\n", "    tean: payments\n", "tean", "tean: payments"),
        ("severity: critical", "severity: fatal", "fatal", "severity: fatal"),
        (
            "endpoint: POST /checkout",
            "endpoint: POST /chekout",
            "/chekout",
            "endpoint: POST /chekout",
        ),
        (
            "metric: cart_abandonment_rate, above: 0.8",
            "metric: x, above: high",
            "high",
            "metric: x",
        ),
    ];
    for (right, wrong, named, place_of) in mistakes {
        let text = good.replacen(right, wrong, 1);
        assert_ne!(text, good, "{right}");
        write(&spec, &text);
        let line = 1 + text.split(place_of).next().unwrap().matches('\n').count();
        let ran = generate(&spec, &out);
        assert_eq!(ran.code, Some(2), "{wrong}: {ran:?}");
        assert!(
            ran.stderr.contains(named) && ran.stderr.contains(&format!("obs.yaml:{line}:")),
            "{wrong} in line {line}: {ran:?}"
        );
        assert!(!out.exists(), "{wrong}");
    }
}

#[test]
fn a_definition_that_is_not_there_is_missed_by_name() {
    let ran = obs(["generate", "--spec", "no/such/obs.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("no/such/obs.yaml") && ran.stderr.contains("obs new"),
        "{ran:?}"
    );
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let place = folder();
    write(&place.path().join("thesis.txt"), "mine");
    let ran = generate(&shop(), place.path());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("thesis.txt"), "{ran:?}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_was_changed_by_hand_is_found_with_its_line() {
    let stack = Stack::generate(SHOP);
    assert_eq!(check(&shop(), &stack.folder(), &[]).code, Some(0));
    let path = stack.path("prometheus/rules/orders.alerts.yml");
    let text = fs::read_to_string(&path).unwrap().replacen("for: 2m", "for: 20m", 1);
    let line = 1 + text.split("for: 20m").next().unwrap().matches('\n').count();
    fs::write(&path, text).unwrap();
    let ran = check(&shop(), &stack.folder(), &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let found = format!("prometheus/rules/orders.alerts.yml:{line}: expected \"    for: 2m\", found \"    for: 20m\"");
    assert!(
        ran.stdout.contains(&found) && ran.stdout.contains("obs generate --spec"),
        "{ran:?}"
    );
}

#[test]
fn an_alert_of_poor_quality_is_found_with_its_line() {
    let place = folder();
    let (spec, out) = (place.path().join("obs.yaml"), place.path().join("deploy"));
    let good = fs::read_to_string(shop()).unwrap();
    let reason = "          cause: no request fails when a form is broken; the shop sells nothing all the same\n";
    let text = good.replacen(reason, "", 1);
    assert_ne!(text, good);
    write(&spec, &text);
    assert_eq!(generate(&spec, &out).code, Some(0));
    let ran = check(&spec, &out, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = 1 + text.split("name: CartsAbandoned").next().unwrap().matches('\n').count();
    assert!(
        ran.stdout.contains(&format!("obs.yaml:{line}:")) && ran.stdout.contains("CartsAbandoned"),
        "{ran:?}"
    );
}

#[test]
fn own_text_in_a_runbook_is_kept_and_is_no_drift() {
    let stack = Stack::generate(SHOP);
    let path = stack.path("runbooks/checkoutfails.md");
    let text = fs::read_to_string(&path).unwrap();
    let own = format!("{text}\n## What we learnt\n\nAsk the bank first.\n");
    fs::write(&path, &own).unwrap();
    assert_eq!(generate(&shop(), &stack.folder()).code, Some(0));
    assert!(fs::read_to_string(&path).unwrap().contains("Ask the bank first."));
    assert_eq!(check(&shop(), &stack.folder(), &[]).code, Some(0));
}

#[test]
fn a_running_service_has_what_the_files_read() {
    let stack = Stack::generate(SHOP);
    let shop_runs = Shop::open("60", "30");
    let pages: Vec<String> = shop_runs
        .services
        .iter()
        .map(|(name, addr)| format!("--page={name}=http://{addr}/metrics"))
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    // A metric is on the page from its first use on.
    obs_tests::eventually_ok(std::time::Duration::from_secs(60), || {
        let ran = check(&shop(), &stack.folder(), &pages);
        if ran.code == Some(0) { Ok(()) } else { Err(ran) }
    });
}

#[test]
fn a_running_service_that_lacks_a_metric_or_a_bucket_is_found() {
    let stack = Stack::generate(SHOP);
    let page = stack.path("page.local.txt");
    write(
        &page,
        "# TYPE http_request_duration_seconds histogram\nhttp_request_duration_seconds_bucket{le=\"0.5\"} 1\n",
    );
    let given = format!("storefront={}", page.display());
    let ran = check(&shop(), &stack.folder(), &["--page", &given]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout
            .contains("storefront: http_request_duration_seconds_bucket has no bucket le=\"0.3\""),
        "{ran:?}"
    );
    assert!(
        ran.stdout
            .contains("storefront: http_requests_total is not on the page"),
        "{ran:?}"
    );
}

#[test]
fn a_page_that_can_not_be_fetched_is_an_error() {
    let stack = Stack::generate(SHOP);
    for (given, said) in [
        (
            "storefront=http://127.0.0.1:1/metrics",
            "http://127.0.0.1:1/metrics: the metrics page",
        ),
        ("storefront=https://a.example", "curl"),
        ("nobody=x", "there is no service \"nobody\""),
        ("storefront", "SERVICE=PAGE"),
        ("storefront=/no/such/page", "/no/such/page"),
    ] {
        let ran = check(&shop(), &stack.folder(), &["--page", given]);
        assert_eq!(ran.code, Some(2), "{given}: {ran:?}");
        assert!(ran.stderr.contains(said), "{given}: {ran:?}");
    }
}

#[test]
fn an_unreachable_target_is_reported_and_the_others_are_checked() {
    let stack = Stack::generate(SHOP);
    let page = stack.path("page.local.txt");
    write(&page, "# TYPE http_requests_total counter\n");
    let (away, there) = (
        "orders=http://127.0.0.1:1/metrics",
        format!("storefront={}", page.display()),
    );
    let ran = check(
        &shop(),
        &stack.folder(),
        &["--page", away, "--page", &there, "--running"],
    );
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr
            .contains("error: http://127.0.0.1:1/metrics: the metrics page could not be fetched"),
        "{ran:?}"
    );
    assert!(
        ran.stdout
            .contains("storefront: http_request_duration_seconds_bucket is not on the page"),
        "{ran:?}"
    );
    let targets = definition(SHOP)
        .services
        .iter()
        .map(|service| service.targets.len())
        .sum::<usize>();
    assert!(
        ran.stdout
            .contains(&format!(" of {} could not be fetched; ", targets + 2)),
        "{ran:?}"
    );
}

#[test]
fn help_is_not_an_error() {
    for args in [
        &["--help"][..],
        &["generate", "--help"],
        &["check", "--help"],
        &["--version"],
    ] {
        let ran = obs(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stderr.is_empty() && !ran.stdout.is_empty());
    }
    assert_eq!(obs(["generat"]).code, Some(2));
}

#[test]
fn shells_complete_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = obs(["completions", shell]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for command in ["new", "generate", "check", "test", "completions"] {
            assert!(ran.stdout.contains(command), "{shell} {command}");
        }
    }
}

#[test]
fn nothing_to_test_is_an_error() {
    let place = folder();
    let ran = obs(["test".as_ref(), "--out".as_ref(), place.path().as_os_str()]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("obs generate"), "{ran:?}");
}
