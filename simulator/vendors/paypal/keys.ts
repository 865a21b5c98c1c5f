import type { webcrypto } from 'node:crypto';
import { makeCertificate } from '../../certificate.ts';
import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';

export interface Merchant {
  readonly merchantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookId: string;
  /** What a login is answered. */
  readonly token: string;
}

export interface PaypalKeys {
  readonly merchants: readonly Merchant[];
  /** Signs the callbacks of all merchants. */
  readonly messages: Pair;
  readonly certificate: string;
  readonly authority: string;
}

const years = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2045-01-01T00:00:00Z') };
const root = { organisation: 'Simulated Authority', commonName: 'Simulated PayPal Root' };
const signer = { organisation: 'PayPal, Inc.', commonName: 'messageverificationcerts.sandbox.paypal.com' };

const spkiOf = ({ publicPem }: Pair) => Buffer.from(publicPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');

/** The certificate of callbacks, by the real authority's key or by a stranger's. */
export function certify(pair: Pair, by: webcrypto.CryptoKey): Promise<string> {
  return makeCertificate({ ...years, ...signer, serial: '0a02', spki: spkiOf(pair), signer: by, issuer: root });
}

export async function loadKeys(vault: KeyVault): Promise<PaypalKeys> {
  const [top, messages] = await Promise.all([vault.pair('root'), vault.pair('messages')]);
  const authority = await vault.text('authority.pem', () =>
    makeCertificate({ ...years, ...root, serial: '0a01', spki: spkiOf(top), signer: top.sign }),
  );
  const certificate = await vault.text('messages.crt', () => certify(messages, top.sign));
  const merchants = ['2', '3'].map((index) => ({
    merchantId: `SAMPLEMERCH2${index}`,
    clientId: `A${vault.secret(`client-${index}`, 60)}`,
    clientSecret: `E${vault.secret(`secret-${index}`, 60)}`,
    webhookId: vault.secret(`webhook-${index}`, 17).toUpperCase(),
    token: `A21AA${vault.secret(`token-${index}`, 80)}`,
  }));
  return { merchants, messages, certificate, authority };
}

export function describeAccounts({ merchants, authority }: PaypalKeys): readonly AccountOffer[] {
  return merchants.map(({ merchantId, clientId, clientSecret, webhookId }) => ({
    id: merchantId,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      client_id: clientId,
      client_secret: clientSecret,
      merchant_id: merchantId,
      webhook_id: webhookId,
      webhook_authorities: authority,
    }),
  }));
}
