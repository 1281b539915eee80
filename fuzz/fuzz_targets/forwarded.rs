//! Who is asking: only a trusted peer is believed, and only about the nearest hop that is not trusted.

#![no_main]

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sigill_http::layers::address::TrustedProxies;

fuzz_target!(|input: (bool, [u8; 4], Vec<(bool, &[u8])>)| {
    let (trusted, peer, fields) = input;
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]).unwrap();
    let nobody = TrustedProxies::default();
    let peer = IpAddr::from(if trusted { [10, peer[1], peer[2], peer[3]] } else { peer });
    let mut headers = HeaderMap::new();
    for (standard, value) in fields {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            let name = if standard { "forwarded" } else { "x-forwarded-for" };
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let alone = nobody.client(peer, &headers);
    assert_eq!(alone, nobody.client(peer, &HeaderMap::new()), "nobody is believed");
    let client = proxies.client(peer, &headers);
    let is_proxy = matches!(peer, IpAddr::V4(peer) if peer.octets()[0] == 10);
    if !is_proxy {
        assert_eq!(client, alone);
    }
    let mut without = headers.clone();
    without.remove("forwarded");
    assert_eq!(client, proxies.client(peer, &without), "one header is believed, and no other");
    // One more hop that the nearest proxy has seen is who is asking, whatever stood there before.
    if is_proxy {
        headers.append("x-forwarded-for", HeaderValue::from_static("198.51.100.7"));
        assert_eq!(proxies.client(peer, &headers).network(), [198, 51, 100, 7]);
    }
});
