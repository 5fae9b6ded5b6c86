//! The traffic.

/// A request and its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: Option<&'static str>,
    /// The template of the path, as both frameworks have it.
    pub(crate) route: &'static str,
    pub(crate) body: &'static str,
    pub(crate) status: u16,
    /// The body of the answer.
    pub(crate) answer: &'static str,
}

const GET: Exchange = Exchange {
    method: "GET",
    path: "/",
    query: None,
    route: "/",
    body: "",
    status: 200,
    answer: "",
};

/// All of it, in its order.
pub(crate) const TRAFFIC: [Exchange; 6] = [
    Exchange {
        path: "/health",
        route: "/health",
        answer: r#"{"ok":true}"#,
        ..GET
    },
    USER,
    Exchange {
        query: Some("fields=name&verbose=true"),
        ..USER
    },
    Exchange {
        method: "POST",
        path: "/items",
        route: "/items",
        body: r#"{"name": "widget"}"#,
        status: 201,
        answer: r#"{"created":true,"payload":{"name":"widget"}}"#,
        ..GET
    },
    Exchange {
        path: "/status/404",
        route: "/status/{code}",
        status: 404,
        answer: r#"{"message":"status 404"}"#,
        ..GET
    },
    Exchange {
        path: "/status/500",
        route: "/status/{code}",
        status: 500,
        answer: r#"{"message":"status 500"}"#,
        ..GET
    },
];

const USER: Exchange = Exchange {
    path: "/users/123",
    route: "/users/{id}",
    answer: r#"{"id":123,"name":"Alice"}"#,
    ..GET
};

// === impl Exchange ===

impl Exchange {
    /// Path and query.
    pub(crate) fn target(&self) -> String {
        match self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.to_owned(),
        }
    }
}
