//! Opening: an envelope becomes manifest and contents, in constant memory. Sections 3 and 4.
//!
//! Contents are handed out chunk by chunk after each chunk's tag was checked; the secret counts as
//! opened only when [`Opener::finish`] says so.

use zeroize::{Zeroize as _, Zeroizing};

use crate::header::{HEADER, Header};
use crate::manifest::Manifest;
use crate::padding::padded_len;
use crate::stream::StreamOpener;
use crate::{Fault, Keys};

/// Takes what comes out of an envelope.
pub trait Sink {
    /// Why it cannot go on; a fault of the envelope or its own.
    type Error: From<Fault>;
    /// The manifest, before any content.
    fn manifest(&mut self, manifest: &Manifest) -> Result<(), Self::Error>;
    /// The next bytes of the contents.
    fn content(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// Opens one envelope as its bytes come in.
pub struct Opener {
    keys: Keys,
    state: State,
}

enum State {
    /// Collecting the header.
    Header(Vec<u8>),
    /// Past it.
    Body { stream: StreamOpener, inside: Inside },
}

/// Where in the plaintext the reader is.
struct Inside {
    /// The bytes of the manifest so far, while it is incomplete.
    manifest: Option<Zeroizing<Vec<u8>>>,
    remaining: u64,
    expected: u64,
    seen: u64,
}

impl Opener {
    /// An opener at the start of an envelope.
    pub fn new(keys: Keys) -> Self {
        Self { keys, state: State::Header(Vec::with_capacity(HEADER)) }
    }

    /// Takes the next bytes of the envelope.
    pub fn push<S: Sink>(&mut self, mut sealed: &[u8], sink: &mut S) -> Result<(), S::Error> {
        if let State::Header(header) = &mut self.state {
            let room = HEADER.saturating_sub(header.len()).min(sealed.len());
            let (now, later) = sealed.split_at(room);
            header.extend_from_slice(now);
            sealed = later;
            if header.len() < HEADER {
                return Ok(());
            }
            let header = Header::parse(header)?;
            let key = header.unlock(&self.keys)?;
            let stream = StreamOpener::new(&key, header.as_bytes().to_vec());
            let manifest = Some(Zeroizing::new(Vec::new()));
            let inside = Inside { manifest, remaining: 0, expected: 0, seen: 0 };
            self.state = State::Body { stream, inside };
        }
        match &mut self.state {
            State::Body { stream, inside } => stream.push(sealed, |plain| inside.take(plain, sink)),
            State::Header(_) => Ok(()),
        }
    }

    /// The envelope has ended. Only now is it known to be whole.
    pub fn finish<S: Sink>(self, sink: &mut S) -> Result<(), S::Error> {
        let State::Body { stream, mut inside } = self.state else {
            return Err(Fault::Cut.into());
        };
        stream.finish(|plain| inside.take(plain, sink))?;
        if inside.manifest.is_some() {
            return Err(Fault::BadManifest.into());
        }
        if inside.remaining != 0 || inside.seen != inside.expected {
            return Err(Fault::BadPadding.into());
        }
        Ok(())
    }
}

impl Inside {
    fn take<S: Sink>(&mut self, plain: &[u8], sink: &mut S) -> Result<(), S::Error> {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(length(plain));
        let Some(manifest) = &mut self.manifest else { return self.contents(plain, sink) };
        manifest.extend_from_slice(plain);
        let Some((read, used)) = Manifest::decode(manifest)? else { return Ok(()) };
        let mut rest = Zeroizing::new(manifest.split_off(used));
        let total = length(manifest).saturating_add(read.contents_len());
        self.remaining = read.contents_len();
        self.expected = padded_len(total);
        manifest.zeroize();
        self.manifest = None;
        sink.manifest(&read)?;
        let result = self.contents(&rest, sink);
        rest.zeroize();
        result
    }

    fn contents<S: Sink>(&mut self, plain: &[u8], sink: &mut S) -> Result<(), S::Error> {
        let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(plain.len());
        let (content, padding) = plain.split_at(length);
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Fault::BadPadding.into());
        }
        if content.is_empty() {
            return Ok(());
        }
        self.remaining = self.remaining.saturating_sub(u64::try_from(length).unwrap_or(0));
        sink.content(content)
    }
}
