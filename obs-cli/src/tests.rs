use clap::{CommandFactory as _, Parser as _};
use obs_rules::definition::Definition;
use proptest::prelude::*;

use super::{
    args::{Args, Command, NewArgs},
    new::{Answers, Questions, definition, prompted},
    outcome::count,
};

fn new_args(args: &[&str]) -> NewArgs {
    let all = ["obs", "new"].into_iter().chain(args.iter().copied());
    match Args::try_parse_from(all).unwrap().command {
        Command::New(args) => args,
        other => panic!("{other:?}"),
    }
}

fn answers() -> Answers {
    Answers {
        service: "payments".to_owned(),
        team: "money".to_owned(),
        contact: "#money: on-call".to_owned(),
        environment: "production".to_owned(),
        targets: vec!["payments:8080".to_owned(), "[::1]:8080".to_owned()],
        endpoints: vec!["GET /payments/{id}".to_owned(), "POST /payments".to_owned()],
        objective: "99.95".to_owned(),
    }
}

#[test]
fn the_command_line_is_consistent() {
    Args::command().debug_assert();
}

#[test]
fn every_command_has_examples() {
    for command in Args::command().get_subcommands() {
        let help = command
            .get_after_help()
            .unwrap_or_else(|| panic!("{command}"))
            .to_string();
        assert!(help.contains("Examples:\n  obs "), "{command}: {help}");
        assert!(!help.contains("///"), "{command}: {help}");
    }
}

#[test]
fn a_new_definition_has_the_given_values() {
    let definition = Definition::parse(&definition(&answers()), "obs.yaml").unwrap();
    let service = &definition.services[0];
    assert_eq!((service.name.as_str(), service.team.as_str()), ("payments", "money"));
    assert_eq!(definition.teams[0].contact.as_deref(), Some("#money: on-call"));
    assert_eq!(service.targets, ["payments:8080", "[::1]:8080"]);
    assert_eq!(service.endpoints[0].template, "/payments/{id}");
    assert!((service.slos[0].objective() - 0.9995).abs() < 1e-12);
    assert!(definition.defects().is_empty());
}

#[test]
fn invalid_values_are_reported_by_name() {
    let bad = Answers {
        objective: "100".to_owned(),
        service: "Pay ments".to_owned(),
        ..answers()
    };
    let error = Definition::parse(&definition(&bad), "obs.yaml")
        .unwrap_err()
        .to_string();
    assert!(error.contains("\"Pay ments\"") && error.contains("100"), "{error}");
}

#[test]
fn values_without_a_flag_are_asked_for() {
    let typed = "payments\n\n#money\n\n\n\nGET /a\nPOST /b\n\n";
    let mut shown = Vec::new();
    let answers = prompted(&new_args(&[]), &mut Questions::new(typed.as_bytes(), &mut shown)).unwrap();
    assert_eq!(answers.service, "payments");
    assert_eq!(answers.team, "payments", "the service's name is a team's first guess");
    assert_eq!(answers.contact, "#money");
    assert_eq!(answers.endpoints, ["GET /a", "POST /b"]);
    assert!(
        String::from_utf8(shown)
            .unwrap()
            .contains("Team that runs it [payments]: ")
    );
}

#[test]
fn values_with_a_flag_are_not_asked_for() {
    let args = [
        "--service",
        "a",
        "--team",
        "t",
        "--contact",
        "#c",
        "--environment",
        "e",
        "--target",
        "h:1",
    ];
    let more = ["--endpoint", "GET /", "--objective", "99"];
    let all: Vec<_> = args.into_iter().chain(more).collect();
    let answers = prompted(&new_args(&all), &mut Questions::new(&b""[..], Vec::new())).unwrap();
    assert_eq!(
        (answers.objective.as_str(), answers.targets),
        ("99", vec!["h:1".to_owned()])
    );
}

#[test]
fn the_end_of_the_input_is_an_error() {
    let error = prompted(&new_args(&[]), &mut Questions::new(&b"\n\n"[..], Vec::new())).unwrap_err();
    assert!(error.to_string().contains("Name of the service"), "{error}");
}

#[test]
fn counts_have_a_plural() {
    assert_eq!(
        (count(1, "file"), count(0, "file")),
        ("1 file".to_owned(), "0 files".to_owned())
    );
}

proptest! {
    /// Any answer is either in the definition unchanged, or makes it invalid.
    #[test]
    fn an_answer_is_read_back_unchanged_or_refused(contact in "\\PC{1,20}", environment in "[a-z0-9-]{1,12}") {
        let given = Answers { contact: contact.clone(), environment: environment.clone(), ..answers() };
        if let Ok(read) = Definition::parse(&definition(&given), "obs.yaml") {
            prop_assert_eq!(read.teams[0].contact.as_deref(), Some(contact.as_str()));
            prop_assert_eq!(&read.services[0].environment, &environment);
        }
    }
}
