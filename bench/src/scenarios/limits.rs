//! The limits of the machine: HTTP that does nothing, and the disk alone.

use std::time::Instant;

use super::{CONNECTIONS, keep};
use crate::connection::Connection;
use crate::disk::{Way, syncs};
use crate::figures::Round;
use crate::load::{Script, closed};
use crate::options::Options;
use crate::server::Server;
use crate::void::Void;

/// What is echoed.
const BODY: &str = match str::from_utf8(&[b'x'; 1024]) {
    Ok(body) => body,
    Err(_) => "",
};

/// Measures all of them.
pub(super) async fn measure(options: &Options, round: &mut Round) -> Result<(), Void> {
    let server = Server::echo().await?;
    let post = Fixed {
        request: format!(
            "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{BODY}",
            BODY.len()
        ),
        answer: BODY,
    };
    let get = Fixed {
        request: "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        answer: "ok",
    };
    let run = closed(&server, vec![post; CONNECTIONS], options.span).await?;
    keep(round, ["echo-post", "echo-post-cpu", "echo-post-generator"], &run);
    let run = closed(&server, vec![get; CONNECTIONS], options.span).await?;
    keep(round, ["echo-get", "echo-get-cpu", "echo-get-generator"], &run);
    server.stop().await?;
    let span = options.span.div_f64(2.0);
    for (key, way) in
        [("fsync", Way::WithMetadata), ("fdatasync", Way::Growing), ("fdatasync-ready", Way::Ready)]
    {
        round.put(key, syncs(&options.scratch, way, span)?);
    }
    Ok(())
}

/// The same request with the same answer.
#[derive(Clone)]
struct Fixed {
    request: String,
    answer: &'static str,
}

impl Script for Fixed {
    async fn step(&mut self, connection: &mut Connection, _due: Instant) -> Result<bool, Void> {
        let answer = connection.ask(self.request.as_bytes()).await?;
        answer.must_be(200)?;
        if answer.body == self.answer.as_bytes() {
            Ok(true)
        } else {
            Err(Void::new("the echo said something else"))
        }
    }
}
