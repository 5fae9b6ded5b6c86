//! What all answers have.

use super::objects;

objects! {
    /// What is around the data of an answer.
    Envelope {
        service: Service,
        now: String,
        window: Option<Window>,
        left_out: Vec<LeftOut>,
        next: Option<String>,
    }

    /// A service.
    Service {
        name: String,
        version: Option<String>,
        environment: Option<String>,
        instance: Option<String>,
    }

    /// A time window.
    Window {
        from: String,
        to: String,
    }

    /// Something that is missing.
    LeftOut {
        what: String,
        count: Option<u64>,
        why: String,
    }

    /// A label.
    Label {
        key: String,
        value: String,
    }
}
