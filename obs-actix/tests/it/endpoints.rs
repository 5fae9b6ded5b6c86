//! Which endpoint a request is recorded under.

use actix_web::{
    App, HttpResponse,
    dev::{AppService, HttpServiceFactory, ResourceDef, ServiceRequest, fn_service},
    guard,
    test::{TestRequest, call_service, init_service},
    web,
};
use obs_actix::{Endpoint, obs_core::request::Outcome};

use crate::support::{Answer, Watch, get, hello};

/// Serves everything below a prefix, as static files are served.
struct Directory(&'static str);

impl HttpServiceFactory for Directory {
    fn register(self, config: &mut AppService) {
        let pattern = if config.is_root() {
            ResourceDef::root_prefix(self.0)
        } else {
            ResourceDef::prefix(self.0)
        };
        let service =
            fn_service(|request: ServiceRequest| async { Ok(request.into_response(HttpResponse::Ok().body("file"))) });
        config.register_service(pattern, None, service, None);
    }
}

async fn hello_world() -> &'static str {
    "hello"
}

#[actix_web::test]
async fn a_scope_s_prefix_is_part_of_the_endpoint() {
    let watch = Watch::new();
    let scope = web::scope("/api").service(web::scope("/v{version}").configure(hello("/users/{id}")));
    watch
        .ask(get("/api/v1/users/7"), |config| {
            config.service(scope);
        })
        .await;
    assert_eq!(watch.only().endpoint, "/api/v{version}/users/{id}");
}

#[actix_web::test]
async fn inside_a_scope_the_middleware_sees_the_full_pattern() {
    let watch = Watch::new();
    let scope = web::scope("/api")
        .wrap(watch.middleware())
        .configure(hello("/users/{id}"));
    let app = init_service(App::new().service(scope)).await;
    let answer = Answer::of(call_service(&app, get("/api/users/7").to_request()).await).await;
    // The scope boxes the body, which takes its bytes in one piece.
    assert_eq!(answer.body, "hello");
    let ended = watch.only();
    assert_eq!(
        (&*ended.endpoint, ended.outcome, ended.response_bytes),
        ("/api/users/{id}", Outcome::Ok, 5)
    );
}

#[actix_web::test]
async fn what_no_route_matches_is_unmatched() {
    let watch = Watch::new();
    let answer = watch.ask(get("/made/up"), hello("/users/{id}")).await;
    assert_eq!(answer.status, 404);
    let ended = watch.only();
    assert_eq!((&*ended.endpoint, ended.outcome), ("unmatched", Outcome::ClientError));
}

#[actix_web::test]
async fn what_a_default_service_answers_is_unmatched() {
    for path in ["/made/up", "/api/made/up"] {
        let watch = Watch::new();
        watch
            .ask(get(path), |config| {
                config.service(
                    web::scope("/api")
                        .configure(hello("/users"))
                        .default_service(web::to(hello_world)),
                );
                config.default_service(web::to(hello_world));
            })
            .await;
        assert_eq!(watch.only().endpoint, "unmatched", "{path}");
    }
}

#[actix_web::test]
async fn a_method_without_a_route_is_unmatched_where_actix_says_404() {
    for path in ["/users", "/api/users"] {
        let watch = Watch::new();
        let answer = watch
            .ask(TestRequest::put().uri(path), |config| {
                config
                    .configure(hello("/users"))
                    .service(web::scope("/api").configure(hello("/users")));
            })
            .await;
        assert_eq!(answer.status, 404);
        assert_eq!(watch.only().endpoint, "unmatched", "{path}");
        assert_eq!(
            obs_tests::spans::value(&watch.spans.ended()[0], "http.route"),
            None,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_resource_that_answers_405_is_the_endpoint() {
    let watch = Watch::new();
    let resource = web::resource("/users").route(web::get().to(hello_world));
    let answer = watch
        .ask(TestRequest::put().uri("/users"), |config| {
            config.service(resource);
        })
        .await;
    assert_eq!(answer.status, 405);
    assert_eq!(watch.only().endpoint, "/users");
}

#[actix_web::test]
async fn the_resource_that_the_guards_chose_is_the_endpoint() {
    let watch = Watch::new();
    let request = get("/items/7").insert_header(("x-version", "2"));
    watch
        .ask(request, |config| {
            let first = web::resource("/items/{id}").guard(guard::Header("x-version", "1"));
            let second = web::resource("/{kind}/{id}").guard(guard::Header("x-version", "2"));
            config.service(first.to(hello_world)).service(second.to(hello_world));
        })
        .await;
    let ended = watch.only();
    assert_eq!(ended.endpoint, "/{kind}/{id}");
    let span = &watch.spans.ended()[0];
    assert_eq!(span.name, "GET /{kind}/{id}");
    assert_eq!(
        obs_tests::spans::value(span, "http.route"),
        Some(&"/{kind}/{id}".into())
    );
}

#[actix_web::test]
async fn of_two_scopes_with_one_prefix_the_chosen_one_counts() {
    let watch = Watch::new();
    watch
        .ask(get("/api/users/7"), |config| {
            let guarded = web::scope("/api")
                .guard(guard::Header("x-version", "1"))
                .configure(hello("/orders"));
            config
                .service(guarded)
                .service(web::scope("/api").configure(hello("/users/{id}")));
        })
        .await;
    assert_eq!(watch.only().endpoint, "/api/users/{id}");
}

#[actix_web::test]
async fn a_directory_is_recorded_under_its_prefix() {
    for (prefix, path, endpoint) in [
        ("/static", "/static/css/main.css", "/static"),
        ("", "/css/main.css", "/"),
    ] {
        let watch = Watch::new();
        watch
            .ask(get(path), |config| {
                config.service(Directory(prefix));
            })
            .await;
        assert_eq!(watch.only().endpoint, endpoint);
    }
}

#[actix_web::test]
async fn a_tail_pattern_is_the_endpoint() {
    let watch = Watch::new();
    watch.ask(get("/files/a/b/c"), hello("/files/{tail:.*}")).await;
    assert_eq!(watch.only().endpoint, "/files/{tail:.*}");
}

#[actix_web::test]
async fn a_function_names_what_no_pattern_fits() {
    let watch = Watch::new();
    let middleware = watch
        .middleware()
        .endpoint(|request| request.uri.path().starts_with("/legacy/").then_some("/legacy/{page}"));
    let app = App::new()
        .wrap(middleware)
        .configure(hello("/users/{id}"))
        .default_service(web::to(hello_world));
    let app = init_service(app).await;
    for path in ["/legacy/7", "/users/7", "/made/up"] {
        Answer::of(call_service(&app, get(path).to_request()).await).await;
    }
    let endpoints: Vec<_> = watch.ended().into_iter().map(|ended| ended.endpoint).collect();
    assert_eq!(endpoints, ["/legacy/{page}", "/users/{id}", "unmatched"]);
}

#[actix_web::test]
async fn an_endpoint_in_the_response_s_extensions_counts() {
    let watch = Watch::new();
    watch
        .ask(get("/legacy/7"), |config| {
            config.default_service(web::to(|| async {
                let mut response = HttpResponse::Ok().body("hello");
                response.extensions_mut().insert(Endpoint::new("/legacy/{page}"));
                response
            }));
        })
        .await;
    assert_eq!(watch.only().endpoint, "/legacy/{page}");
}

#[actix_web::test]
async fn made_up_paths_and_methods_make_one_series() {
    let watch = Watch::new();
    let app = init_service(App::new().wrap(watch.middleware()).configure(hello("/users/{id}"))).await;
    for index in 0..500 {
        let request = get(&format!("/made/up/{index}")).method(format!("M{index}").parse().unwrap());
        Answer::of(call_service(&app, request.to_request()).await).await;
    }
    let labels = [("method", "_OTHER"), ("endpoint", "unmatched")];
    assert_eq!(watch.page().value("http_requests_total", &labels), Some(500.0));
    assert_eq!(watch.page().series_count("http_requests_total"), 1);
}
