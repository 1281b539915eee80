//! Creations: however the body is cut, the same comes of it, and the envelope is what was between the
//! boundaries.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigill_http::native::fuzzing::creation;

fn read(body: &[u8], piece: usize) -> Result<(String, Vec<u8>), String> {
    let pieces = body.chunks(piece.max(1)).map(<[u8]>::to_vec).collect();
    match creation(b"multipart/form-data; boundary=b", pieces) {
        Ok((terms, envelope)) => Ok((serde_json::to_string(&terms).expect("terms"), envelope)),
        Err(problem) => Err(problem.name().to_owned()),
    }
}

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (piece, content_type, body) = input;
    let whole = read(body, body.len());
    assert_eq!(whole, read(body, usize::from(piece)));
    if let Ok((_, envelope)) = whole {
        assert!(!envelope.windows(5).any(|bytes| bytes == b"\r\n--b"), "a boundary was read over");
        assert!(body.windows(envelope.len().max(1)).any(|bytes| bytes.starts_with(&envelope)));
    }
    drop(creation(content_type, vec![body.to_vec()]));
});
