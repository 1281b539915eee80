//! What browsers run: the files of `web/`, compiled in, under a name that changes when they do.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use http::{HeaderMap, HeaderValue};
use wire::Problem;

use crate::layers::headers::{EMBEDDER, PartOfPage};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// Whoever opens one by itself sees a text or a drawing, and nothing runs.
const ALONE: &str = "default-src 'none'";

/// A worker obeys the policy of its own script: it may import from here, and run WebAssembly.
const WORKER: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

/// One file.
struct File {
    name: &'static str,
    media_type: &'static str,
    integrity: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file as a page refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    pub(crate) href: String,
    pub(crate) integrity: &'static str,
}

/// The asset `name`, for instance `styles/sigill.css`. `None` is a mistake that a test finds.
pub(crate) fn find(name: &str) -> Option<Asset> {
    let file = FILES.iter().find(|file| file.name == name)?;
    Some(Asset { href: format!("/assets/{TREE}/{name}"), integrity: file.integrity })
}

/// The modules that `entry` imports, itself last, in the order in which they are first met.
pub(crate) fn modules(entry: &str) -> Vec<Asset> {
    let mut names = Vec::new();
    gather(entry, &mut names);
    names.iter().filter_map(|name| find(name)).collect()
}

fn gather(name: &str, names: &mut Vec<String>) {
    let Some(file) = FILES.iter().find(|file| file.name == name) else { return };
    let text = str::from_utf8(file.plain).unwrap_or_default();
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    for line in text.lines() {
        let statement = line.starts_with("import ")
            || line.starts_with("export {")
            || line.starts_with("} from ");
        let quoted = |quote| line.rsplit(quote).nth(1).filter(|path| path.starts_with('.'));
        let path = quoted('\'').or_else(|| quoted('"')).filter(|_| statement);
        if let Some(path) = path.map(|path| resolve(folder, path))
            && !names.contains(&path)
            && path != name
        {
            gather(&path, names);
        }
    }
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The routes.
pub(crate) fn routes() -> Surface {
    let constant = Policy::new(Class::Uncounted, Access::Open);
    Surface::new().get("/assets/{tree}/{*name}", constant, serve)
}

/// Whether a client takes `encoding`.
pub(crate) fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepts = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepts.split(',').any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = matches!(weight.trim().trim_end_matches('0'), "q=" | "q=0.");
        name.trim() == encoding && !refused
    })
}

async fn serve(
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let asked = path.map(|Path(asked)| asked).unwrap_or_default();
    let file = FILES.iter().find(|file| asked.0 == TREE && file.name == asked.1);
    let Some(file) = file else { return Refusal(Problem::NotFound).into_response() };
    let (encoding, body) = if accepts(&headers, "br") {
        (Some("br"), file.brotli)
    } else if accepts(&headers, "gzip") {
        (Some("gzip"), file.gzip)
    } else {
        (None, file.plain)
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    let policy = if file.name.ends_with("-worker.js") {
        headers.insert(EMBEDDER, HeaderValue::from_static("require-corp"));
        WORKER
    } else {
        ALONE
    };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let immutable = HeaderValue::from_static("max-age=31536000, immutable");
    headers.insert(CACHE_CONTROL, immutable);
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response.extensions_mut().insert(PartOfPage);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_is_an_asset() {
        for file in FILES.iter().filter(|file| file.name.starts_with("js/")) {
            let mut names = Vec::new();
            gather(file.name, &mut names);
            for name in names {
                assert!(find(&name).is_some(), "{} imports {name}, which is not there", file.name);
            }
        }
    }

    #[test]
    fn a_page_names_every_module_that_it_runs() {
        let hrefs: Vec<_> = modules("js/create.js").into_iter().map(|asset| asset.href).collect();
        assert!(hrefs.iter().any(|href| href.ends_with("js/envelope/stream.js")), "{hrefs:?}");
        assert!(hrefs.last().is_some_and(|href| href.ends_with("js/create.js")), "{hrefs:?}");
    }
}
