import { Buffer } from 'node:buffer';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { judge } from '../sign.ts';
import { config, nowSec, readVectors, sign } from './fixture.ts';

const { sameText } = makeKit();
const body = '{"id":"evt_1"}\n';
const secrets = [config.webhook_secret];
const now = new Date(nowSec * 1_000);

function judgeHeader(header: string | undefined, changes: Partial<Parameters<typeof judge>[0]> = {}) {
  return judge({ header, body: Buffer.from(body), secrets, now, sameText, ...changes });
}

describe('stripe: the signature of a callback', () => {
  it('accepts what was signed with the secret of the endpoint', () => {
    expect(judgeHeader(sign(body))).to.equal('genuine');
  });

  it('accepts one right v1 among several, whatever their order', () => {
    const right = sign(body);
    const wrong = sign(body, 'whsec_another_secret').split(',')[1];
    expect(judgeHeader(`${right},${wrong}`)).to.equal('genuine');
    expect(judgeHeader(right.replace(',', `,${wrong},`))).to.equal('genuine');
  });

  it('accepts each of the secrets while they are being rolled, and none that is not listed', () => {
    const rolled = { secrets: ['whsec_old_0123456789abc', 'whsec_new_0123456789abc'] };
    expect(judgeHeader(sign(body, 'whsec_old_0123456789abc'), rolled)).to.equal('genuine');
    expect(judgeHeader(sign(body, 'whsec_new_0123456789abc'), rolled)).to.equal('genuine');
    expect(judgeHeader(sign(body), rolled)).to.equal('bad_signature');
  });

  it('accepts 300 seconds in both directions, and not one more', () => {
    for (const age of [-300, 300]) expect(judgeHeader(sign(body, undefined, nowSec - age))).to.equal('genuine');
    for (const age of [-301, 301]) expect(judgeHeader(sign(body, undefined, nowSec - age))).to.equal('stale');
  });

  it('says "stale" only of what was really signed', () => {
    expect(judgeHeader(sign(body, 'whsec_another_secret', nowSec - 9_999))).to.equal('bad_signature');
  });

  it('refuses a v0, which proves nothing', () => {
    expect(judgeHeader(sign(body).replace('v1=', 'v0='))).to.equal('bad_signature');
  });

  it('refuses headers that are absent, empty, incomplete or ambiguous', () => {
    const good = sign(body);
    const v1 = good.split(',')[1];
    const bad = [undefined, '', ',', 't=', `t=${nowSec}`, `${v1}`, `t=,${v1}`, `t=abc,${v1}`, `t=-5,${v1}`, `t=1e9,${v1}`];
    for (const header of [...bad, `t=${nowSec},v1=`, `t=${nowSec},${good}`, good.slice(0, -1), `${good}0`, good.toUpperCase()]) {
      expect(judgeHeader(header), String(header)).to.equal('bad_signature');
    }
  });

  it('refuses every change of one byte of the body', () => {
    const header = sign(body);
    for (const at of Buffer.from(body).keys()) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(judgeHeader(header, { body: changed }), `byte ${at}`).to.equal('bad_signature');
    }
  });

  describe('with the vector published by stripe-dotnet', () => {
    interface Vector {
      readonly id: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly secret: string;
      readonly body: string;
      readonly at: number;
    }

    function readVector(context: Mocha.Context): Vector {
      const file = readVectors('global/webhook-signatures.json') as { readonly vectors: readonly Vector[] } | null;
      const vector = file?.vectors.find(({ id }) => id === 'stripe-v1-dotnet');
      return vector ?? context.skip();
    }

    function judgeVector(vector: Vector, changes: Partial<Parameters<typeof judge>[0]> = {}) {
      const signed = { header: vector.headers['Stripe-Signature'], body: Buffer.from(vector.body), secrets: [vector.secret] };
      return judge({ ...signed, now: new Date(vector.at * 1_000), sameText, ...changes });
    }

    it('accepts it at its time, and calls it stale today', function () {
      const vector = readVector(this);
      expect(judgeVector(vector)).to.equal('genuine');
      expect(judgeVector(vector, { now })).to.equal('stale');
    });

    it('refuses every change of one byte of its body, time, signature and secret', function () {
      const vector = readVector(this);
      for (const at of Buffer.from(vector.body).keys()) {
        const changed = Buffer.from(vector.body);
        changed[at] = (changed[at] ?? 0) ^ 4;
        expect(judgeVector(vector, { body: changed }), `body ${at}`).to.equal('bad_signature');
      }
      const header = vector.headers['Stripe-Signature'] ?? '';
      const signedPart = header.slice(0, header.indexOf(',v0='));
      for (const [at, digit] of [...signedPart].entries()) {
        const changed = `${signedPart.slice(0, at)}${digit === '7' ? '8' : '7'}${signedPart.slice(at + 1)}`;
        expect(judgeVector(vector, { header: changed }), `header ${at}`).to.equal('bad_signature');
      }
      for (const at of vector.secret.split('').keys()) {
        const changed = `${vector.secret.slice(0, at)}!${vector.secret.slice(at + 1)}`;
        expect(judgeVector(vector, { secrets: [changed] }), `secret ${at}`).to.equal('bad_signature');
      }
    });

    it('refuses it without its last newline', function () {
      const vector = readVector(this);
      expect(judgeVector(vector, { body: Buffer.from(vector.body.trimEnd()) })).to.equal('bad_signature');
    });
  });
});
