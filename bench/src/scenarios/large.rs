//! A large secret: in and out on one connection, compared to the byte.

use envelope::Content;

use super::storing::{claim, create};
use crate::clock::now;
use crate::connection::Connection;
use crate::figures::{Round, kib};
use crate::options::Options;
use crate::secrets::{Dice, Prepared};
use crate::server::Server;
use crate::void::Void;

/// What an answer has beside the envelope, at most.
const HEAD: usize = 64 * 1024;

/// Measures both ways.
pub(super) async fn measure(
    options: &Options,
    server: &Server,
    round: &mut Round,
) -> Result<(), Void> {
    let bytes = vec![0x42; options.large];
    let files = vec![("large".to_owned(), String::new(), bytes.into())];
    let secret = Prepared::new(&Content::Files(files), &mut Dice::new(2))?;
    let size = u64::try_from(secret.envelope.len()).unwrap_or(u64::MAX);
    let mebibytes = kib(size) / 1024.0;
    let mut connection = Connection::open(server.address).await?;

    let begun = now();
    let id = create(&mut connection, &secret).await?;
    round.put("upload", mebibytes / begun.elapsed().as_secs_f64());

    connection.expect(secret.envelope.len().saturating_add(HEAD));
    let begun = now();
    claim(&mut connection, &secret, &id).await?;
    round.put("download", mebibytes / begun.elapsed().as_secs_f64());
    connection.ask(&secret.acknowledgement(&id)).await?.must_be(204)
}
