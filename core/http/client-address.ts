import { type BlockList, isIP } from 'node:net';
import { isIn } from '../notifications/networks.ts';

/**
 * Whose request it is. Each proxy writes at the end who came to it, so the list is read from its end for as long as
 * those who wrote it are trusted: what stands before that, the client may have made up.
 */
export function clientAddress(remoteAddress: string, forwardedFor: string | undefined, trusted: BlockList): string {
  const named = (forwardedFor ?? '').split(',').map((one) => one.trim().replace(/^::ffff:(?=[0-9.]+$)/i, ''));
  const chain = [...named.filter((one) => one !== ''), remoteAddress];
  let client = remoteAddress;
  for (const address of chain.toReversed()) {
    if (isIP(address) === 0) return client;
    client = address;
    if (!isIn(trusted, address)) return client;
  }
  return client;
}
