import { createHash, createSign, createVerify, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { importPublicKey } from '../../simulator/rsa.ts';
import { verifyParams } from '../../simulator/vendors/unionpay/sign.ts';
import { type Config, configOf, type Stage, setStage } from './kit.ts';

const root = process.env.PAYMUX_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors');

/** What is signed, written here a third time. */
function hexOf(fields: Config): string {
  const names = Object.keys(fields).filter((name) => name !== 'signature' && fields[name]);
  const text = names.sort().map((name) => `${name}=${fields[name]}`);
  return createHash('sha256').update(text.join('&')).digest('hex');
}

/** Asks as a merchant would; `more` changes fields before they are signed. */
async function ask(config: Config, path: string, more: Config, after: Config = {}): Promise<Record<string, string>> {
  const certId = BigInt(`0x${new X509Certificate(config.certificate ?? '').serialNumber}`).toString();
  const fixed = { version: '5.1.0', encoding: 'UTF-8', signMethod: '01', certId, accessType: '0', merId: config.merchant_id ?? '' };
  const fields: Config = { ...fixed, ...more };
  const signature = createSign('sha256')
    .update(hexOf(fields))
    .sign(config.private_key ?? '', 'base64');
  const body = new URLSearchParams({ ...fields, signature, ...after });
  const answer = await fetch(`${config.base_url}/gateway/api/${path}`, { method: 'POST', body });
  const pairs = (await answer.text()).split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
  return Object.fromEntries(pairs);
}

const sale: Config = {
  txnType: '01',
  txnSubType: '07',
  bizType: '000000',
  channelType: '08',
  orderId: 'order00000001',
  txnTime: '20260103003000',
  txnAmt: '1999',
  currencyCode: '156',
  backUrl: 'http://127.0.0.1:9/back',
};

describe('simulator: UnionPay', () => {
  let stage: Stage;
  let config: Config;

  before(async () => {
    stage = await setStage({ channels: ['unionpay'] });
    config = configOf(stage, 'unionpay');
  });

  after(() => stage.end());

  it('verifies what UnionPay’s test gateway signed, and refuses it changed', async function () {
    const file = join(root, 'cn/unionpay/acp-5.1.0.json');
    if (!existsSync(file)) return this.skip();
    for (const { params } of JSON.parse(readFileSync(file, 'utf8')).signed_by_unionpay_sandbox) {
      const spki = new X509Certificate(params.signPubKeyCert).publicKey.export({ type: 'spki', format: 'pem' }) as string;
      const key = await importPublicKey(spki);
      expect(await verifyParams(key, params)).to.equal(true);
      expect(await verifyParams(key, { ...params, txnAmt: '2' })).to.equal(false);
    }
  });

  it('signs its answers under a certificate that its authority issued', async () => {
    const answer = await ask(config, 'backTransReq.do', sale);
    expect(answer).to.include({ respCode: '00', orderId: sale.orderId, merId: config.merchant_id });
    const certificate = new X509Certificate(answer.signPubKeyCert ?? '');
    const verifier = createVerify('sha256').update(hexOf(answer));
    expect(verifier.verify(certificate.publicKey, answer.signature ?? '', 'base64')).to.equal(true);
    const authorities = (config.ca_certificates ?? '').match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const [middle, top] = authorities.map((pem) => new X509Certificate(pem));
    expect(certificate.verify(middle!.publicKey) && middle!.verify(top!.publicKey) && certificate.checkIssued(middle!)).to.equal(true);
  });

  it('refuses a number twice, a foreign signature, and fields that are missing, malformed or unknown', async () => {
    const fresh = { ...sale, orderId: 'order00000002' };
    expect(await ask(config, 'backTransReq.do', sale)).to.include({ respCode: '12' });
    expect(await ask(config, 'backTransReq.do', fresh, { txnAmt: '1' })).to.include({ respCode: '11' });
    expect(await ask({ ...config, private_key: configOf(stage, 'unionpay', 1).private_key ?? '' }, 'backTransReq.do', fresh)).to.include({
      respCode: '11',
    });
    expect(await ask(config, 'backTransReq.do', { ...fresh, txnAmt: '' })).to.include({ respCode: '13' });
    for (const wrong of [
      { txnAmt: '1.00' },
      { orderId: 'with-dash-1' },
      { currencyCode: '840' },
      { stray: '1' },
      { payTimeout: '20200101000000' },
    ]) {
      expect(await ask(config, 'backTransReq.do', { ...fresh, ...(wrong as Config) }), JSON.stringify(wrong)).to.include({
        respCode: '10',
      });
    }
  });

  it('finds nothing under another time, and refunds nothing that is unpaid', async () => {
    const question = { txnType: '00', txnSubType: '00', bizType: '000000', orderId: sale.orderId ?? '', txnTime: '20260103003001' };
    expect(await ask(config, 'queryTrans.do', question)).to.include({ respCode: '34' });
    const { currencyCode: _, ...rest } = sale;
    const refund = { ...rest, txnType: '04', txnSubType: '00', orderId: 'refund0000001', origQryId: '202601030000000000000' };
    expect(await ask(config, 'backTransReq.do', refund)).to.include({ respCode: '35' });
  });
});
