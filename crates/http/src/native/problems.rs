//! How an operation of the API can fail, for its description: which problems, under which status.
//!
//! Names, texts and examples come from the problems themselves ([`wire::problem`]), so the description
//! cannot say anything else than the answers do.

use std::collections::BTreeMap;

use domain::account::Scope;
use http::Method;
use utoipa::Modify;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Components, Content, Header, Object, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type,
};
use wire::Problem;
use wire::problem::MEDIA_TYPE;

use crate::surface::Access;

/// Adds the failures to every operation, and every problem to the components and to the introduction.
pub(super) struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let table = crate::table();
        for (path, item) in &mut document.paths.paths {
            let operations = [
                (Method::GET, &mut item.get),
                (Method::POST, &mut item.post),
                (Method::PUT, &mut item.put),
                (Method::PATCH, &mut item.patch),
                (Method::DELETE, &mut item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                let entry =
                    table.iter().find(|entry| entry.path == *path && entry.method == method);
                let access = entry.map_or(Access::Open, |entry| entry.access);
                operation.security = access_as_security(access).or(operation.security.take());
                add(operation, components, (access, !method.is_safe()));
            }
        }
        let introduction = document.info.description.get_or_insert_default();
        introduction.push_str("\n\n| status | type | says |\n|---|---|---|\n");
        for problem in Problem::examples() {
            let said = serde_json::to_value(&problem).unwrap_or_default();
            let title = said.get("title").and_then(serde_json::Value::as_str).unwrap_or_default();
            let (status, name) = (problem.status(), problem.name());
            let row = format!("| {status} | `urn:sigill:problem:{name}` | {title} |\n");
            introduction.push_str(&row);
            let example = Example::builder().summary(title).value(Some(said)).build();
            components.examples.insert(name.to_owned(), RefOr::T(example));
        }
    }
}

/// What a route asks for that has a guard: a key that may do this, a session, or nothing.
fn access_as_security(access: Access) -> Option<Vec<SecurityRequirement>> {
    let key = |scope: Scope| SecurityRequirement::new("key", [scope.name()]);
    let session = SecurityRequirement::new::<_, _, &str>("session", []);
    match access {
        Access::Administrator | Access::Confirmed | Access::Half | Access::Person => {
            Some(vec![session])
        }
        Access::Asker(scope) | Access::AskerConfirmed(scope) => Some(vec![key(scope), session]),
        Access::Creating => {
            Some(vec![SecurityRequirement::default(), key(Scope::SecretsCreate), session])
        }
        Access::Capability | Access::Classic | Access::Open => None,
    }
}

/// The problems that the guard of a route answers with.
fn of_access(access: Access, changes: bool) -> Vec<&'static str> {
    let (known, confirmed) = match access {
        Access::Capability | Access::Classic | Access::Open => (false, false),
        Access::Asker(_) | Access::Creating | Access::Half | Access::Person => (true, false),
        Access::AskerConfirmed(_) | Access::Confirmed => (true, true),
        Access::Administrator => (true, changes),
    };
    let mut names = Vec::new();
    if known {
        names.extend(["unauthenticated", "forbidden"]);
    }
    if known && changes {
        names.push("csrf");
    }
    if confirmed {
        names.push("confirmation-required");
    }
    names
}

/// One sample of each problem that `operation` can answer with.
fn of(operation: &str, (access, changes): (Access, bool)) -> Vec<Problem> {
    let own: &[&str] = match operation {
        "acknowledge" | "burn" | "unlock" => &["unavailable", "storage-full"],
        "complete" => &["incomplete", "storage-full", "unavailable"],
        "sendPart" => &["invalid", "storage-full", "unavailable"],
        "claim" => &[
            "invalid",
            "passphrase-rejected",
            "storage-full",
            "too-large",
            "too-many-attempts",
            "unavailable",
            "undecryptable",
            "unsupported-media-type",
        ],
        "acceptInvitation" | "changeOrganisation" | "deleteAccount" | "deleteOrganisation"
        | "fetchLogin" | "foundOrganisation" | "giveRole" | "invite" | "rotateKey"
        | "turnSwitch" => &["invalid", "not-found", "too-large", "unsupported-media-type"],
        "beginLogin" | "makeKey" | "reportKey" => {
            &["invalid", "too-large", "unsupported-media-type"]
        }
        "leaveOrganisation" | "removeMember" | "resume" | "suspend" => &["invalid", "not-found"],
        "dropLetter" | "retryLetter" | "revokeKey" | "seeOrganisation" | "withdraw" => {
            &["not-found"]
        }
        "begin" | "create" => &[
            "idempotency-conflict",
            "invalid",
            "quota-exceeded",
            "storage-full",
            "too-large",
            "unsupported-media-type",
        ],
        "askForNewPasskey" | "askToConfirm" | "askToFinish" | "askToSignIn" => {
            &["invalid", "not-found", "passkey-refused", "storage-full", "unsupported-media-type"]
        }
        "confirmWithPasskey" | "finishWithPasskey" | "makePasskey" | "signInWithPasskey" => &[
            "invalid",
            "not-found",
            "passkey-known",
            "passkey-refused",
            "storage-full",
            "too-large",
            "unsupported-media-type",
        ],
        "removePasskey" | "renamePasskey" => &[
            "invalid",
            "last-means",
            "not-found",
            "storage-full",
            "too-large",
            "unsupported-media-type",
        ],
        "fetch" => &["range-not-satisfiable", "unavailable", "undecryptable"],
        "follow" | "giveUp" | "progress" => &["unavailable"],
        _ => &[],
    };
    let always: &[&str] = &["headers-too-large", "internal", "malformed", "timeout"];
    let guarded: &[&str] = match operation {
        "isAlive" | "isReady" => &[],
        _ => &["misdirected", "overloaded", "too-many-requests"],
    };
    let foreign: &[&str] = if changes { &["cross-site"] } else { &[] };
    let names = [own, always, guarded, foreign, &of_access(access, changes)].concat();
    let mut problems = Problem::examples();
    problems.retain(|problem| names.contains(&problem.name()));
    problems
}

/// Adds the failures of `operation`. Many operations fail in the same way, so each way is a component.
fn add(operation: &mut Operation, components: &mut Components, asks: (Access, bool)) {
    let problems = of(operation.operation_id.as_deref().unwrap_or_default(), asks);
    let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.status()).or_default().push(problem);
    }
    for (status, problems) in by_status {
        let names: Vec<_> = problems.iter().map(Problem::name).collect();
        let name = names.join(".");
        let place = Ref::from_response_name(&name);
        operation.responses.responses.insert(status.to_string(), RefOr::Ref(place));
        components.responses.entry(name).or_insert_with(|| RefOr::T(response(&problems)));
    }
}

fn response(problems: &[Problem]) -> Response {
    let names: Vec<_> = problems.iter().map(|problem| format!("`{}`", problem.name())).collect();
    let schema = Ref::from_schema_name("Problem");
    let examples = problems.iter().map(|problem| {
        let place = format!("#/components/examples/{}", problem.name());
        (problem.name(), RefOr::Ref(Ref::new(place)))
    });
    let content = Content::builder().schema(Some(schema)).examples_from_iter(examples).build();
    let mut response =
        ResponseBuilder::new().description(names.join(" or ")).content(MEDIA_TYPE, content);
    if problems.iter().any(|problem| problem.retry_after().is_some()) {
        let seconds = Header::builder()
            .schema(Some(Object::with_type(Type::Integer)))
            .description(Some("Seconds to wait. Whoever waits as long is let in."))
            .build();
        response = response.header("Retry-After", seconds);
    }
    response.build()
}
