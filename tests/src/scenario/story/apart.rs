//! Two instances in one process.

use obs_core::names::log;

use crate::{
    DEADLINE,
    scenario::{Adapter, Does, Route, Settings, Stage, Wire, ask_all, get},
};

/// What one instance records, the other one doesn't see.
#[track_caller]
pub fn two_instances_do_not_meet(adapter: &dyn Adapter, wire: Wire) {
    let settings = Settings::default();
    let stages = [Stage::in_memory(), Stage::in_memory()];
    let works = Does::run(|| async {
        tracing::info!("working");
        crate::scenario::text("done")
    });
    let route = [Route::new("/users/{id}", works)];
    let servers = stages.each_ref().map(|stage| stage.serve(adapter, &route, &settings));
    for (index, server) in servers.iter().enumerate() {
        let asks = vec![get("/users/7").header("x-request-id", format!("of-{index}")); index + 1];
        let answers = ask_all(wire, server.addr(), &asks);
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    }
    for (index, (stage, server)) in stages.iter().zip(servers).enumerate() {
        let requests = index + 1;
        assert!(stage.wait_finished(requests));
        assert!(server.stop(DEADLINE));
        stage.flush(requests);
        #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
        let counted = requests as f64;
        assert_eq!(
            stage.page().sum("http_requests_total", &[]),
            counted,
            "requests of instance {index}"
        );
        assert_eq!(stage.spans().len(), requests, "spans of instance {index}");
        let lines = stage.lines();
        assert_eq!(lines.len(), 2 * requests, "lines of instance {index}: {lines:?}");
        for line in lines {
            assert_eq!(line.str(log::REQUEST_ID), format!("of-{index}"));
        }
    }
}
