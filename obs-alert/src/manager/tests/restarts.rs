//! What outlives incidents and processes.

use super::{NoData, world::World};

/// Fires, and notifies all channels.
fn firing(alert: usize) -> World {
    let mut world = World::new();
    world.set(alert, true);
    (0..4).for_each(|_| drop(world.tick()));
    world
}

#[test]
fn a_second_incident_is_told_within_the_cooldown_of_the_first_one_that_was_told_to_be_over() {
    let mut world = firing(1);
    world.set(1, false);
    assert_eq!(world.words(), "one:RB two:RB");
    world.set(1, true);
    assert_eq!([world.words(), world.words(), world.words()], ["", "", "one:FB two:FB"]);
}

#[test]
fn whoever_was_told_of_a_series_is_told_after_a_restart_that_it_is_over() {
    for (is_clean, away) in [(true, 30), (false, 30), (true, 7_200), (false, 7_200)] {
        let mut world = firing(2);
        world.set(2, false);
        world.restart(is_clean, away, Some(0));
        assert_eq!(
            world.words(),
            "one:RFull/x two:RFull/x",
            "clean {is_clean}, away {away} s"
        );
    }
}

#[test]
fn whoever_was_told_of_an_alert_is_told_after_a_restart_without_its_rule_that_it_is_over() {
    let mut world = firing(0);
    world.has_rule[0] = false;
    world.restart(true, 30, Some(0));
    assert_eq!(world.words(), "one:RA two:RA");
}

#[test]
fn a_channel_that_was_down_for_an_hour_is_told_that_an_alert_is_over() {
    let mut world = firing(0);
    world.set(0, false);
    world.set_channel(0, false);
    assert_eq!(world.words(), "two:RA");
    for _ in 0..360 {
        assert_eq!(world.words(), "");
    }
    world.restart(true, 30, Some(0));
    world.set_channel(0, true);
    assert_eq!(world.words(), "one:RA");
}

#[test]
fn a_replaced_channel_of_the_same_name_is_told_of_what_fires() {
    let mut world = firing(1);
    world.replace_channel(0);
    assert_eq!(world.words(), "one:FB");
}

#[test]
fn a_pending_alert_neither_forgets_nor_jumps_over_a_restart() {
    for (is_clean, away, expected) in [
        (true, 0, ["", "one:FB quiet:FB two:FB"]),
        (false, 0, ["", "one:FB quiet:FB two:FB"]),
        (true, 7_200, ["", ""]),
    ] {
        let mut world = World::new();
        world.set(1, true);
        world.tick();
        world.restart(is_clean, away, Some(0));
        assert_eq!(
            [world.words(), world.words()],
            expected,
            "clean {is_clean}, away {away} s"
        );
    }
}

#[test]
fn a_wall_clock_that_jumps_delays_no_notification() {
    for by in [Some(-86_400), None, Some(-3_600), Some(86_400)] {
        let mut world = firing(0);
        world.set_wall(by);
        let notified: Vec<_> = (0..5).map(|_| world.words()).collect();
        assert_eq!(
            notified.iter().filter(|notified| !notified.is_empty()).count(),
            1,
            "{by:?}: {notified:?}"
        );
        world.restart(true, 0, by);
        world.set(0, false);
        assert_eq!(world.words(), "one:RA two:RA", "{by:?}");
        world.set(0, true);
        let notified: Vec<_> = (0..7).map(|_| world.words()).collect();
        assert!(notified[0].starts_with("one:FA"), "{by:?}: {notified:?}");
    }
}

#[test]
fn a_condition_that_fails_after_an_outage_of_hours_does_not_end_what_fired() {
    let mut world = firing(0);
    world.set_broken(true);
    world.restart(true, 7_200, Some(0));
    assert!(!world.words().contains('R'), "nobody knows");
    world.set_broken(false);
    world.set(0, false);
    assert_eq!(world.words(), "one:RA two:RA");
}

#[test]
fn a_kept_alert_of_a_series_that_is_gone_is_kept_over_a_restart() {
    let mut world = World::new();
    world.no_data = NoData::Keep;
    world.restart(true, 0, Some(0));
    world.set(2, true);
    (0..2).for_each(|_| drop(world.tick()));
    world.has_gauges = false;
    world.restart(false, 0, Some(0));
    (0..2).for_each(|_| assert!(!world.words().contains('R')));
    world.has_gauges = true;
    world.set(2, false);
    assert_eq!(world.words(), "one:RFull/x two:RFull/x");
}
