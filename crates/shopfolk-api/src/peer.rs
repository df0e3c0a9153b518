//! Who is at the other end of the connection.

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr};

tokio::task_local! {
    static PEER: IpAddr;
}

/// Serves a request of this address. It is the one of the connection: where a proxy is in between, it is the proxy's, and no
/// header says otherwise.
///
/// The address travels beside the request, for in the request it would take an allocation each time.
pub fn of_peer<F: Future>(address: IpAddr, serving: F) -> impl Future<Output = F::Output> {
    PEER.scope(address, serving)
}

/// An address, or in IPv6 the 64 bits that one subscriber is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PeerNetwork(IpAddr);

impl PeerNetwork {
    /// That of the request being served; `None` where it came over no connection, as in tests.
    pub(crate) fn current() -> Option<Self> {
        PEER.try_with(|address| Self::of(*address)).ok()
    }

    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_subscriber_are_one() {
        let network = |address: &str| PeerNetwork::of(address.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.2"), network("192.0.2.1"));
    }
}
