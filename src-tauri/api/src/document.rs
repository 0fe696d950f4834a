//! The document of the API (OpenAPI 3.1), and a page to try it, which needs nothing from anywhere else.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Server};
use utoipa::{Modify, OpenApi};

use crate::gate::Inside;
use crate::problem::{PROBLEM, Told};
use crate::{campaigns, changes, contacts, credits, events, media, messages, metrics, sessions, templates};

#[derive(OpenApi)]
#[openapi(
    info(title = "Ulak", version = "1.0.0", license(name = "AGPL-3.0-only", identifier = "AGPL-3.0-only"), description =
"Sends WhatsApp messages over the numbers that are linked in Ulak on this computer, for the programs on this computer.

Every request needs a token that its owner made in Ulak under \"Other programs\": `Authorization: Bearer ulak_…`. Bodies are JSON. What was accepted is kept before it is answered. A POST that sends takes an `Idempotency-Key`: the same key with the same body gets the same answer for seven days and sends nothing twice; with another body it is refused with 422. What is refused is told as in RFC 9457, with a stable `code`."),
    paths(
        messages::send, messages::send_bulk, messages::bulk, messages::status, messages::cancel,
        sessions::list, sessions::link, sessions::qr, sessions::passkey, sessions::remove,
        templates::list, templates::one, templates::create, templates::save, templates::remove, templates::preview,
        contacts::list, contacts::one, contacts::bring, contacts::erase, contacts::tag, contacts::standing,
        contacts::consent, contacts::withdraw, contacts::segments,
        campaigns::list, campaigns::create, campaigns::report, campaigns::schedule, campaigns::pause,
        campaigns::resume, campaigns::cancel, campaigns::pause_everything, campaigns::resume_everything,
        media::upload, credits::balance, events::tell, changes::poll, changes::stream,
        metrics::health, metrics::figures, metrics::prometheus,
    ),
    components(schemas(Told)),
    security(("token" = [])),
    modifiers(&Common)
)]
struct Api;

/// What all paths have in common: the token, and how a problem is told.
struct Common;

/// Those that every path may answer.
const PROBLEMS: [(&str, &str); 13] = [
    ("400", "The request cannot be read"),
    ("401", "No token, or one that lets nobody in"),
    ("402", "Credits are missing"),
    ("403", "The token may not do that, or a web page asked"),
    ("404", "Nothing is there"),
    ("408", "The body did not come in time"),
    ("409", "It cannot be done as things are"),
    ("413", "The body is too large"),
    ("415", "The body is of another content type"),
    ("421", "The address is not the door's own"),
    ("422", "The request says something that cannot be"),
    ("429", "Too many requests at once"),
    ("503", "Ulak cannot save at this moment, or something else keeps it from its work"),
];

impl Modify for Common {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = api.components.as_mut() {
            let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
            components.add_security_scheme("token", SecurityScheme::Http(token));
        }
        for item in api.paths.paths.values_mut() {
            let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
            for operation in methods.into_iter().flatten() {
                for (status, meaning) in PROBLEMS {
                    let there = &mut operation.responses.responses;
                    there.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(meaning)));
                }
            }
        }
    }
}

fn problem(meaning: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(meaning).content(PROBLEM, content).build()
}

/// The document, for whoever makes a client from it.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// With where this door is.
pub async fn json(State(inside): State<Inside>) -> Json<utoipa::openapi::OpenApi> {
    let mut api = document();
    api.servers = Some(vec![Server::new(inside.address())]);
    Json(api)
}

/// The page may show itself and ask this door; nothing else is loaded, and nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let policy = HeaderName::from_static("content-security-policy");
    ([(header::CONTENT_TYPE, kind), (policy, POLICY)], text)
}

pub async fn page() -> impl IntoResponse {
    file("text/html; charset=utf-8", include_str!("page/try.html"))
}

pub async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("page/try.js"))
}

pub async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("page/try.css"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_what_everybody_needs() {
        let document = serde_json::to_value(document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let send = &document["paths"]["/api/whatsapp/send"]["post"];
        assert_eq!(send["responses"]["422"]["content"][PROBLEM]["schema"]["$ref"], "#/components/schemas/Problem");
        assert!(document["components"]["schemas"]["Problem"]["properties"]["code"].is_object());
        assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
        assert_eq!(document["components"]["schemas"]["SendRequest"]["additionalProperties"], false);
        assert_eq!(document["paths"]["/api/health"]["get"]["security"], serde_json::json!([{}]));
        let file = &document["paths"]["/api/media"]["post"]["requestBody"]["content"]["application/octet-stream"];
        assert_eq!(file["schema"]["type"], "string", "{file}");
    }

    /// Generators name what they make by these.
    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document = serde_json::to_value(document()).unwrap();
        let paths = document["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|path| path.as_object().unwrap().values());
        let names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(names.len() > 35, "{names:?}");
    }
}
