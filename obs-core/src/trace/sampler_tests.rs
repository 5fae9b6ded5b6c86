use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::environment::Notices;

const ON: TraceFlags = TraceFlags::new_root(true);
const OFF: TraceFlags = TraceFlags::new_root(false);

fn from_env(sampler: &str, arg: Option<&str>) -> Result<Sampler, InitError> {
    let env = |name: &str| match name {
        SAMPLER => Some(sampler.to_owned()),
        SAMPLER_ARG => arg.map(str::to_owned),
        _ => None,
    };
    Sampler::from_settings(None, &Sampling::new(), Env::without_notices(&env))
}

fn from_code(ratio: f64) -> Result<Sampler, InitError> {
    Sampler::from_settings(
        Some(ratio),
        &Sampling::new(),
        Env::without_notices(&|_| Some("nonsense".to_owned())),
    )
}

fn with(ratio: f64, sampling: &Sampling) -> Sampler {
    Sampler::from_settings(Some(ratio), sampling, Env::without_notices(&|_| None)).unwrap()
}

/// An id in the upper half of those that decide.
fn upper() -> TraceId {
    TraceId::new(1 << 63 | 5).unwrap()
}

fn decisions(sampler: &Sampler) -> [bool; 3] {
    let id = upper();
    [
        sampler.samples_root(id, None),
        sampler.samples_child(ON, id, None),
        sampler.samples_child(OFF, id, None),
    ]
}

#[test]
fn each_sampler_of_the_standard_decides_as_it_says() {
    for (name, arg, expected) in [
        ("always_on", None, [true, true, true]),
        ("always_off", None, [false, false, false]),
        ("traceidratio", Some("0.25"), [false, false, false]),
        ("traceidratio", None, [true, true, true]),
        ("parentbased_always_on", Some("ignored"), [true, true, false]),
        ("parentbased_always_off", None, [false, true, false]),
        ("parentbased_traceidratio", Some("0.25"), [false, true, false]),
        ("ParentBased_TraceIdRatio", Some(" 1 "), [true, true, false]),
        ("", None, [true, true, false]),
    ] {
        assert_eq!(decisions(&from_env(name, arg).unwrap()), expected, "{name} {arg:?}");
    }
}

#[test]
fn a_ratio_from_code_beats_the_environment_and_lets_the_caller_decide() {
    assert_eq!(decisions(&from_code(0.0).unwrap()), [false, true, false]);
    assert_eq!(decisions(&from_code(1.0).unwrap()), [true, true, false]);
}

#[test]
fn an_impossible_ratio_is_refused_by_name() {
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let error = from_code(bad).unwrap_err().to_string();
        assert!(
            error.starts_with("sample_ratio is ") && error.contains("0.0"),
            "{error}"
        );
        let of_route = Sampler::from_settings(None, &Sampling::new().route("/x", bad), Env::without_notices(&|_| None));
        let error = of_route.unwrap_err().to_string();
        assert!(
            error.starts_with("sampling.route is ") && error.contains("0.0"),
            "{error}"
        );
    }
}

/// The sampler of these variables, and what is said about them.
fn told(sampler: &str, arg: Option<&str>) -> (Sampler, Vec<String>) {
    let env = |name: &str| match name {
        SAMPLER => Some(sampler.to_owned()),
        SAMPLER_ARG => arg.map(str::to_owned),
        _ => None,
    };
    let notices = Notices::default();
    (
        Sampler::from_settings(None, &Sampling::new(), Env::new(&env, &notices)).unwrap(),
        notices.take(),
    )
}

#[test]
fn an_impossible_ratio_of_the_environment_is_told_and_counts_as_none() {
    for bad in ["NaN", "2", "-1", "half", "0,5"] {
        let (sampler, notices) = told("traceidratio", Some(bad));
        assert_eq!(decisions(&sampler), [true, true, true], "{bad}");
        assert!(
            notices
                .concat()
                .starts_with(&format!("OTEL_TRACES_SAMPLER_ARG is \"{bad}\"")),
            "{notices:?}"
        );
    }
    for unused in ["always_on", "parentbased_always_off", ""] {
        let (_, notices) = told(unused, Some("0.5"));
        assert!(
            notices.concat().contains("OTEL_TRACES_SAMPLER_ARG is ignored"),
            "{notices:?}"
        );
    }
}

#[test]
fn an_unknown_sampler_is_told_and_ignored() {
    for bad in ["jaeger_remote", "xray", "parentbased_", "on"] {
        let (sampler, notices) = told(bad, None);
        assert_eq!(decisions(&sampler), [true, true, false], "{bad}");
        let notice = notices.concat();
        assert!(
            notice.starts_with("OTEL_TRACES_SAMPLER is ") && notice.contains("parentbased_always_on"),
            "{notice}"
        );
    }
}

#[test]
fn a_route_has_its_own_ratio_and_all_others_the_general_one() {
    let sampler = with(
        1.0,
        &Sampling::new()
            .route("/a", 0.25)
            .route("/bb", 1.0)
            .route("/b/{id}", 0.0),
    );
    for (route, expected) in [
        (Some("/a"), false),
        (Some("/bb"), true),
        (Some("/b/{id}"), false),
        (Some("/c"), true),
        (None, true),
    ] {
        assert_eq!(sampler.samples_root(upper(), route), expected, "{route:?}");
    }
}

#[test]
fn the_lists_beat_ratio_and_limit() {
    let sampling = Sampling::new().always("/always").never("/never").per_second(1.0);
    let sampler = with(0.0, &sampling);
    assert!((0..10).all(|_| sampler.samples_root(upper(), Some("/always"))));
    let sampler = with(1.0, &sampling);
    assert!((0..10).all(|_| !sampler.samples_root(upper(), Some("/never"))));
    assert!(
        sampler.samples_root(upper(), None),
        "the lists have not used up the limit"
    );
}

#[test]
fn the_limit_counts_what_the_ratio_takes_in() {
    let sampler = with(0.25, &Sampling::new().per_second(0.001));
    assert!((0..10).all(|_| !sampler.samples_root(upper(), None)));
    let low = TraceId::new(2).unwrap();
    assert_eq!((0..10).filter(|_| sampler.samples_root(low, None)).count(), 1);
}

#[test]
fn a_callers_decision_beats_lists_ratios_and_limit() {
    let sampling = Sampling::new()
        .always("/always")
        .never("/never")
        .route("/route", 0.0)
        .per_second(0.001);
    let sampler = with(1.0, &sampling);
    for route in ["/always", "/never", "/route", "/other"] {
        for _ in 0..3 {
            assert!(sampler.samples_child(ON, upper(), Some(route)), "{route}");
            assert!(!sampler.samples_child(OFF, upper(), Some(route)), "{route}");
        }
    }
    assert!(sampler.samples_root(upper(), None), "they have not used up the limit");
}

#[test]
fn without_parent_based_sampling_the_lists_hold_for_callers_too() {
    let env = |name: &str| (name == SAMPLER).then(|| "always_on".to_owned());
    let sampler = Sampler::from_settings(None, &Sampling::new().never("/never"), Env::without_notices(&env)).unwrap();
    assert!(!sampler.samples_child(ON, upper(), Some("/never")));
    assert!(sampler.samples_child(OFF, upper(), Some("/other")));
}

#[test]
fn the_last_word_on_a_route_holds() {
    let sampler = with(1.0, &Sampling::new().always("/x").route("/x", 0.5).never("/x"));
    assert!(!sampler.samples_root(upper(), Some("/x")));
}

proptest! {
    #[test]
    fn we_decide_by_ratio_as_the_sdk_does(id in 1u128.., ratio in 0.0f64..=1.0) {
        let theirs = opentelemetry_sdk::trace::Sampler::TraceIdRatioBased(ratio)
            .should_sample(None, OtelTraceId::from(id), "", &SpanKind::Server, &[], &[])
            .decision;
        let ours = from_code(ratio).unwrap().samples_root(TraceId::new(id).unwrap(), None);
        prop_assert_eq!(ours, theirs == SamplingDecision::RecordAndSample);
    }

    #[test]
    fn a_rule_is_found_among_any_others(
        templates in prop::collection::hash_set("/[a-c]{0,4}", 1..40),
        asked in "/[a-c]{0,4}",
    ) {
        let sampling = templates.iter().fold(Sampling::new(), Sampling::never);
        let sampler = with(1.0, &sampling);
        prop_assert_eq!(sampler.samples_root(upper(), Some(&asked)), !templates.contains(&asked));
    }
}

#[test]
fn a_route_is_boosted_for_a_time_and_never_sampled_less() {
    let sampling = Sampling::new().never("/health").route("/search", 0.5);
    let sampler = with(0.0, &sampling);
    let share = |route: &'static str| {
        let sampled = (0..1_000).filter(|_| sampler.samples_root(TraceId::random(), Some(route)));
        sampled.count()
    };
    let hour = Duration::from_secs(3_600);
    let orders = sampler.boosts().add("/orders", 1.0, hour).unwrap();
    sampler.boosts().add("/health", 1.0, hour).unwrap();
    sampler.boosts().add("/search", 0.1, hour).unwrap();
    assert_eq!((share("/orders"), share("/health"), share("/other")), (1_000, 1_000, 0));
    assert!((300..700).contains(&share("/search")));
    assert!(!sampler.samples_root(TraceId::random(), None));
    assert!(sampler.boosts().end(orders) && !sampler.boosts().end(orders));
    assert_eq!(share("/orders"), 0);
    assert_eq!(sampler.boosts().list().len(), 2);
    assert!(
        sampler
            .boosts()
            .add("/orders", 1.5, hour)
            .unwrap_err()
            .to_string()
            .contains("1.5")
    );
    assert!(sampler.boosts().add("/orders", 0.5, Duration::ZERO).is_err());
}
