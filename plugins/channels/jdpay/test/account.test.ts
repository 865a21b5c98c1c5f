import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { Config } from '../account.ts';
import { config, jd, openJdpay, ours } from './fixture.ts';

const short = generateKeyPairSync('rsa', { modulusLength: 768 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const spki = { type: 'spki', format: 'pem' } as const;
const part = (byte: number) => Buffer.alloc(8, byte);
const keyOf = (...bytes: number[]) => Buffer.concat(bytes.map(part)).toString('base64');

describe('jdpay: accounts', () => {
  it('open with keys in PEM and in bare base64', () => {
    expect(openJdpay().merchantNo).to.equal(config.merchant);
    const bare = (pem: string) => pem.replace(/-----.+-----|\n/g, '');
    expect(openJdpay({ private_key: bare(ours.privatePem), jd_public_key: bare(jd.publicPem) }).merchantNo).to.equal(config.merchant);
  });

  const faults: readonly (readonly [field: keyof Config, value: string])[] = [
    ['merchant', ''],
    ['merchant', '1101480x5005'],
    ['des_key', ''],
    ['des_key', 'c2hvcnQ='],
    ['des_key', keyOf(2, 2, 4)],
    ['des_key', keyOf(2, 4, 5)],
    ['private_key', ''],
    ['private_key', 'not a key'],
    ['private_key', short.privateKey.export(pkcs8) as string],
    ['private_key', curve.privateKey.export(pkcs8) as string],
    ['jd_public_key', ours.privatePem],
    ['jd_public_key', short.publicKey.export(spki) as string],
    ['pc_url', 'http://pc.example'],
    ['h5_url', 'ftp://h5.example'],
    ['gateway_url', 'nowhere'],
    ['gateway_url', 'https://paygate.jd.com'],
  ];
  for (const [field, value] of faults) {
    it(`${field} is refused as ${JSON.stringify(value.slice(0, 24))}, by its name alone`, () => {
      const faulty = () => openJdpay({ [field]: value });
      expect(faulty).to.throw(new RegExp(`^${field} `));
      if (value.length > 10) expect(faulty).not.to.throw(value);
    });
  }

  it('of real money are not at JD’s public test account, nor on this machine', () => {
    expect(() => openJdpay({ merchant: '22294531' }, true)).to.throw(/^merchant /);
    expect(() => openJdpay({ gateway_url: 'http://127.0.0.1:8090/jdpay' }, true)).to.throw(/^gateway_url /);
    expect(() => openJdpay({ gateway_url: 'https://paygate.jd.com' }, true)).not.to.throw();
    expect(() => openJdpay({ merchant: '22294531', gateway_url: 'https://paygate.jd.com' })).not.to.throw();
  });
});
