//! Claiming, fetching, acknowledging: a view is won once and arrives however often the line breaks.
//!
//! The claim token makes repetition safe: the same token gets the same view, until the lease ends. A
//! strict secret has no lease; when its answer is lost, it is lost, and this says so.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use envelope::{ClaimToken, Proof, SecretId};
use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, RANGE};
use reqwest::{Response, StatusCode};
use tokio::time::timeout;
use wire::secrets::Claim;
use wire::text::{Bytes32, Secretive};
use zeroize::Zeroizing;

use crate::transport::{PATIENCE, again, bearer};
use crate::{Client, Error};

impl Client {
    /// Wins one view of `id`, or gets once more what `token` has won before.
    pub async fn claim<'a>(
        &'a self,
        id: &SecretId,
        link_proof: &Proof,
        proof: &Proof,
        token: &'a ClaimToken,
    ) -> Result<Delivery<'a>, Error> {
        let claim = Claim {
            link_proof: Bytes32::new(*link_proof.expose()),
            proof: Bytes32::new(*proof.expose()),
            claim_token: Secretive::new(token.expose()),
        };
        let body = serde_json::to_vec(&claim).map_err(|error| Error::Source(error.into()))?;
        // Every attempt shares these bytes, and the last one wipes them.
        let body = Bytes::from_owner(Zeroizing::new(body));
        let path = format!("/v1/secrets/{id}/claim");
        let attempts = AtomicU32::new(0);
        let claimed = again(|| async {
            attempts.fetch_add(1, Ordering::Relaxed);
            let request = self.post(&path).header(CONTENT_TYPE, "application/json");
            self.send(request.body(body.clone())).await
        });
        let response = match claimed.await {
            // An earlier attempt may have won the view, and its answer is lost: nobody else was first.
            Err(error)
                if error.problem() == Some("unavailable")
                    && attempts.load(Ordering::Relaxed) > 1 =>
            {
                return Err(Error::Lost);
            }
            claimed => claimed?,
        };
        let lease_ends = text(response.headers(), "sigill-lease-ends");
        let length = response.content_length();
        Ok(Delivery {
            client: self,
            id: *id,
            token,
            resumable: lease_ends.is_some(),
            lease_ends,
            length,
            position: 0,
            response: Some(response),
        })
    }

    /// Says that the content of `id` has arrived safely.
    pub async fn acknowledge(&self, id: &SecretId, token: &ClaimToken) -> Result<(), Error> {
        let path = format!("/v1/secrets/{id}/ack");
        again(|| async {
            let value = bearer(&token.expose())?;
            self.send(self.post(&path).header(AUTHORIZATION, value)).await.map(drop)
        })
        .await
    }
}

/// An envelope on its way.
pub struct Delivery<'a> {
    client: &'a Client,
    id: SecretId,
    token: &'a ClaimToken,
    lease_ends: Option<String>,
    resumable: bool,
    length: Option<u64>,
    position: u64,
    response: Option<Response>,
}

impl Delivery<'_> {
    /// Until when the same token may fetch again, as RFC 3339 has it. `None` when delivery is strict.
    pub fn lease_ends(&self) -> Option<&str> {
        self.lease_ends.as_deref()
    }

    /// How long the envelope is, in bytes, if the server says so.
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next bytes; `None` at the end. A broken connection is taken up again where it broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let mut failed = 0_u32;
        loop {
            if self.length == Some(self.position) {
                return Ok(None);
            }
            if let Some(response) = &mut self.response {
                match timeout(PATIENCE, response.chunk()).await {
                    Ok(Ok(Some(bytes))) => return self.took(bytes).map(Some),
                    Ok(Ok(None)) if self.length.is_none() => return Ok(None),
                    Ok(Ok(None) | Err(_)) | Err(_) => self.response = None,
                }
            }
            if !self.resumable {
                return Err(Error::Lost);
            }
            failed = failed.saturating_add(1);
            self.client.pauses().wait(failed, Error::Lost).await?;
            match self.resume().await {
                Ok(response) => self.response = Some(response),
                Err(error) if error.may_pass() => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn took(&mut self, bytes: Bytes) -> Result<Bytes, Error> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.position = self.position.saturating_add(length);
        if self.length.is_some_and(|length| self.position > length) {
            return Err(Error::Foreign { status: StatusCode::OK.as_u16() });
        }
        Ok(bytes)
    }

    /// The rest, from where the last answer broke.
    async fn resume(&self) -> Result<Response, Error> {
        let request = self.client.get(&format!("/v1/secrets/{}/envelope", self.id));
        let request = request
            .header(AUTHORIZATION, bearer(&self.token.expose())?)
            .header(RANGE, format!("bytes={}-", self.position));
        let response = self.client.send(request).await?;
        let status = response.status();
        let range = text(response.headers(), CONTENT_RANGE.as_str());
        let start = range.as_deref().and_then(|range| range.strip_prefix("bytes "));
        let start = start.and_then(|range| range.split_once('-')?.0.parse().ok());
        let fits = match status {
            StatusCode::PARTIAL_CONTENT => start == Some(self.position),
            StatusCode::OK => self.position == 0,
            _ => false,
        };
        if fits { Ok(response) } else { Err(Error::Foreign { status: status.as_u16() }) }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(ToOwned::to_owned)
}
