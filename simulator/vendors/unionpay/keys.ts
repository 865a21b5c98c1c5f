import { createHash, createPublicKey } from 'node:crypto';
import { makeCertificate } from '../../certificate.ts';
import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface UnionpayMerchant {
  readonly merId: string;
  readonly pair: Pair;
  readonly certificate: string;
  /** The serial number of its certificate in decimal, by which a message names its key. */
  readonly certId: string;
}

export interface UnionpayKeys {
  readonly merchants: readonly UnionpayMerchant[];
  readonly gateway: Pair;
  readonly gatewayCertificate: string;
  /** Middle and root, as UnionPay hands them to merchants. */
  readonly authorities: string;
}

export type UnionpayWorld = World<UnionpayKeys>;

const years = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2045-01-01T00:00:00Z') };
const root = { organisation: 'Simulated Certification Authority', commonName: 'SIMULATED TEST CS CA' };
const middle = { organisation: 'Simulated Certification Authority', commonName: 'SIMULATED TEST OCA1' };
const gatewayName = { organisation: 'Simulated OCA1', commonName: '041@8310000000083040@中国银联股份有限公司@00016495' };

const spkiOf = (pair: Pair) => createPublicKey(pair.publicPem).export({ type: 'spki', format: 'der' });
/** Ten hex digits, as CFCA's are, that belong to the key. */
const serialOf = (pair: Pair) => `10${createHash('sha1').update(pair.publicPem).digest('hex').slice(0, 8)}`;

/** UnionPay's certificate for a key: with the real authority's key as `signer`, or with a stranger's for a forgery. */
export const certifyGateway = (pair: Pair, signer: Pair['sign']) =>
  makeCertificate({ ...years, ...gatewayName, serial: serialOf(pair), spki: spkiOf(pair), signer, issuer: middle });

async function loadMerchant(vault: KeyVault, index: number, authority: Pair): Promise<UnionpayMerchant> {
  const merId = `77729005811000${index}`;
  const pair = await vault.pair(`merchant-${index}`);
  const names = { organisation: 'Simulated OCA1', commonName: `041@Z2025-01-01@${merId}:SIGN@0000000${index}` };
  const facts = { ...years, ...names, serial: serialOf(pair), spki: spkiOf(pair), signer: authority.sign, issuer: middle };
  const certificate = await vault.text(`merchant-${index}.crt`, () => makeCertificate(facts));
  return { merId, pair, certificate, certId: BigInt(`0x${serialOf(pair)}`).toString() };
}

export async function loadKeys(vault: KeyVault): Promise<UnionpayKeys> {
  const [top, authority, gateway] = await Promise.all([vault.pair('root'), vault.pair('middle'), vault.pair('gateway')]);
  const merchants = await Promise.all([1, 2].map((index) => loadMerchant(vault, index, authority)));
  const authorities = await vault.text('authorities.pem', async () => {
    const own = await makeCertificate({ ...years, ...root, serial: serialOf(top), spki: spkiOf(top), signer: top.sign });
    const facts = { ...years, ...middle, serial: serialOf(authority), spki: spkiOf(authority), signer: top.sign, issuer: root };
    return `${await makeCertificate(facts)}${own}`;
  });
  const gatewayCertificate = await vault.text('gateway.crt', () => certifyGateway(gateway, authority.sign));
  return { merchants, gateway, gatewayCertificate, authorities };
}

export function describeAccounts({ merchants, authorities }: UnionpayKeys): readonly AccountOffer[] {
  return merchants.map(({ merId, pair, certificate }) => ({
    id: merId,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      merchant_id: merId,
      private_key: pair.privatePem,
      certificate,
      ca_certificates: authorities,
    }),
  }));
}
