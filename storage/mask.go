package storage

import "net/netip"

// MaskIP returns the network of an address as it is kept by default: /24 of
// IPv4 and /48 of IPv6. A 6to4 address carries an IPv4 address in its first 48 bits
// (RFC 3056 §2); of that too 24 are kept.
func MaskIP(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	bits := 48
	switch {
	case ip.Is4():
		bits = 24
	case netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x02}), 16).Contains(ip):
		bits = 16 + 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil { // only the zero Addr has no prefix
		return netip.Addr{}
	}
	return prefix.Addr()
}
