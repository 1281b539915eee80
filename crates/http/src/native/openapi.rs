//! `GET /v1/openapi.json`: the API as OpenAPI 3.1, made from the handlers themselves.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use utoipa::openapi::RefOr;
use utoipa::openapi::encoding::Encoding;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

use super::problems::Problems;
use crate::cookies::SESSION;

const INTRODUCTION: &str = "\
Share a secret through a link that works once. Envelopes are sealed and opened by clients, as \
docs/spec/envelope.md says; the server never has the key.

**Capabilities.** Whoever has a link opens, and whoever has a receipt follows and burns; no account is needed for \
either. What opens travels in the body of a claim; claim tokens and \
receipt tokens travel as `Authorization: Bearer`. Nothing that opens or burns is ever in a path or a \
query. Whoever shows no token, or one of another kind, gets the answer that a secret gets which does not \
exist: 404 `unavailable`, byte for byte the same for every cause, and never 401.

**People and keys.** What belongs to somebody takes an API key (`Authorization: Bearer sigill_...`), which may do \
what its scopes say and nothing else, or the session of a browser. Where both are sent the key counts. An operation \
names what it takes. Creating takes neither while the instance lets anybody create; but a key or a session that is \
worth nothing is refused there too (401 `unauthenticated`), so that nobody creates as a stranger by mistake. What \
belongs to others answers like what does not exist.

**Answers** are JSON, but for envelopes. Ignore members that you do not know: there may be more of them \
one day. Requests with members that the server does not know are refused. Times are RFC 3339 in UTC. No \
answer may be stored (`Cache-Control: no-store`), and no page of another origin may read one: there is no \
CORS, and a request that such a page sends is refused where it could change something.

**Limits.** `GET /v1/limits` says what this instance takes. One network (an IPv4 address, an IPv6 /64) \
may ask so often, and is told with 429 and `Retry-After` when it is too often. A request whose bytes come \
too slowly ends with 408.

**Failures** are problem documents (RFC 9457, `application/problem+json`). `type` is the name to act on; \
`title` and `detail` are for people. A path that is not here answers 404 `not-found`, a method that a path \
does not take 405 `method-not-allowed` with `Allow`.";

/// The two parts of a creation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart body")]
pub(super) struct Creation {
    /// What the sender asks for. First part, `application/json`.
    terms: wire::secrets::Terms,
    /// The sealed envelope. Second part, `application/octet-stream`.
    #[schema(value_type = String, format = Binary)]
    envelope: Vec<u8>,
}

/// A sealed envelope, as docs/spec/envelope.md has it.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct Envelope(Vec<u8>);

/// Which secret.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct Id {
    /// The public id: 16 bytes in base58. One that cannot be one is answered as one that does not exist.
    #[param(pattern = "^[1-9A-HJ-NP-Za-km-z]{22}$", example = "9PJwG4sD5JYkqWf6N3x8Zb")]
    id: String,
}

/// Which part of which upload.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct Part {
    /// The public id that the secret will have.
    #[param(pattern = "^[1-9A-HJ-NP-Za-km-z]{22}$", example = "9PJwG4sD5JYkqWf6N3x8Zb")]
    id: String,
    /// The number of the part. The first is 0.
    part: u32,
}

/// Which organisation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct InOrganisation {
    /// What names it. One that you are not in is answered as one that does not exist.
    #[param(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    organisation: String,
}

/// Which member of which organisation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct OfMember {
    /// What names the organisation.
    #[param(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    organisation: String,
    /// What names the member.
    #[param(pattern = "^[0-9a-f]{12}$", example = "9c07d1e2b3f4")]
    member: String,
}

/// Which invitation of which organisation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct OfInvitation {
    /// What names the organisation.
    #[param(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    organisation: String,
    /// What names the invitation. It accepts nothing.
    #[param(pattern = "^[0-9a-f]{12}$", example = "9c07d1e2b3f4")]
    invitation: String,
}

/// Which switch.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes a path")]
pub(super) struct OfSwitch {
    /// Its name.
    #[param(example = "creating")]
    name: String,
}

/// Under which name a creation may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header")]
pub(super) struct Idempotency {
    /// 16 to 128 visible ASCII characters, drawn at random. The same creation asked again with the same
    /// key within 24 hours gets the same answer; another creation gets `idempotency-conflict`.
    #[param(rename = "Idempotency-Key", pattern = "^[!-~]{16,128}$", nullable = false)]
    key: Option<String>,
}

/// Which part of an envelope.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header")]
pub(super) struct Span {
    /// One range of bytes (RFC 9110). Whatever else it says is ignored: several ranges, another unit.
    #[param(rename = "Range", example = "bytes=65536-", nullable = false)]
    range: Option<String>,
}

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, format, says) in [
            ("key", "sigill_", "An API key that was granted the scope which the operation names."),
            ("claim", "sgc_", "The claim token of a view that was won."),
            ("receipt", "sgr_", "The receipt token that the sender keeps."),
            ("upload", "sgu_", "The token that the sender has made for one upload."),
        ] {
            let scheme = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format(format)
                .description(Some(says))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            SESSION,
            "The session of a person who is signed in, in their browser. What changes something also \
             carries the session's token in the header `Sigill-CSRF`.",
        ));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// Says what kind each part of a creation is of.
struct Parts;

impl Modify for Parts {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let create = document.paths.paths.get_mut("/v1/secrets");
        let body = create.and_then(|path| path.post.as_mut()?.request_body.as_mut());
        let Some(RefOr::T(body)) = body else { return };
        for content in body.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            for (part, kind) in
                [("terms", "application/json"), ("envelope", "application/octet-stream")]
            {
                let encoding = Encoding::builder().content_type(Some(kind)).build();
                content.encoding.insert(part.to_owned(), encoding);
            }
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sigill",
        version = "1",
        description = INTRODUCTION,
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/", description = "The host that serves this document")),
    paths(
        super::create::handle,
        super::uploads::begin,
        super::uploads::progress,
        super::uploads::send,
        super::uploads::complete,
        super::uploads::give_up,
        super::claim::handle,
        super::fetch::handle,
        super::acknowledge::handle,
        super::receipt::follow,
        super::receipt::burn,
        super::receipt::unlock,
        super::organisations::list,
        super::organisations::found,
        super::organisations::see,
        super::organisations::change,
        super::organisations::delete,
        super::organisations::leave,
        super::organisations::give_role,
        super::organisations::remove,
        super::organisations::invite,
        super::organisations::withdraw,
        super::organisations::accept,
        super::organisations::delete_account,
        super::overview::list,
        super::overview::export,
        super::overview::burn,
        super::overview::note,
        super::switches::creating,
        super::switches::list,
        super::switches::turn,
        super::passkeys::ask_to_sign_in,
        super::passkeys::sign_in,
        super::passkeys::ask_to_finish,
        super::passkeys::finish,
        super::passkeys::ask_to_confirm,
        super::passkeys::confirm,
        super::passkeys::ask_for_new,
        super::passkeys::make,
        super::passkeys::list,
        super::passkeys::rename,
        super::passkeys::remove,
        super::account::session,
        super::account::sign_out,
        super::account::account,
        super::account::sessions,
        super::account::end_others,
        super::account::end,
        super::limits::handle,
        super::administration::tell,
        super::administration::list_accounts,
        super::administration::suspend,
        super::administration::resume,
        super::administration::list_organisations,
        super::administration::list_letters,
        super::administration::retry,
        super::administration::give_up,
        super::keys::list,
        super::keys::make,
        super::keys::rotate,
        super::keys::revoke,
        super::keys::report,
        super::devices::begin,
        super::devices::fetch,
        handle,
        crate::health::alive,
        crate::health::ready,
    ),
    components(schemas(wire::problem::Document)),
    tags(
        (name = "secrets", description = "Create, claim, fetch again, acknowledge"),
        (name = "uploads", description = "Create from a large envelope, in parts"),
        (name = "receipt", description = "Follow, burn, unlock"),
        (name = "organisations", description = "Members, roles, invitations; and leaving"),
        (name = "overview", description = "What you have shared: look, note, burn, take away"),
        (name = "administration", description = "What the instance lets people do"),
        (name = "passkeys", description = "Sign in, confirm, add and remove, in a browser"),
        (name = "account", description = "Who is signed in, and where"),
        (name = "instance", description = "What this instance allows, and how it is"),
    ),
    modifiers(&Tokens, &Parts, &Problems),
)]
struct Api;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    Api::openapi().to_pretty_json().map(|json| format!("{json}\n")).unwrap_or_default()
});

/// The document, as it is served and as it is kept for review.
pub fn document() -> &'static str {
    &DOCUMENT
}

/// This document.
#[utoipa::path(
    get,
    operation_id = "document",
    path = "/v1/openapi.json",
    tag = "instance",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub(super) async fn handle() -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}
