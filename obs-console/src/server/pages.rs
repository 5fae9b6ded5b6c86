//! The document of the pages, and the page of the login.

use super::{assets::Asset, request::ConsoleRequest, response::ConsoleResponse};
use crate::query::Problem;

const HTML: &str = "text/html; charset=utf-8";
const INDEX: &str = include_str!("../../assets/index.html");

/// The document that all pages are.
pub(super) fn index(request: &ConsoleRequest<'_>) -> ConsoleResponse {
    let text = INDEX
        .replace("{{base}}", &escaped(request.mount))
        .replace("{{app.js}}", Asset::Script.name())
        .replace("{{app.css}}", Asset::Style.name());
    ConsoleResponse::new(200, HTML, text)
}

/// A problem for people: of a login, with the form for a token.
pub(super) fn problem(request: &ConsoleRequest<'_>, problem: &Problem) -> ConsoleResponse {
    let message = escaped(&problem.message);
    let form = if problem.status == 401 {
        form(request)
    } else {
        String::new()
    };
    // A browser sends no cookie with a request that a link of another site makes; the page itself may ask again.
    let again = if problem.status == 401 && request.says("sec-fetch-site", "cross-site") {
        "<meta http-equiv=\"refresh\" content=\"0\">"
    } else {
        ""
    };
    let (base, style) = (escaped(request.mount), Asset::Style.name());
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">{again}\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>obs</title>\n\
         <link rel=\"stylesheet\" href=\"{base}/assets/{style}\">\n</head>\n\
         <body class=\"plain\">\n<main>\n<h1>obs</h1>\n<p>{message}</p>\n{form}</main>\n</body>\n</html>\n"
    );
    let response = ConsoleResponse::new(problem.status, HTML, text);
    if problem.status == 401 {
        response.header("www-authenticate", "Bearer realm=\"obs\"")
    } else {
        response
    }
}

fn form(request: &ConsoleRequest<'_>) -> String {
    let base = escaped(request.mount);
    let path = if request.path == "/login" { "/" } else { request.path };
    let query = request.query.map(|query| super::forms::without(query, "token"));
    let query = query.filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
    let next = escaped(&format!("{path}{}", query.unwrap_or_default()));
    format!(
        "<form method=\"post\" action=\"{base}/login\">\n<label>Token <input name=\"token\" type=\"password\" \
         autocomplete=\"current-password\" required autofocus></label>\n\
         <input type=\"hidden\" name=\"next\" value=\"{next}\">\n<button>Open</button>\n</form>\n"
    )
}

/// A text within HTML, also within a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_is_text_on_the_page_of_the_login() {
        let request = ConsoleRequest {
            method: "GET",
            path: "/logs",
            mount: "/obs",
            query: Some("filter=\"><script>alert(1)</script>&token=secret"),
            authority: None,
            headers: &(),
            peer: None,
        };
        let response = problem(&request, &Problem::unauthorized("<b>"));
        let super::super::ConsoleBody::Full(body) = response.body else {
            panic!("a page")
        };
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("value=\"/logs?filter=&quot;&gt;&lt;script&gt;"), "{body}");
        assert!(
            !body.contains("<script") && !body.contains("<b>") && !body.contains("secret"),
            "{body}"
        );
    }
}
