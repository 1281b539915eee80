//! The one HTTP client: bounded in time and in what it takes, without redirects, cookies or proxies.
//!
//! A redirect could lead a capability to another host, so there is none. What is not a problem
//! document is not an answer of ours. A call that may be repeated without harm is repeated when the
//! connection breaks.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde_json::from_slice;
use tokio::time::{sleep, timeout};
use wire::limits::Limits;
use wire::problem::{Document, MEDIA_TYPE};
use zeroize::Zeroizing;

use crate::{Address, Error, Pauses};

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may keep silent.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// Pauses before a call that was lost is made again.
pub(crate) const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];
/// The largest answer that is not an envelope.
const ANSWER: usize = 1024 * 1024;

/// Calls the API of one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    pauses: Pauses,
}

impl Client {
    /// A client of the server at `address`.
    pub fn new(address: Address) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("sigill/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(1)
            // Little is on its way at once, so that memory stays small whatever the server does.
            .http2_initial_stream_window_size(1024 * 1024)
            .http2_initial_connection_window_size(1024 * 1024)
            .build()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        Ok(Self { http, address, pauses: Pauses::USUAL })
    }

    /// The same, with other pauses before a transfer that broke goes on.
    #[must_use]
    pub fn with_pauses(self, pauses: Pauses) -> Self {
        Self { pauses, ..self }
    }

    pub(crate) const fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// What this instance allows.
    pub async fn limits(&self) -> Result<Limits, Error> {
        again(|| async {
            let response = self.send(self.get("/v1/limits")).await?;
            json(response).await
        })
        .await
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.address.at(path))
    }

    pub(crate) fn put(&self, path: &str) -> RequestBuilder {
        self.http.put(self.address.at(path))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.address.at(path))
    }

    pub(crate) fn patch(&self, path: &str) -> RequestBuilder {
        self.http.patch(self.address.at(path))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.address.at(path))
    }

    /// Sends, and waits for the head of the answer. Anything but success is an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = timeout(PATIENCE, request.send()).await.map_err(|_| Error::Lost)??;
        accept(response).await
    }
}

/// `Authorization: Bearer`, marked so that nothing prints or remembers it.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Foreign { status: 0 })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Success, or the problem that the answer is.
pub(crate) async fn accept(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let foreign = Error::Foreign { status: status.as_u16() };
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind != Some(MEDIA_TYPE) {
        return Err(foreign);
    }
    let document: Document = from_slice(&read(response).await?).map_err(|_| foreign)?;
    Err(Error::Problem(Box::new(document)))
}

/// A small answer in JSON.
pub(crate) async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, Error> {
    let status = response.status().as_u16();
    from_slice(&read(response).await?).map_err(|_| Error::Foreign { status })
}

async fn read(mut response: Response) -> Result<Vec<u8>, Error> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        let chunk = timeout(PATIENCE, response.chunk()).await.map_err(|_| Error::Lost)?;
        let Some(chunk) = chunk.map_err(|_| Error::Lost)? else { return Ok(body) };
        if body.len().saturating_add(chunk.len()) > ANSWER {
            return Err(Error::Foreign { status });
        }
        body.extend_from_slice(&chunk);
    }
}

/// Makes a call, and makes it again when the connection was lost. Whoever cannot be reached at first is
/// not asked again: nothing was sent, and waiting would only hide it.
pub(crate) async fn again<T, F: Future<Output = Result<T, Error>>>(
    mut call: impl FnMut() -> F,
) -> Result<T, Error> {
    let first = call().await;
    let Err(Error::Lost) = first else { return first };
    for pause in PAUSES {
        sleep(pause).await;
        match call().await {
            Err(error) if error.is_lost() => {}
            outcome => return outcome,
        }
    }
    Err(Error::Lost)
}
