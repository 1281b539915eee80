//! The format as a whole: what is sealed opens, and nothing else does.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use envelope::{
    Content, Fault, Field, File, HEADER, Keys, LinkKey, Manifest, Opener, Passphrase, Profile,
    Role, Sealer, Sink, open, padded_len, seal,
};
use proptest::prelude::*;

fn keys() -> Keys {
    Keys::derive(&LinkKey::new([7; 32], Profile::None), None).unwrap()
}

fn text(text: &str) -> Content {
    Content::Text(text.to_owned().into())
}

fn opened(envelope: &[u8]) -> Result<String, Fault> {
    match open(keys(), envelope)? {
        Content::Text(text) => Ok(text.to_string()),
        Content::Fields(_) | Content::Files(_) => Err(Fault::BadManifest),
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let envelope = seal(&keys(), [1; 16], &text("hush")).unwrap();
    for position in 0..envelope.len() {
        for bit in 0..8 {
            let mut altered = envelope.clone();
            *altered.get_mut(position).unwrap() ^= 1 << bit;
            assert!(opened(&altered).is_err(), "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let envelope = seal(&keys(), [1; 16], &text("hush")).unwrap();
    for length in 0..envelope.len() {
        let fault = opened(envelope.get(..length).unwrap()).unwrap_err();
        let expected = if length <= HEADER { Fault::Cut } else { Fault::Damaged };
        assert_eq!(fault, expected, "{length} bytes");
    }
}

#[test]
fn the_length_of_a_text_does_not_tell() {
    let lengths: Vec<usize> = [0, 1, 12, 200]
        .map(|n| seal(&keys(), [1; 16], &text(&"x".repeat(n))).unwrap().len())
        .into();
    assert!(lengths.windows(2).all(|pair| pair.first() == pair.last()), "{lengths:?}");
}

#[test]
fn fields_keep_their_roles_order_and_spaces() {
    let fields = vec![
        (Role::Password, " two  spaces ".to_owned().into()),
        (Role::UserName, "m.sandberg".to_owned().into()),
        (Role::Other("PIN \u{e5}\u{e4}\u{f6}".to_owned()), String::new().into()),
    ];
    let envelope = seal(&keys(), [1; 16], &Content::Fields(fields)).unwrap();
    let Content::Fields(fields) = open(keys(), &envelope).unwrap() else { panic!("not fields") };
    let read: Vec<_> = fields.iter().map(|(role, value)| (role.clone(), value.as_str())).collect();
    let other = Role::Other("PIN \u{e5}\u{e4}\u{f6}".to_owned());
    let expected = [(Role::Password, " two  spaces "), (Role::UserName, "m.sandberg"), (other, "")];
    assert_eq!(read, expected);
}

#[test]
fn a_wrong_key_or_passphrase_is_not_called_damage() {
    let key = LinkKey::new([7; 32], Profile::Argon2id);
    let with = |text: &str| Keys::derive(&key, Some(&Passphrase::new(text).unwrap())).unwrap();
    let envelope = seal(&with("right"), [1; 16], &text("hush")).unwrap();
    assert_eq!(open(with("wrong"), &envelope).err(), Some(Fault::WrongKey));
    assert_eq!(open(keys(), &envelope).err(), Some(Fault::BadHeader));
    assert!(open(with("right"), &envelope).is_ok());
    let other = Keys::derive(&LinkKey::new([8; 32], Profile::None), None).unwrap();
    let envelope = seal(&keys(), [1; 16], &text("hush")).unwrap();
    assert_eq!(open(other, &envelope).err(), Some(Fault::WrongKey));
}

#[test]
fn a_sealer_holds_to_its_manifest() {
    let manifest = Manifest::Fields(vec![Field { role: Role::Note, size: 4 }]);
    let mut out = Vec::new();
    let mut sealer = Sealer::new(&keys(), [1; 16], &manifest, &mut out).unwrap();
    assert_eq!(sealer.write(b"12345", &mut out), Err(Fault::BadPadding));
    sealer.write(b"123", &mut out).unwrap();
    assert_eq!(sealer.finish(|_| {}), Err(Fault::BadPadding));
}

struct Counter(u64);
impl Sink for Counter {
    type Error = Fault;
    fn manifest(&mut self, _: &Manifest) -> Result<(), Fault> {
        Ok(())
    }
    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0 = self.0.saturating_add(u64::try_from(bytes.len()).unwrap());
        Ok(())
    }
}

#[test]
fn nothing_is_released_before_its_tag_was_checked_and_nothing_is_opened_before_the_last() {
    const CHUNK: usize = 65_552;
    let envelope = seal(&keys(), [1; 16], &text(&"x".repeat(150_000))).unwrap();
    // What a chunk holds of the text: the first one begins with 15 bytes of manifest.
    for (chunk, before) in [(0, 0), (1, 65_521), (2, 131_057)] {
        let mut altered = envelope.clone();
        *altered.get_mut(HEADER + chunk * CHUNK + 100).unwrap() ^= 1;
        let (mut opener, mut counter) = (Opener::new(keys()), Counter(0));
        let pushed = opener.push(&altered, &mut counter);
        let opened = pushed.and_then(|()| opener.finish(&mut counter));
        assert_eq!((opened, counter.0), (Err(Fault::Damaged), before), "chunk {chunk}");
    }
    let whole = HEADER + 2 * CHUNK;
    let (mut opener, mut counter) = (Opener::new(keys()), Counter(0));
    opener.push(envelope.get(..whole).unwrap(), &mut counter).unwrap();
    assert_eq!(counter.0, 65_521, "a chunk is held back: it could be the last");
    assert_eq!(opener.finish(&mut counter), Err(Fault::Damaged));
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let size = 0_u64..=1 << 50;
    let role = prop_oneof![
        Just(Role::UserName),
        Just(Role::Password),
        Just(Role::Address),
        Just(Role::Note),
        "\\PC{1,40}".prop_map(Role::Other),
    ];
    let field = (role, size.clone()).prop_map(|(role, size)| Field { role, size });
    let file = ("[^/\\\\\\pC.]{1,40}", "[ -~]{0,40}", size.clone())
        .prop_map(|(name, media_type, size)| File { name, media_type, size });
    prop_oneof![
        size.prop_map(|size| Manifest::Text { size }),
        proptest::collection::vec(field, 1..=64).prop_map(Manifest::Fields),
        proptest::collection::vec(file, 1..=80).prop_map(Manifest::Files),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_manifest_is_read_as_it_was_written_and_needs_its_last_byte(manifest in manifest()) {
        let encoded = manifest.encode().unwrap();
        let (front, last) = encoded.split_at(encoded.len().saturating_sub(1));
        prop_assert_eq!(Manifest::decode(front), Ok(None));
        let longer = [front, last, b"contents"].concat();
        prop_assert_eq!(Manifest::decode(&longer), Ok(Some((manifest, encoded.len()))));
    }

    #[test]
    fn any_text_round_trips(value in "\\PC{0,600}") {
        let envelope = seal(&keys(), [1; 16], &text(&value)).unwrap();
        prop_assert_eq!(opened(&envelope).unwrap(), value);
    }

    #[test]
    fn any_size_streams_in_any_steps(size in 0_u64..200_000, step in 1_usize..70_000) {
        let manifest = Manifest::Text { size };
        let contents = vec![b'x'; usize::try_from(size).unwrap()];
        let mut envelope = Vec::new();
        let mut sealer = Sealer::new(&keys(), [1; 16], &manifest, &mut envelope).unwrap();
        for part in contents.chunks(step) {
            sealer.write(part, &mut envelope).unwrap();
        }
        sealer.finish(|sealed| envelope.append(sealed)).unwrap();
        prop_assert_eq!(u64::try_from(envelope.len()).unwrap(), manifest.envelope_len().unwrap());
        let (mut opener, mut counter) = (Opener::new(keys()), Counter(0));
        for part in envelope.chunks(step) {
            opener.push(part, &mut counter).unwrap();
        }
        opener.finish(&mut counter).unwrap();
        prop_assert_eq!(counter.0, size);
        prop_assert!(padded_len(size) >= size);
    }

    #[test]
    fn no_bytes_make_the_manifest_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Some((manifest, used))) = Manifest::decode(&bytes) {
            let encoded = manifest.encode().unwrap();
            prop_assert_eq!(encoded.as_slice(), bytes.get(..used).unwrap());
        }
    }
}
