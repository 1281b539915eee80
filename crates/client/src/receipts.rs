//! Following, burning, unlocking: what the holder of a receipt may ask.

use envelope::ReceiptToken;
use reqwest::RequestBuilder;
use reqwest::header::AUTHORIZATION;
use wire::receipts::{Burned, Receipt, Unlocked};

use crate::transport::{again, bearer, json};
use crate::{Client, Error};

impl Client {
    /// The fate of the secret. Asking changes nothing.
    pub async fn receipt(&self, token: &ReceiptToken) -> Result<Receipt, Error> {
        self.ask(token, self.get("/v1/receipt")).await
    }

    /// Burns what is left. Burning twice is no fault.
    pub async fn burn(&self, token: &ReceiptToken) -> Result<Burned, Error> {
        self.ask(token, self.post("/v1/receipt/burn")).await
    }

    /// Unlocks a secret whose wrong passphrases were used up.
    pub async fn unlock(&self, token: &ReceiptToken) -> Result<Unlocked, Error> {
        self.ask(token, self.post("/v1/receipt/unlock")).await
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        token: &ReceiptToken,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let request = request.header(AUTHORIZATION, bearer(&token.expose())?);
        again(|| async {
            // A request without a body can always be made twice.
            let request = request.try_clone().ok_or(Error::Lost)?;
            json(self.send(request).await?).await
        })
        .await
    }
}
