use proptest::prelude::*;

use super::{config_maps, object};
use crate::File;

#[test]
fn names_become_those_of_objects() {
    assert_eq!(object::name("Payment Service_2"), "payment-service-2");
    assert_eq!(object::name("-a.b-"), "a.b");
    assert_eq!(object::name("é"), "unnamed");
    assert_eq!(object::name(&"x".repeat(300)).len(), 253);
    assert_ne!(object::name(&("x".repeat(300) + "a")), object::name(&("x".repeat(300) + "b")));
}

#[test]
fn a_dashboard_becomes_an_object_that_holds_it() {
    let files = [
        File::new("grafana/dashboards/orders-overview.json", "{\"title\": \"a: b\"}\n"),
        File::new("grafana/provisioning/x.yaml", ""),
    ];
    let maps = config_maps::of_dashboards(&files);
    assert_eq!(maps.len(), 1);
    assert_eq!(maps[0].path, "kubernetes/orders-overview.configmap.yaml");
    let map: serde_json::Value = serde_saphyr::from_str(&maps[0].content).unwrap();
    assert_eq!(map["metadata"]["name"], "dashboard-orders-overview");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(map["data"]["orders-overview.json"], "{\"title\":\"a: b\"}");
}

proptest! {
    #[test]
    fn any_name_becomes_one_of_an_object(text in any::<String>()) {
        let name = object::name(&text);
        let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        prop_assert!(name.starts_with(is_end) && name.ends_with(is_end) && name.len() <= 253);
        prop_assert!(name.chars().all(|c| is_end(c) || c == '-' || c == '.'));
    }
}
