//! To which addresses webhooks are sent.
//!
//! Whoever registers an app names the receiver, and the server that sends stands where others do not: beside databases, and
//! beside what hosters tell the machines they rent. So only addresses of the public internet are taken, unless the server
//! was told otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// To which addresses webhooks are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressPolicy {
    /// To those of the public internet.
    #[default]
    PublicOnly,
    /// To those of the own machine and network too.
    PrivateToo,
}

/// Why nothing is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RefusedAddress {
    /// It is one of the own machine.
    #[error("it is an address of this machine")]
    Loopback,
    /// It is one of the own network: private, link-local, or of the provider's network.
    #[error("it is an address of a private network")]
    Private,
    /// Hosters tell their machines their secrets there.
    #[error("it is where hosters keep what their machines must not tell")]
    Metadata,
    /// It is none of one machine: unspecified, multicast, reserved or for documentation.
    #[error("it is no address of a machine")]
    NoMachine,
    /// The port is none of 80, 443 and 1024 to 65535.
    #[error("the port must be 80, 443 or from 1024 to 65535")]
    Port,
}

/// Where hosters tell their machines what they must not tell others.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

impl AddressPolicy {
    /// Whether webhooks are sent to an address.
    ///
    /// # Errors
    /// Why not.
    pub fn allow(self, address: IpAddr) -> Result<(), RefusedAddress> {
        match refusal(address) {
            None => Ok(()),
            Some(RefusedAddress::Loopback | RefusedAddress::Private) if self == Self::PrivateToo => Ok(()),
            Some(refused) => Err(refused),
        }
    }

    /// Whether webhooks are sent to a port.
    ///
    /// # Errors
    /// When it is none of those.
    pub const fn allow_port(self, port: u16) -> Result<(), RefusedAddress> {
        if matches!(port, 80 | 443 | 1024..) { Ok(()) } else { Err(RefusedAddress::Port) }
    }
}

/// What speaks against an address of nobody in particular.
fn refusal(address: IpAddr) -> Option<RefusedAddress> {
    if METADATA.contains(&address) {
        return Some(RefusedAddress::Metadata);
    }
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

/// The special-purpose addresses of IANA's registry.
fn refusal_v4(address: Ipv4Addr) -> Option<RefusedAddress> {
    match address.octets() {
        [127, ..] => Some(RefusedAddress::Loopback),
        [10, ..] | [100, 64..=127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => {
            Some(RefusedAddress::Private)
        }
        [0 | 224.., ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Some(RefusedAddress::NoMachine),
        _ => None,
    }
}

fn refusal_v6(address: Ipv6Addr) -> Option<RefusedAddress> {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        refusal(Ipv4Addr::new(a, b, c, d).into())
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(RefusedAddress::Loopback),
        // An address of IPv4 in one of its clothes is what it is without: mapped, translated, and over 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        // Translated within a network, unique local, link-local, site-local.
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff | 0xfe80..=0xfeff, ..] => Some(RefusedAddress::Private),
        // Of what may be global, Teredo, benchmarks, hashes of keys and documentation are not.
        [0x2001, 0 | 2 | 0x10..=0x2f | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => {
            Some(RefusedAddress::NoMachine)
        }
        [0x2000..=0x3fff, ..] => None,
        _ => Some(RefusedAddress::NoMachine),
    }
}

#[cfg(test)]
mod tests {
    use RefusedAddress::{Loopback, Metadata, NoMachine, Private};

    use super::*;

    const ADDRESSES: &[(&str, Option<RefusedAddress>)] = &[
        ("8.8.8.8", None),
        ("1.1.1.1", None),
        ("93.184.216.34", None),
        ("100.63.255.255", None),
        ("100.128.0.0", None),
        ("172.15.255.255", None),
        ("172.32.0.1", None),
        ("192.167.255.255", None),
        ("223.255.255.255", None),
        ("127.0.0.1", Some(Loopback)),
        ("127.1.2.3", Some(Loopback)),
        ("127.255.255.255", Some(Loopback)),
        ("10.0.0.1", Some(Private)),
        ("10.255.255.255", Some(Private)),
        ("172.16.0.1", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("192.168.0.1", Some(Private)),
        ("169.254.0.1", Some(Private)),
        ("100.64.0.1", Some(Private)),
        ("100.127.255.255", Some(Private)),
        ("169.254.169.254", Some(Metadata)),
        ("100.100.100.200", Some(Metadata)),
        ("0.0.0.0", Some(NoMachine)),
        ("0.1.2.3", Some(NoMachine)),
        ("192.0.0.1", Some(NoMachine)),
        ("192.0.2.1", Some(NoMachine)),
        ("192.88.99.1", Some(NoMachine)),
        ("198.18.0.1", Some(NoMachine)),
        ("198.19.255.255", Some(NoMachine)),
        ("198.51.100.7", Some(NoMachine)),
        ("203.0.113.7", Some(NoMachine)),
        ("224.0.0.1", Some(NoMachine)),
        ("239.255.255.250", Some(NoMachine)),
        ("240.0.0.1", Some(NoMachine)),
        ("255.255.255.255", Some(NoMachine)),
        ("2606:4700:4700::1111", None),
        ("2a00:1450:4001:81b::200e", None),
        ("::1", Some(Loopback)),
        ("::", Some(NoMachine)),
        ("::2", Some(NoMachine)),
        ("::127.0.0.1", Some(NoMachine)),
        ("::ffff:127.0.0.1", Some(Loopback)),
        ("::ffff:7f00:1", Some(Loopback)),
        ("::ffff:10.0.0.1", Some(Private)),
        ("::ffff:169.254.169.254", Some(Metadata)),
        ("::ffff:8.8.8.8", None),
        ("64:ff9b::7f00:1", Some(Loopback)),
        ("64:ff9b::a00:1", Some(Private)),
        ("64:ff9b::a9fe:a9fe", Some(Metadata)),
        ("64:ff9b::808:808", None),
        ("64:ff9b:1::a00:1", Some(Private)),
        ("2002:7f00:1::", Some(Loopback)),
        ("2002:c0a8:1::1", Some(Private)),
        ("2002:808:808::1", None),
        ("2001::1", Some(NoMachine)),
        ("2001:db8::1", Some(NoMachine)),
        ("3fff::1", Some(NoMachine)),
        ("fc00::1", Some(Private)),
        ("fd12:3456:789a::1", Some(Private)),
        ("fd00:ec2::254", Some(Metadata)),
        ("fe80::1", Some(Private)),
        ("febf::1", Some(Private)),
        ("fec0::1", Some(Private)),
        ("ff02::1", Some(NoMachine)),
        ("100::1", Some(NoMachine)),
        ("4000::1", Some(NoMachine)),
    ];

    #[test]
    fn only_addresses_of_the_public_internet_are_taken_unless_told_otherwise() {
        for &(text, refused) in ADDRESSES {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(AddressPolicy::PublicOnly.allow(address).err(), refused, "{text}");
            let still = refused.filter(|refused| !matches!(refused, Loopback | Private));
            assert_eq!(AddressPolicy::PrivateToo.allow(address).err(), still, "{text}");
        }
    }

    #[test]
    fn ports_are_those_of_the_web_and_from_1024() {
        for policy in [AddressPolicy::PublicOnly, AddressPolicy::PrivateToo] {
            for port in [80, 443, 1024, 8080, 65535] {
                assert_eq!(policy.allow_port(port), Ok(()));
            }
            for port in [0, 1, 22, 25, 79, 81, 442, 444, 1023] {
                assert_eq!(policy.allow_port(port), Err(RefusedAddress::Port), "{port}");
            }
        }
    }
}
