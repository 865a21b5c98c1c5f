import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { buildForm, cutMembers, type Params, parseForm, parsePublicKey, signText, textToSign, verifyParams } from '../sign.ts';
import { config, keys, openAlipay, signWith } from './fake-alipay.ts';

interface Vector {
  readonly params: Record<string, string>;
  readonly alipay_public_key: string;
  readonly valid: boolean;
}

const root = join(import.meta.dirname, '../../../..');
const vectorFile = join(process.env['PAYMUX_VECTORS'] ?? join(root, '../shared/vectors'), 'cn/alipay/notify-official-node.json');

function verifyVector(params: Params, publicKey: string): boolean {
  const signature = makeKit().base64(params['sign']);
  return signature !== null && verifyParams(params, signature, parsePublicKey(publicKey));
}

describe('Alipay signatures', () => {
  describe('over the messages in Alipay’s own SDK tests', () => {
    let vectors: readonly Vector[];
    before(function () {
      if (!existsSync(vectorFile)) this.skip();
      vectors = (JSON.parse(readFileSync(vectorFile, 'utf8')) as { cases: Vector[] }).cases;
    });

    it('accepts the genuine ones, with and without sign_type in the signature, and refuses the forged ones', () => {
      expect(vectors.map(({ params, alipay_public_key: key }) => verifyVector(params, key))).to.deep.equal(
        vectors.map(({ valid }) => valid),
      );
      expect(vectors.filter(({ valid }) => valid)).to.have.length.above(2);
    });

    it('verifies them as they come over the wire', () => {
      for (const { params, alipay_public_key: key } of vectors.filter(({ valid }) => valid)) {
        expect(parseForm(buildForm(params))).to.deep.equal(params);
        expect(verifyVector(parseForm(buildForm(params)) as Params, key)).to.equal(true);
      }
    });

    it('refuses each of them after a change of any one character', () => {
      for (const { params, alipay_public_key: key } of vectors.filter(({ valid }) => valid)) {
        const { sign, sign_type: type = '', ...signed } = params;
        for (const [name, value] of Object.entries(signed)) {
          for (let at = 0; at < value.length; at += 1) {
            const changed = `${value.slice(0, at)}${value[at] === '1' ? '2' : '1'}${value.slice(at + 1)}`;
            expect(verifyVector({ ...params, [name]: changed }, key), `${name}[${at}]`).to.equal(false);
          }
        }
        for (let at = 0; at < (sign ?? '').length; at += 1) {
          const changed = `${sign?.slice(0, at)}${sign?.[at] === 'A' ? 'B' : 'A'}${sign?.slice(at + 1)}`;
          expect(verifyVector({ ...params, sign: changed }, key), `sign[${at}]`).to.equal(false);
        }
        if (type !== '') expect(verifyVector({ ...params, sign_type: 'RSA' }, key)).to.equal(false);
      }
    });
  });

  it('sign the sorted, unencoded, non-empty fields', async () => {
    const text = textToSign({ b: '2 +/', a: '一', empty: '', sign: 'old', A: '0' });
    expect(text).to.equal('A=0&a=一&b=2 +/');
    expect(await signText(text, keys.app.privateKey)).to.equal(signWith(keys.app.privateKey, text));
  });
});

describe('Alipay forms', () => {
  it('are read back as they were written, whatever the values', () => {
    const names = fc.stringMatching(/^[a-z_]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'binary' }), { minKeys: 1 }), (params) => {
        expect(parseForm(buildForm(params))).to.deep.equal({ ...params });
      }),
    );
  });

  it('have no meaning with a repeated name or a broken escape', () => {
    expect(parseForm('a=1&a=2')).to.equal(null);
    expect(parseForm('a=%zz')).to.equal(null);
    expect(parseForm('a=%ff')).to.equal(null);
  });

  it('take a plus for a space', () => {
    expect(parseForm('a=1+2&b=%2B&c')).to.deep.equal({ a: '1 2', b: '+', c: '' });
  });
});

describe('the raw members of an Alipay answer', () => {
  it('are cut out exactly as written: spaces, escapes, order and all', () => {
    const node = '{ "b" : "\\u4e00\\/\\"}]" ,"a":[1,{"c":"\\\\"}], "d":null}';
    const members = cutMembers(` {"x_response": ${node} ,"sign":"ab\\/c=","n":12} \n`);
    expect(members?.get('x_response')).to.equal(node);
    expect(members?.get('sign')).to.equal('"ab\\/c="');
  });

  it('agree with JSON.parse for any object, and never throw for any text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue()), (value) => {
        const members = cutMembers(JSON.stringify(value));
        const parsed = Object.fromEntries([...(members ?? [])].map(([name, raw]) => [name, JSON.parse(raw)]));
        expect(parsed).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', ' ') }), (text) => {
        cutMembers(text);
      }),
    );
  });

  it('are refused when a name comes twice, so that no unsigned twin can stand in for the signed one', () => {
    expect(cutMembers('{"a":1,"a":2}')).to.equal(null);
  });

  it('are refused when the text is cut short or goes on', () => {
    for (const text of ['', '[]', '{', '{"a"', '{"a":', '{"a":}', '{"a":"1', '{"a":{"b":1}', '{"a":1}{', '{"a" 1}']) {
      expect(cutMembers(text), text).to.equal(null);
    }
  });
});

describe('opening an Alipay account', () => {
  const bare = (pem: string | Buffer) => pem.toString().replaceAll(/-----.*-----|\n/g, '');

  it('takes the private key in each form that Alipay’s tools write', () => {
    const pkcs1 = keys.app.privateKey.export({ type: 'pkcs1', format: 'pem' });
    for (const key of [config.private_key, pkcs1.toString(), bare(config.private_key), bare(pkcs1)]) {
      expect(openAlipay({ private_key: key }).merchantNo).to.equal(config.app_id);
    }
    expect(openAlipay({ alipay_public_key: bare(config.alipay_public_key) }).merchantNo).to.equal(config.app_id);
  });

  it('refuses what is no key, naming the field and not its value', () => {
    const secret = 'c2VjcmV0LXNlY3JldA==';
    expect(() => openAlipay({ private_key: '' })).to.throw(/^private_key is not a key/);
    expect(() => openAlipay({ private_key: secret })).to.throw(/^private_key (?!.*c2Vj)/);
    expect(() => openAlipay({ alipay_public_key: '' })).to.throw(/^alipay_public_key is not a key/);
    expect(() => openAlipay({ alipay_public_key: config.private_key })).to.throw(/^alipay_public_key is not a key/);
  });

  it('refuses the application’s own public key in the place of Alipay’s', () => {
    const own = keys.app.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => openAlipay({ alipay_public_key: own })).to.throw(/public half of private_key/);
  });

  it('refuses an empty app_id or seller_id', () => {
    expect(() => openAlipay({ app_id: '' })).to.throw('app_id is empty');
    expect(() => openAlipay({ seller_id: '' })).to.throw('seller_id is empty');
  });

  it('keeps test accounts off the live gateway, and live accounts off any other', () => {
    const live = 'https://openapi.alipay.com/gateway.do';
    expect(openAlipay({ gateway_url: live }, true).merchantNo).to.equal(config.app_id);
    expect(() => openAlipay({ gateway_url: live }, false)).to.throw('gateway_url is the live gateway');
    expect(() => openAlipay({}, true)).to.throw('gateway_url is not the live gateway');
    expect(() => openAlipay({ gateway_url: 'http://127.0.0.1:8090/alipay/gateway.do' }, true)).to.throw(
      'gateway_url is not the live gateway',
    );
    expect(() => openAlipay({ gateway_url: 'nonsense' })).to.throw('gateway_url is not an address');
  });
});
