//! The service of the W3C Trace Context suite.

use actix_web::HttpResponse;
use actix_web::{
    http::StatusCode,
    web::{self, Data, Json, ServiceConfig},
};
use obs_actix::ObsMiddleware;
use reqwest_middleware::ClientWithMiddleware;

use super::server::Blueprint;
use crate::callbacks::{self, Callback};

pub(crate) fn w3c(http: ClientWithMiddleware) -> Blueprint<impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static> {
    let configure = move |config: &mut ServiceConfig| {
        config.app_data(Data::new(http)).route("/test", web::post().to(test));
    };
    Blueprint {
        middleware: ObsMiddleware::new(),
        configure,
    }
}

async fn test(http: Data<ClientWithMiddleware>, callbacks: Json<Vec<Callback>>) -> HttpResponse {
    let status = match callbacks::send_all(&http, &callbacks).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "callback failed");
            StatusCode::BAD_GATEWAY
        }
    };
    HttpResponse::new(status)
}
