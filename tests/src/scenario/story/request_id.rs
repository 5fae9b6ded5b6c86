//! Request ids in a header of the application's own choice.

use obs_core::names::{header, log};

use crate::{
    DEADLINE,
    scenario::{Adapter, Does, Route, Settings, Stage, Wire, ask_all, get, status},
};

/// The header of the instance: as it is set, and as it is sent.
const SET: &str = "X-Correlation-ID";
const SENT: &str = "x-correlation-id";

/// The id is read from the header that the builder names, echoed in it and sent on in it; `x-request-id` means nothing.
#[track_caller]
pub fn request_ids_have_the_header_that_the_builder_names(adapter: &dyn Adapter, wire: Wire) {
    let settings = Settings::default();
    let stage = Stage::in_memory_with(|builder| builder.request_id_header(SET));
    let routes = [Route::new("/users/{id}", Does::Tell), Route::new("/fails", status(503))];
    let server = stage.serve(adapter, &routes, &settings);
    let asks = [
        get("/users/7")
            .header(SENT, "order-1")
            .header(header::REQUEST_ID, "other"),
        get("/users/7")
            .header(SENT, "not an id")
            .header(header::REQUEST_ID, "other"),
        get("/fails").header(SENT, "order-2"),
    ];
    let answers = ask_all(wire, server.addr(), &asks);
    assert!(stage.wait_finished(asks.len()));
    assert!(server.stop(DEADLINE));
    stage.flush(asks.len());
    let echoed: Vec<_> = answers
        .iter()
        .map(|answer| answer.header(SENT).unwrap_or_default())
        .collect();
    assert_eq!((echoed[0], echoed[2]), ("order-1", "order-2"));
    assert_eq!(echoed[1].len(), 36, "a new id: {echoed:?}");
    for (answer, id) in answers.iter().zip(&echoed) {
        assert_eq!(answer.header(header::REQUEST_ID), None);
        if answer.status == 200 {
            let sent_on = answer.header(&format!("x-sent-{SENT}"));
            assert_eq!((sent_on, answer.header("x-seen-request-id")), (Some(*id), Some(*id)));
        }
    }
    let lines = stage.lines();
    let mut logged: Vec<_> = lines.iter().map(|line| line.str(log::REQUEST_ID)).collect();
    logged.sort_unstable();
    let mut expected = echoed.clone();
    expected.sort_unstable();
    assert_eq!(logged, expected);
}
