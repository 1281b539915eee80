//! Pages and what they load: how often, and how much of it goes over the wire.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::{CONNECTIONS, keep};
use crate::connection::Connection;
use crate::figures::{Round, kib};
use crate::load::{Script, closed};
use crate::options::Options;
use crate::server::Server;
use crate::void::Void;

/// The page is the same for every id.
const OPEN: &str = "/s/2222222222222222222222";
const CREATE: &str = "/";

/// Measures all of it.
pub(super) async fn measure(
    options: &Options,
    server: &Server,
    round: &mut Round,
) -> Result<(), Void> {
    let mut connection = Connection::open(server.address).await?;
    let create = everything(&mut connection, CREATE).await?;
    let open = everything(&mut connection, OPEN).await?;
    round.put("weight-create", kib(weight(&create)));
    round.put("weight-open", kib(weight(&open)));
    let files = Arc::new(open);
    let scripts = (0..CONNECTIONS).map(|next| Reading { files: Arc::clone(&files), next });
    let run = closed(server, scripts.collect(), options.span).await?;
    keep(round, ["pages", "pages-cpu", "pages-generator"], &run);
    Ok(())
}

/// Reads both pages once: a server that nobody has visited is not yet itself.
pub(super) async fn visit(server: &Server) -> Result<(), Void> {
    let mut connection = Connection::open(server.address).await?;
    for page in [CREATE, OPEN] {
        everything(&mut connection, page).await?;
    }
    Ok(())
}

/// One file as it came.
struct File {
    request: String,
    body: usize,
    wire: usize,
}

fn weight(files: &[File]) -> u64 {
    files.iter().map(|file| u64::try_from(file.wire).unwrap_or(u64::MAX)).sum()
}

/// A page and every asset that it names, as a browser gets them.
async fn everything(connection: &mut Connection, page: &str) -> Result<Vec<File>, Void> {
    let (_, plain) = get(connection, page, "identity").await?;
    let html = String::from_utf8(plain).map_err(|_| Void::new("a page is not text"))?;
    // What is fetched later, by few, lies in a template or behind another attribute.
    let [before, after] = match html.split_once("<template id=\"later\">") {
        Some((before, rest)) => {
            [before, rest.split_once("</template>").map_or("", |(_, after)| after)]
        }
        None => [html.as_str(), ""],
    };
    let attributes = before.split(' ').chain(after.split(' '));
    let at_once = attributes.filter(|attribute| !attribute.starts_with("data-"));
    let named = at_once.flat_map(|attribute| attribute.split('"'));
    let named = named.filter(|text| text.starts_with("/assets/"));
    // The part after `#` names a symbol of the same file.
    let named: BTreeSet<&str> = named.filter_map(|path| path.split('#').next()).collect();
    let mut files = Vec::new();
    for path in std::iter::once(page).chain(named) {
        files.push(get(connection, path, "gzip, br").await?.0);
    }
    if files.len() < 2 {
        return Err(Void::new(format!("{page} names no assets")));
    }
    Ok(files)
}

async fn get(
    connection: &mut Connection,
    path: &str,
    encodings: &str,
) -> Result<(File, Vec<u8>), Void> {
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: {encodings}\r\n\r\n");
    let answer = connection.ask(request.as_bytes()).await?;
    answer.must_be(200)?;
    let (body, wire, bytes) = (answer.body.len(), answer.wire, answer.body.to_vec());
    Ok((File { request, body, wire }, bytes))
}

/// All files in turn, each connection from another one on.
struct Reading {
    files: Arc<Vec<File>>,
    next: usize,
}

impl Script for Reading {
    async fn step(&mut self, connection: &mut Connection, _due: Instant) -> Result<bool, Void> {
        let at = self.next.checked_rem(self.files.len()).unwrap_or(0);
        self.next = self.next.wrapping_add(1);
        let Some(file) = self.files.get(at) else { return Ok(false) };
        let answer = connection.ask(file.request.as_bytes()).await?;
        answer.must_be(200)?;
        if answer.body.len() == file.body {
            Ok(true)
        } else {
            Err(Void::new("a file had another length than before"))
        }
    }
}
