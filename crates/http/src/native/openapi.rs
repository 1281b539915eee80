//! `GET /v1/openapi.json`: the API as OpenAPI 3.1, made from the handlers themselves.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The two parts of a creation.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes a multipart body")]
pub(super) struct Creation {
    /// What the sender asks for. First part, `application/json`.
    terms: wire::secrets::Terms,
    /// The sealed envelope. Second part, `application/octet-stream`.
    #[schema(value_type = String, format = Binary)]
    envelope: Vec<u8>,
}

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, format, says) in [
            ("claim", "sgc_", "The claim token of a view that was won."),
            ("receipt", "sgr_", "The receipt token that the sender keeps."),
        ] {
            let scheme = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format(format)
                .description(Some(says))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sigill",
        version = "1",
        description = "Share a secret through a link that works once. Envelopes are sealed and opened by clients, as docs/spec/envelope.md says; the server never has the key.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        super::create::handle,
        super::claim::handle,
        super::fetch::handle,
        super::acknowledge::handle,
        super::receipt::follow,
        super::receipt::burn,
        super::receipt::unlock,
        super::limits::handle,
    ),
    tags(
        (name = "secrets", description = "Create, claim, fetch again, acknowledge"),
        (name = "receipt", description = "Follow, burn, unlock"),
        (name = "instance", description = "What this instance allows"),
    ),
    modifiers(&Tokens),
)]
struct Api;

/// The document, as it is served and as it is kept for review.
pub fn document() -> String {
    Api::openapi().to_pretty_json().map(|json| format!("{json}\n")).unwrap_or_default()
}

/// The document.
pub(super) async fn handle() -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}
