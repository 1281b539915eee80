//! The opener, as bytes come in: however they are cut, the same comes of it.

#![no_main]

use envelope::{Fault, Keys, LinkKey, Manifest, Opener, Profile, Sink};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Default, PartialEq)]
struct Released {
    manifest: Option<Manifest>,
    contents: Vec<u8>,
}

impl Sink for Released {
    type Error = Fault;

    fn manifest(&mut self, manifest: &Manifest) -> Result<(), Fault> {
        assert!(self.manifest.replace(manifest.clone()).is_none(), "there is one manifest");
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        assert!(self.manifest.is_some(), "the manifest comes first");
        self.contents.extend_from_slice(bytes);
        Ok(())
    }
}

fn open(envelope: &[u8], step: usize) -> (Result<(), Fault>, Released) {
    // The link key of the vectors, which seed the corpus.
    let key = LinkKey::new(*b"the link key of all the vectors!", Profile::None);
    let mut opener = Opener::new(Keys::derive(&key, None).expect("no passphrase"));
    let mut released = Released::default();
    let mut pushed = Ok(());
    for part in envelope.chunks(step) {
        pushed = pushed.and_then(|()| opener.push(part, &mut released));
    }
    (pushed.and_then(|()| opener.finish(&mut released)), released)
}

fuzz_target!(|input: (u16, &[u8])| {
    let (step, envelope) = input;
    let whole = open(envelope, envelope.len().max(1));
    let parts = open(envelope, usize::from(step).max(1));
    assert_eq!(whole, parts);
    if whole.0.is_ok() {
        let manifest = whole.1.manifest.expect("an envelope that opens has a manifest");
        assert_eq!(manifest.contents_len(), whole.1.contents.len() as u64);
        assert_eq!(manifest.envelope_len(), Ok(envelope.len() as u64));
    }
});
