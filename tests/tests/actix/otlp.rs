//! The rows once more, with obs's own provider and exporter and a collector at the other end.

use obs_tests::scenario::{Stage, Wire, check_all, table};

use crate::adapter::Actix;

#[test]
fn every_row_reaches_the_collector() {
    for wire in Wire::ALL {
        assert!(
            check_all(&Actix, wire, &table::all(), Stage::over_otlp) > 0,
            "no row applies"
        );
    }
}
