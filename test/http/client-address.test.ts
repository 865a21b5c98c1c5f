import { expect } from 'chai';
import { clientAddress } from '../../core/http/client-address.ts';
import { toBlockList } from '../../core/notifications/networks.ts';

const trusted = toBlockList(['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8']);

describe('The address of a client behind proxies', () => {
  for (const [title, remote, forwarded, client] of [
    ['is the other end of the connection where no proxy is trusted', '203.0.113.1', '198.51.100.7', '203.0.113.1'],
    ['is what a trusted proxy saw', '127.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['is what the first of several trusted ones saw', '10.0.0.9', '198.51.100.7, 10.0.0.8', '198.51.100.7'],
    ['is never what the client put before it', '10.0.0.9', '1.1.1.1, 198.51.100.7, 10.0.0.8', '198.51.100.7'],
    ['is the proxy where it says nothing', '127.0.0.1', undefined, '127.0.0.1'],
    ['is the last that can be read', '127.0.0.1', '198.51.100.7, unknown, 10.0.0.8', '10.0.0.8'],
    ['is read in both notations of IPv4, and in IPv6', 'fd00::1', '2001:db8::5, ::ffff:10.0.0.8', '2001:db8::5'],
  ] as const) {
    it(title, () => expect(clientAddress(remote, forwarded, trusted)).to.equal(client));
  }
});
