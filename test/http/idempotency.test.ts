import { expect } from 'chai';
import { hashRequest } from '../../core/http/canonical.ts';
import { createIdempotencyStore, deleteOldKeys } from '../../core/http/idempotency-store.ts';
import { makeVault } from '../kit/vault.ts';
import { type Harness, openHarness, post, postXml } from './kit.ts';

const day = 86_400_000;

describe('Idempotency-Key', () => {
  let harness: Harness;
  let clock: Date;
  beforeEach(async () => {
    clock = new Date('2026-01-01T00:00:00Z');
    harness = await openHarness({}, () => clock);
  });
  afterEach(() => harness.close());

  const body = { name: 'a', amount: 5, metadata: { k: '1', j: '2' } };
  const keyed = (key: string, value: unknown = body) => post(value, { 'Idempotency-Key': key });

  /** Holds the next request inside its handler; answers how to let it go, once it is in there. */
  function hold(): { entered: Promise<void>; release: () => void } {
    let release = () => {};
    harness.fake.gate = new Promise((resolve) => {
      release = resolve;
    });
    const entered = new Promise<void>((resolve) => {
      harness.fake.entered = resolve;
    });
    return { entered, release };
  }

  it('the same key and body replay status, body and headers, and execute nothing', async () => {
    const first = await harness.send('/v1/things', keyed('k1'));
    const second = await harness.send('/v1/things', keyed('k1'));
    expect([first.status, second.status, harness.fake.created]).to.deep.equal([201, 201, 1]);
    expect(second.text).to.equal(first.text);
    expect(second.headers).to.include({ 'idempotency-replayed': 'true', 'x-number': '1' });
    expect(first.headers).not.to.have.property('idempotency-replayed');
    expect(first.json['keyed'], 'the handler is told the name of the request').to.equal(true);
  });

  it('a repeat may be spelled otherwise, in XML too, and is answered in its own format', async () => {
    const first = await harness.send('/v1/things', keyed('k1'));
    const spaced = post('{ "amount": 5,\n "metadata": {"j":"2","k":"1"}, "name": "\\u0061" }', { 'Idempotency-Key': 'k1' });
    expect((await harness.send('/v1/things', spaced)).text).to.equal(first.text);
    const xml = '<request><amount>5</amount>\n<name>a</name><metadata><k>1</k><j>2</j></metadata></request>';
    const again = await harness.send('/v1/things', postXml(xml, { 'Idempotency-Key': 'k1' }));
    expect([again.status, again.headers['content-type'], again.headers['idempotency-replayed']]).to.deep.equal([
      201,
      'application/xml',
      'true',
    ]);
    expect(again.text).to.contain('<id>thing_1</id>');
    expect(harness.fake.created).to.equal(1);
  });

  it('another body under the key is 422, as is another path', async () => {
    await harness.send('/v1/things', keyed('k1'));
    for (const other of [
      { ...body, amount: 6 },
      { ...body, metadata: { k: '1' } },
    ]) {
      const got = await harness.send('/v1/things', keyed('k1', other));
      expect([got.status, got.json['code']]).to.deep.equal([422, 'idempotency_key_reused']);
    }
    const elsewhere = await harness.send('/v1/things/t/close', keyed('k1', {}));
    expect(elsewhere.status).to.equal(422);
    expect(harness.fake.created).to.equal(1);
  });

  it('while the first is in flight a repeat is 409 with Retry-After, another body still 422', async () => {
    const { entered, release } = hold();
    const first = harness.send('/v1/things', keyed('k1'));
    await entered;
    const second = await harness.send('/v1/things', keyed('k1'));
    expect([second.status, second.json['code'], second.json['advice']]).to.deep.equal([409, 'idempotency_in_progress', 'retry']);
    expect(Number(second.headers['retry-after'])).to.be.within(1, 5);
    expect((await harness.send('/v1/things', keyed('k1', { ...body, amount: 6 }))).status).to.equal(422);
    release();
    expect((await first).status).to.equal(201);
    expect((await harness.send('/v1/things', keyed('k1'))).headers['idempotency-replayed']).to.equal('true');
    expect(harness.fake.created).to.equal(1);
  });

  it('twenty at once execute once', async () => {
    const got = await Promise.all(Array.from({ length: 20 }, () => harness.send('/v1/things', keyed('k1'))));
    expect(harness.fake.created).to.equal(1);
    expect(new Set(got.map(({ status }) => status))).to.satisfy((seen: Set<number>) =>
      [...seen].every((status) => status === 201 || status === 409),
    );
    expect(got.filter(({ status }) => status === 201)).not.to.be.empty;
  });

  it('a request that was refused leaves the key free: faults of fields, unreadable bodies, refusals of the handler', async () => {
    expect((await harness.send('/v1/things', keyed('k1', { ...body, amount: 0 }))).status).to.equal(400);
    expect((await harness.send('/v1/things', keyed('k1', '{'))).status).to.equal(400);
    expect((await harness.send('/v1/things', keyed('k1', { ...body, name: 'later' }))).status).to.equal(503);
    expect((await harness.send('/v1/things', keyed('k1'))).status).to.equal(201);
  });

  it('after an error the key is free again', async () => {
    expect((await harness.send('/v1/things', keyed('k1', { ...body, name: 'throw' }))).status).to.equal(500);
    expect((await harness.send('/v1/things', keyed('k1'))).status).to.equal(201);
  });

  it('belongs to one app', async () => {
    await harness.send('/v1/things', keyed('k1'));
    harness.fake.authenticate = () => ({ app: { id: 'app_2', livemode: false }, key: { id: 'key_2', scopes: ['*'] } });
    const other = await harness.send('/v1/things', keyed('k1'));
    expect([other.status, harness.fake.created]).to.deep.equal([201, 2]);
    expect(other.headers).not.to.have.property('idempotency-replayed');
  });

  it('must be 1 to 255 visible ASCII characters', async () => {
    for (const key of ['', 'a b', 'é', 'x'.repeat(256)]) {
      const got = await harness.send('/v1/things', keyed(key));
      expect([got.status, got.json['code']], key).to.deep.equal([400, 'idempotency_key_invalid']);
    }
    expect((await harness.send('/v1/things', keyed('~'.repeat(255)))).status).to.equal(201);
  });

  it('of a server that died is taken over once its lease has ended, by one repeat', async () => {
    const dead = createIdempotencyStore(harness.database, { now: () => clock }, makeVault());
    const sent = keyed('k1');
    const requestHash = hashRequest('POST', '/v1/things', JSON.parse(String(sent.body)));
    expect((await dead.begin({ appId: 'app_1', key: 'k1', requestHash })).kind).to.equal('started');
    expect((await harness.send('/v1/things', sent)).status).to.equal(409);
    clock = new Date(clock.getTime() + 10_000);
    const { entered, release } = hold();
    const heir = harness.send('/v1/things', sent);
    await entered;
    expect((await harness.send('/v1/things', sent)).status, 'the new lease holds').to.equal(409);
    release();
    expect((await heir).status).to.equal(201);
    expect((await harness.send('/v1/things', sent)).headers['idempotency-replayed']).to.equal('true');
  });

  it('is not executed a second time beside the first, however far the clock jumps', async () => {
    const { entered, release } = hold();
    const first = harness.send('/v1/things', keyed('k1'));
    await entered;
    clock = new Date(clock.getTime() + 3_600_000);
    expect((await harness.send('/v1/things', keyed('k1'))).status).to.equal(409);
    release();
    expect((await first).status).to.equal(201);
    expect((await harness.send('/v1/things', keyed('k1'))).headers['idempotency-replayed']).to.equal('true');
  });

  it('answers without a body are kept too', async () => {
    const sent = post({}, { 'Idempotency-Key': 'k1' });
    await harness.send('/v1/things/t/close', sent);
    const again = await harness.send('/v1/things/t/close', sent);
    expect([again.status, again.text, again.headers['idempotency-replayed']]).to.deep.equal([204, '', 'true']);
  });

  it('means nothing to a GET', async () => {
    await harness.send('/v1/things', { headers: { 'Idempotency-Key': 'k1' } });
    expect(await harness.database.all('SELECT id FROM idempotency')).to.deep.equal([]);
  });

  it('is deleted after its time, and not before', async () => {
    await harness.send('/v1/things', keyed('old'));
    clock = new Date(clock.getTime() + 7 * day);
    await harness.send('/v1/things', keyed('new'));
    expect(await deleteOldKeys(harness.database, new Date(clock.getTime() - 7 * day + 1))).to.equal(1);
    expect((await harness.send('/v1/things', keyed('new'))).headers['idempotency-replayed']).to.equal('true');
    expect((await harness.send('/v1/things', keyed('old'))).headers).not.to.have.property('idempotency-replayed');
  });

  it('keeps no key in clear text', async () => {
    await harness.send('/v1/things', keyed('canary-key'));
    expect(JSON.stringify(await harness.database.all('SELECT * FROM idempotency'))).not.to.contain('canary-key');
  });
});
