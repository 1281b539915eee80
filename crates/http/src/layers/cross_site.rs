//! Requests that another site's page sent are refused where they could change something (R8, R65).
//!
//! Browsers say where a request comes from; programs say nothing and need not. No answer ever allows
//! another origin to read it (R93).

use axum::extract::Request;
use http::header::ORIGIN;
use wire::Problem;

use super::host;
use crate::problem::Refusal;

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let harmless = request.method().is_safe() || is_same_origin(request);
    if harmless { Ok(()) } else { Err(Problem::CrossSite.into()) }
}

fn is_same_origin(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = request.headers().get(ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    host::asked(request).is_some_and(|host| origin.1.eq_ignore_ascii_case(host))
}
