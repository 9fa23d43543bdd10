//! Which addresses may be connected to. The ranges are those of IANA's registries of special-purpose addresses (RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressPolicy {
    /// Those of the public internet.
    Public,
    /// Also private networks and this machine; never the addresses where clouds keep their metadata.
    Private,
}

/// What kind of address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddressClass {
    /// Anybody can reach it.
    Public,
    /// A private network, or this machine.
    Private,
    /// Nothing that visitors can be sent to: link-local and metadata addresses, multicast, documentation, reserved ranges.
    Never,
}

impl AddressPolicy {
    /// Whether this address may be connected to.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        let class = match address {
            IpAddr::V4(address) => class_of_v4(address),
            IpAddr::V6(address) => class_of_v6(address),
        };
        match class {
            AddressClass::Public => true,
            AddressClass::Private => self == Self::Private,
            AddressClass::Never => false,
        }
    }
}

/// Metadata services at addresses that look like others: Alibaba's in the shared range, Azure's in a public one.
const V4_METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];

/// Metadata services of AWS and Google Cloud.
const V6_METADATA: [Ipv6Addr; 2] = [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

fn class_of_v4(address: Ipv4Addr) -> AddressClass {
    if V4_METADATA.contains(&address) {
        return AddressClass::Never;
    }
    match address.octets() {
        // This network; link-local; protocol assignments; documentation; the 6to4 relay; multicast and reserved.
        [0 | 224..=255, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => {
            AddressClass::Never
        }
        // Private; this machine; shared by providers (CGNAT); benchmarks.
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [198, 18 | 19, ..] => AddressClass::Private,
        _ => AddressClass::Public,
    }
}

fn class_of_v6(address: Ipv6Addr) -> AddressClass {
    if V6_METADATA.contains(&address) {
        return AddressClass::Never;
    }
    let embedded = |high: u16, low: u16| class_of_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // An IPv4 address in IPv6 (mapped), by NAT64, by 6to4: what counts is where it leads.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => AddressClass::Private,
        // Protocol assignments with Teredo; documentation.
        [0x2001, ..0x200 | 0xdb8, ..] | [0x3fff, ..0x1000, ..] => AddressClass::Never,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        // Only 2000::/3 is global unicast: not `::`, link-local, multicast, discard-only, local NAT64 and what is not assigned.
        _ => AddressClass::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(address: &str) -> (bool, bool) {
        let address = address.parse().unwrap();
        (AddressPolicy::Public.allows(address), AddressPolicy::Private.allows(address))
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:0808:0808::1",
        ] {
            assert_eq!(allowed(address), (true, true), "{address}");
        }
    }

    #[test]
    fn private_addresses_are_allowed_only_where_the_server_says_so() {
        for address in [
            "127.0.0.1",
            "127.255.255.255",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "::1",
            "fc00::1",
            "fdff::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:0001::1",
        ] {
            assert_eq!(allowed(address), (false, true), "{address}");
        }
    }

    #[test]
    fn metadata_and_reserved_addresses_are_never_allowed() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::7f00:1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "64:ff9b:1::1",
            "5f00::1",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "::ffff:0:127.0.0.1",
        ] {
            assert_eq!(allowed(address), (false, false), "{address}");
        }
    }
}
