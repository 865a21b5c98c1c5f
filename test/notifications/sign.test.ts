import { expect } from 'chai';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { makeSecret, signHeaders } from '../../core/notifications/sign.ts';

const now = () => Math.floor(Date.now() / 1000);

describe('The signature of a notification', () => {
  it('is what the reference library of Standard Webhooks makes of any content', () => {
    const run = (id: string, body: string, timestampSec: number) => {
      const secret = makeSecret();
      const signed = signHeaders({ id, timestampSec, body }, [secret]);
      expect(signed['webhook-signature']).to.equal(new Webhook(secret).sign(id, new Date(timestampSec * 1000), body));
    };
    fc.assert(
      fc.property(fc.stringMatching(/^evt_[0-9A-Z]{26}$/), fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 4_000_000_000 }), run),
    );
  });

  it('is accepted by the reference library under each secret of a rotation', () => {
    const [fresh, old] = [makeSecret(), makeSecret()];
    const body = '{"id":"evt_1","subject":"茶"}';
    const headers = signHeaders({ id: 'evt_1', timestampSec: now(), body }, [fresh, old]);
    expect(headers['webhook-signature']?.split(' ')).to.have.length(2);
    for (const secret of [fresh, old]) expect(new Webhook(secret).verify(body, { ...headers })).to.deep.equal(JSON.parse(body));
    expect(() => new Webhook(makeSecret()).verify(body, { ...headers })).to.throw();
  });

  it('does not hold for another id, time or body', () => {
    const secret = makeSecret();
    const headers = signHeaders({ id: 'evt_1', timestampSec: now(), body: '{}' }, [secret]);
    const verify = (body: string, change: object) => () => new Webhook(secret).verify(body, { ...headers, ...change });
    expect(verify('{}', {})).not.to.throw();
    expect(verify('{ }', {})).to.throw();
    expect(verify('{}', { 'webhook-id': 'evt_2' })).to.throw();
    expect(verify('{}', { 'webhook-timestamp': String(now() - 1) })).to.throw();
  });

  it('is not made with a secret of another form, and the refusal does not show the secret', () => {
    for (const secret of ['', 'whsec_', 'whsec_not base64!', 'plain-text-key', 'whsec_YWJj*']) {
      const sign = () => signHeaders({ id: 'evt_1', timestampSec: 1, body: '{}' }, [secret]);
      expect(sign, secret).to.throw(/^a notification secret is not whsec_ and base64$/);
    }
    expect(() => signHeaders({ id: 'evt_1', timestampSec: 1, body: '{}' }, [])).to.throw('needs a secret');
  });

  it('uses a new secret of 32 bytes for each receiver', () => {
    const [one, two] = [makeSecret(), makeSecret()];
    expect(one)
      .to.match(/^whsec_[A-Za-z0-9+/]{43}=$/)
      .and.not.to.equal(two);
  });
});
