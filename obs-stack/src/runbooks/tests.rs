use obs_rules::definition::Definition;
use proptest::prelude::*;

use super::{
    files,
    merge::{Piece, is_mark, part, split},
    merged, path, url,
};

const VIEWS: &str = include_str!("../../tests/definitions/views.yaml");

fn definition() -> Definition {
    Definition::parse(VIEWS, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_alert_has_a_runbook_that_its_address_points_at() {
    let definition = definition();
    let files = files(&definition);
    for alert in definition.services.iter().flat_map(|service| &service.alerts) {
        let path = path(alert);
        assert!(files.iter().any(|file| file.path == path), "{path}");
        let address = url(&definition, alert).unwrap();
        let name = path.trim_start_matches("runbooks/").trim_end_matches(".md");
        assert_eq!(address, format!("https://wiki.example.com/runbooks/{name}"));
    }
}

#[test]
fn a_runbook_has_its_six_parts_and_ready_queries() {
    for file in files(&definition())
        .iter()
        .filter(|file| file.path != "runbooks/README.md")
    {
        let names: Vec<_> = split(&file.content).iter().filter_map(Piece::name).collect();
        assert_eq!(
            names,
            ["head", "meaning", "impact", "diagnosis", "mitigation", "escalation"],
            "{}",
            file.path
        );
        for text in [
            "```promql",
            "```logql",
            "```traceql",
            "https://grafana.example.com/d/obs-overview-",
        ] {
            assert!(file.content.contains(text), "{}: {text}", file.path);
        }
    }
}

#[test]
fn the_runbook_of_an_exhausted_connection_pool_exists() {
    let files = files(&definition());
    let file = files
        .iter()
        .find(|file| file.path.ends_with("/databaseconnectionpoolexhausted.md"))
        .unwrap();
    for text in [
        "Failed database writes",
        "User-facing errors",
        "long-running queries",
        "blocking sessions",
        "Scale up",
    ] {
        assert!(file.content.contains(text), "{text}");
    }
}

#[test]
fn own_text_is_kept_where_it_stands() {
    let old = format!("# Mine\n{}\nbetween\n\n{}end", part("a", "old a"), part("b", "old b"));
    let new = [part("a", "new a"), part("b", "new b")].join("\n");
    assert_eq!(
        merged(&old, &new),
        format!("# Mine\n{}\nbetween\n\n{}end", part("a", "new a"), part("b", "new b"))
    );
}

#[test]
fn parts_that_were_moved_stay_where_they_are() {
    let old = format!("{}\n{}", part("b", "old"), part("a", "old"));
    let new = [part("a", "new"), part("b", "new")].join("\n");
    assert_eq!(
        merged(&old, &new),
        format!("{}\n{}", part("b", "new"), part("a", "new"))
    );
}

#[test]
fn old_parts_go_and_new_ones_come_at_the_end() {
    let old = format!("{}mine\n", part("gone", "old"));
    assert_eq!(
        merged(&old, &part("new", "text")),
        format!("mine\n\n{}", part("new", "text"))
    );
}

#[test]
fn a_file_that_somebody_wrote_by_hand_is_kept_whole() {
    let mine = "# My runbook\n\nCall Ann.";
    assert_eq!(
        merged(mine, &part("a", "text")),
        format!("{mine}\n\n{}", part("a", "text"))
    );
    assert_eq!(merged("", &part("a", "text")), part("a", "text"));
}

#[test]
fn the_text_of_a_part_that_lost_its_end_is_kept_as_own_text() {
    let text = merged("<!-- obs:begin a -->\nold\n", &part("a", "new"));
    assert_eq!(text, format!("old\n\n{}", part("a", "new")));
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        Just("<!-- obs:begin a -->".to_owned()),
        Just("<!-- obs:end a -->".to_owned()),
        Just("<!-- obs:begin b -->".to_owned()),
        Just("<!-- obs:end b -->".to_owned()),
    ]
}

proptest! {
    #[test]
    fn pieces_together_are_the_text(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        let pieces: String = split(&text).iter().map(Piece::text).collect();
        prop_assert_eq!(pieces, text);
    }

    #[test]
    fn no_own_text_is_lost(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        let result = merged(&text, &[part("a", "x"), part("c", "y")].join("\n"));
        let own = |text: &str| -> String {
            let own = split(text).into_iter().filter(|piece| piece.name().is_none());
            let own: String = own.map(|piece| piece.text()).collect();
            own.lines().filter(|line| !is_mark(line)).flat_map(str::split_whitespace).collect()
        };
        prop_assert_eq!(own(&result), own(&text));
    }

    #[test]
    fn writing_again_changes_nothing(lines in prop::collection::vec(line(), 0..12)) {
        let generated = [part("a", "x"), part("b", "y")].join("\n");
        let once = merged(&lines.join("\n"), &generated);
        prop_assert_eq!(merged(&once, &generated), once);
    }
}
