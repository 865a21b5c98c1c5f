import { BlockList, isIP } from 'node:net';

/**
 * IPv4 blocks that are not the public internet: the special-purpose registry of IANA (RFC 6890 and
 * its successors) and multicast. `net.BlockList` compares numbers, so no notation slips through.
 */
const closedV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * Of IPv6 only global unicast is open. That alone closes loopback, ULA, link-local, multicast, SRv6
 * and every form that carries an IPv4 address at its end (mapped, compatible, translated, NAT64),
 * none of which `net.BlockList` would see through. Inside it, these carry IPv4 too or lead nowhere.
 */
const openV6 = ['2000::/3'];
const closedV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const loopback = toBlockList(['127.0.0.0/8', '::1/128']);
const closed = toBlockList([...closedV4, ...closedV6]);
const open = toBlockList(openV6);

/** Whether an address, written in any way that `net.isIP` takes, is of this machine. */
export function isLoopback(address: string): boolean {
  return isIn(loopback, address);
}

/** Whether an address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%') || isIn(closed, address)) return false;
  return version === 4 || isIn(open, address);
}

/** Whether an address is inside one of these networks. */
export function isIn(networks: BlockList, address: string): boolean {
  const version = isIP(address);
  if (version === 0 || isMapped(address)) return false;
  return networks.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Networks in the notation `10.0.0.0/8`. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** An IPv4 address in IPv6 clothes counts as neither: nobody needs it and it hides what it is. */
function isMapped(address: string): boolean {
  return isIP(address) === 6 && mapped.check(address, 'ipv6');
}

const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
