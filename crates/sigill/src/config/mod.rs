//! Settings: what they are called, where they come from, what they mean.
//!
//! Every setting is one [`Key`]: an option `--name`, a variable `SIGILL_NAME`, a line `name = ...` in
//! the configuration file, and one default. The option comes before the environment, the environment
//! before the file, the file before the default. All of them are text until one parser of [`values`]
//! has judged it; what does not parse is refused with the name of the key and never with the value
//! (R71). In reading order: [`keys`] (the table), [`values`] (the parsers), [`sources`] (option,
//! environment, file), [`reader`] (which one counts), [`serve`] (what a server needs),
//! [`server_keys`] (where its keys are), [`mail`] (what sends its mail), [`client`] (what those need that ask one).

pub(crate) mod client;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod options;
pub(crate) mod reader;
pub(crate) mod serve;
pub(crate) mod server_keys;
pub(crate) mod sources;
pub(crate) mod values;

use self::client::Client;
use self::serve::Serve;
use crate::failure::Failure;

pub(crate) use keys::Key;
pub(crate) use reader::{Reader, Resolved};
pub(crate) use sources::Sources;

/// Reads the settings of both kinds with where they come from, and refuses all that is wrong at once.
pub(crate) fn everything(sources: &Sources) -> Result<(Serve, Client, Vec<Resolved>), Failure> {
    let mut reader = Reader::new(sources);
    let both = (Serve::read(&mut reader), Client::read(&mut reader));
    let ((serve, client), resolved) = reader.finish(both)?;
    Ok((serve, client, resolved))
}
