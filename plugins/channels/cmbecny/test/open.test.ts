import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import { config, fault, genuine, openCmb, paid, writeKey } from './fixture.ts';

const order = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123';

function whyNot(overrides: Partial<Config>, livemode = false): string {
  try {
    openCmb(overrides, livemode);
  } catch (error) {
    return (error as Error).message;
  }
  return 'opened';
}

describe('cmbecny accounts', () => {
  it('opens with a complete configuration', () => {
    expect(openCmb().merchantNo).to.equal(config.merchant_no);
  });

  it('refuses what cannot be used, naming the field and never its value', () => {
    const poor: readonly [Partial<Config>, RegExp][] = [
      [{ app_secret: 'short-secret' }, /^app_secret/],
      [{ merchant_no: 'no such number' }, /^merchant_no/],
      [{ terminal_ip: 'here' }, /^terminal_ip/],
      [{ private_key: 'abcdef' }, /^private_key/],
      [{ private_key: '0'.repeat(64) }, /^private_key/],
      [{ private_key: order }, /^private_key/],
      [{ bank_public_key: 'MFkw' }, /^bank_public_key/],
      [{ bank_public_key: writeKey(`04${'07'.repeat(64)}`) }, /^bank_public_key/],
      [{ base_url: 'http://bank.example' }, /^base_url/],
      [{ base_url: 'https://bank.example?a=b' }, /^base_url/],
    ];
    for (const [overrides, expected] of poor) {
      const said = whyNot(overrides);
      expect(said).to.match(expected);
      for (const value of Object.values(overrides)) expect(said).to.not.include(value);
    }
  });

  it('keeps live and test gateways apart', () => {
    expect(whyNot({ base_url: 'https://api.cmbchina.com' })).to.match(/^base_url of a test account/);
    expect(whyNot({ base_url: 'https://api.cmburl.cn:8065' }, true)).to.match(/^base_url of a live account/);
    expect(whyNot({}, true), 'loopback in live mode').to.match(/^base_url must be https/);
    expect(whyNot({ base_url: 'https://api.cmbchina.com' }, true)).to.equal('opened');
    expect(whyNot({ base_url: 'https://api.cmburl.cn:8065' })).to.equal('opened');
  });

  it('asks the gateway of its kind where no address is given', async () => {
    const { base_url: _, ...rest } = config;
    for (const [livemode, host] of [
      [true, 'https://api.cmbchina.com/'],
      [false, 'https://api.cmburl.cn:8065/'],
    ] as const) {
      const script = scriptHttp({ kind: 'notSent', reason: 'refused' });
      const channel = openCmb({ ...rest, base_url: undefined } as unknown as Partial<Config>, livemode);
      await channel.probe(makeCall({ http: script.http }));
      expect(script.requests[0]?.url).to.match(new RegExp(`^${host}polypay`));
    }
  });

  it('proves its keys by a genuine "not found"', async () => {
    const probe = async (answer: Parameters<typeof scriptHttp>[0]) => {
      const result = await openCmb().probe(makeCall({ http: scriptHttp(answer).http }));
      return result.ok;
    };
    expect(await probe(fault('ORDERID_NOT_EXIST'))).to.equal(true);
    expect(await probe(genuine(paid))).to.equal(true);
    expect(await probe(fault('SIGN_ERROR', '', 'returnCode'))).to.equal(false);
    expect(await probe({ kind: 'unknown', reason: 'timeout' })).to.equal(false);
  });
});
