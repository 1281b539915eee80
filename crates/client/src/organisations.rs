//! Organisations and their members, for a program with an API key.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use serde::Serialize;
use wire::organisations::{
    Founding, Invitation, Inviting, Organisation, OrganisationChange, OrganisationSeen,
    Organisations, Role, RoleChange,
};

use crate::transport::{again, bearer, json};
use crate::{Client, Error};

/// What shows who asks: an API key. It is printed nowhere.
pub struct Key<'a>(pub &'a str);

impl Client {
    /// The organisations that the key reaches.
    pub async fn organisations(&self, key: &Key<'_>) -> Result<Organisations, Error> {
        let request = signed(self.get("/v1/organisations"), key)?;
        again(|| async { json(self.repeat(&request).await?).await }).await
    }

    /// An organisation, with its members.
    pub async fn organisation(
        &self,
        key: &Key<'_>,
        reference: &str,
    ) -> Result<OrganisationSeen, Error> {
        let request = signed(self.get(&at(&[reference])), key)?;
        again(|| async { json(self.repeat(&request).await?).await }).await
    }

    /// Makes an organisation. A line that breaks leaves open whether it was made.
    pub async fn found(&self, key: &Key<'_>, name: String) -> Result<Organisation, Error> {
        let request = said(self.post("/v1/organisations"), key, &Founding { name })?;
        json(self.send(request).await?).await
    }

    /// Changes what an organisation is called, and what it asks of its members.
    pub async fn change_organisation(
        &self,
        key: &Key<'_>,
        reference: &str,
        change: &OrganisationChange,
    ) -> Result<(), Error> {
        let request = said(self.patch(&at(&[reference])), key, change)?;
        again(|| async { self.repeat(&request).await.map(drop) }).await
    }

    /// Invites somebody by mail.
    pub async fn invite(
        &self,
        key: &Key<'_>,
        reference: &str,
        inviting: &Inviting,
    ) -> Result<Invitation, Error> {
        let request = said(self.post(&at(&[reference, "invitations"])), key, inviting)?;
        json(self.send(request).await?).await
    }

    /// Withdraws an invitation.
    pub async fn withdraw(
        &self,
        key: &Key<'_>,
        reference: &str,
        invitation: &str,
    ) -> Result<(), Error> {
        let request = signed(self.delete(&at(&[reference, "invitations", invitation])), key)?;
        self.send(request).await.map(drop)
    }

    /// Gives a member another role.
    pub async fn give_role(
        &self,
        key: &Key<'_>,
        (reference, member): (&str, &str),
        role: Role,
    ) -> Result<(), Error> {
        let path = at(&[reference, "members", member]);
        let request = said(self.patch(&path), key, &RoleChange { role })?;
        again(|| async { self.repeat(&request).await.map(drop) }).await
    }

    /// Removes a member.
    pub async fn remove_member(
        &self,
        key: &Key<'_>,
        (reference, member): (&str, &str),
    ) -> Result<(), Error> {
        let request = signed(self.delete(&at(&[reference, "members", member])), key)?;
        self.send(request).await.map(drop)
    }

    /// Sends a request that may be made twice.
    async fn repeat(&self, request: &RequestBuilder) -> Result<Response, Error> {
        self.send(request.try_clone().ok_or(Error::Lost)?).await
    }
}

/// Where something of an organisation is. A name that cannot be one stays within its part of the path.
fn at(parts: &[&str]) -> String {
    parts.iter().fold("/v1/organisations".to_owned(), |path, part| {
        let plain = part.chars().filter(char::is_ascii_alphanumeric);
        path + "/" + &plain.collect::<String>()
    })
}

fn signed(request: RequestBuilder, key: &Key<'_>) -> Result<RequestBuilder, Error> {
    Ok(request.header(AUTHORIZATION, bearer(key.0)?))
}

fn said<T: Serialize>(
    request: RequestBuilder,
    key: &Key<'_>,
    words: &T,
) -> Result<RequestBuilder, Error> {
    let body = serde_json::to_vec(words).map_err(|_| Error::Foreign { status: 0 })?;
    Ok(signed(request, key)?.header(CONTENT_TYPE, "application/json").body(body))
}
