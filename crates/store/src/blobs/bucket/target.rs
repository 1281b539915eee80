//! The address of a bucket, and who asks it. What would be asked in the clear is refused.

use std::fmt;

use zeroize::Zeroizing;

use crate::port::Result;

/// Which bucket, and how it is asked. Prints no key.
#[derive(Clone)]
pub struct BucketTarget {
    pub(super) bucket: String,
    pub(super) prefix: String,
    /// Where the server is; `None` for AWS.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// Who asks.
    pub access_key: String,
    /// The key that signs.
    pub secret_key: Zeroizing<String>,
    /// Whether another machine may be asked without TLS.
    pub plain_http: bool,
}

/// Why a bucket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketFault {
    /// The address has another form.
    #[error("must be s3://BUCKET or s3://BUCKET/PREFIX")]
    Address,
    /// The endpoint is no address.
    #[error("must be https:// and a host, for instance https://s3.example")]
    Endpoint,
    /// The endpoint is another machine, and without TLS everybody on the way sees what is asked.
    #[error("is without TLS on another machine: use https://, or set s3-plain-http")]
    Plain,
}

impl BucketTarget {
    /// The bucket at `address` (`s3://BUCKET/PREFIX`), on AWS unless somebody says where it is.
    pub fn parse(address: &str) -> Result<Self, BucketFault> {
        let rest = address.strip_prefix("s3://").ok_or(BucketFault::Address)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let segments = || prefix.split('/').all(|part| !part.is_empty() && part.bytes().all(plain));
        if bucket.is_empty() || !bucket.bytes().all(plain) || !(prefix.is_empty() || segments()) {
            return Err(BucketFault::Address);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key: String::new(),
            secret_key: Zeroizing::default(),
            plain_http: false,
        })
    }

    /// Whether the endpoint is asked by TLS or may be asked without.
    pub fn check(&self) -> Result<(), BucketFault> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        if let Some(rest) = endpoint.strip_prefix("https://") {
            return if rest.is_empty() { Err(BucketFault::Endpoint) } else { Ok(()) };
        }
        let host = endpoint.strip_prefix("http://").ok_or(BucketFault::Endpoint)?;
        let host = host.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let loopback = matches!(name, "localhost" | "[::1]")
            || name.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback());
        if loopback || self.plain_http { Ok(()) } else { Err(BucketFault::Plain) }
    }
}

impl fmt::Debug for BucketTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketTarget({self})")
    }
}

impl fmt::Display for BucketTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{}{slash}{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str, endpoint: Option<&str>) -> Result<BucketTarget, BucketFault> {
        let mut target = BucketTarget::parse(address)?;
        target.endpoint = endpoint.map(ToOwned::to_owned);
        target.check().map(|()| target)
    }

    #[test]
    fn an_address_is_a_bucket_and_perhaps_a_prefix() {
        assert_eq!(target("s3://b/x/y/", None).unwrap().to_string(), "s3://b/x/y");
        assert_eq!(target("s3://b", None).unwrap().to_string(), "s3://b");
        for wrong in ["b", "s3://", "s3:///x", "s3://b//x", "s3://b/x y", "https://b"] {
            assert_eq!(target(wrong, None).unwrap_err(), BucketFault::Address, "{wrong}");
        }
    }

    #[test]
    fn another_machine_is_asked_by_tls() {
        for fine in ["https://s3.example", "http://127.0.0.1:9000", "http://localhost"] {
            assert!(target("s3://b", Some(fine)).is_ok(), "{fine}");
        }
        let refused = |endpoint| target("s3://b", Some(endpoint)).unwrap_err();
        assert_eq!(refused("http://s3.example"), BucketFault::Plain);
        assert_eq!(refused("s3.example"), BucketFault::Endpoint);
    }
}
