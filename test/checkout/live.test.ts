import { expect } from 'chai';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { chooseAt, getPage, openCheckout, payBegun } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import type { Paymux } from '../kit/paymux.ts';

/** An open stream of events, and what came by it. */
async function listen(url: string) {
  const ending = new AbortController();
  const answer = await fetch(`${url}/events`, { signal: ending.signal });
  const stamps: string[] = [];
  const state = { isEnded: false };
  const read = async () => {
    for await (const chunk of answer.body ?? []) {
      for (const [, data] of Buffer.from(chunk)
        .toString()
        .matchAll(/^data: (.*)$/gm))
        stamps.push(JSON.parse(data ?? '').stamp);
    }
  };
  const reading = read().then(
    () => Object.assign(state, { isEnded: true }),
    () => undefined,
  );
  return {
    answer,
    stamps,
    state,
    async close() {
      ending.abort();
      await reading;
    },
  };
}

const phaseOf = (stamp: string | undefined) => stamp?.split('-')[0];

describe('The live state of a checkout', function () {
  this.timeout(30_000);
  let paymux: Paymux;
  before(async () => {
    paymux = await startEmbeddedPaymux();
  });
  after(() => paymux?.stop());

  const lookAt = async (url: string) => (await (await fetch(`${url}/state`)).json()) as { stamp: string };

  it('is told at once, and again whenever it changes', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    const stream = await listen(url);
    expect(stream.answer.headers.get('content-type')).to.equal('text/event-stream');
    expect(stream.answer.headers.get('cache-control')).to.equal('no-store');
    await eventually(() => stream.stamps.length === 1);
    await chooseAt(url, { method: 'wechat_native' });
    await eventually(() => phaseOf(stream.stamps.at(-1)) === 'act');
    await payBegun(paymux, id);
    await eventually(() => phaseOf(stream.stamps.at(-1)) === 'succeeded');
    expect(new Set(stream.stamps).size, 'each but once').to.equal(stream.stamps.length);
    await stream.close();
  });

  it('is the same on the page, in the stream and to who asks', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const stream = await listen(url);
    const [first] = await eventually(() => (stream.stamps.length > 0 ? stream.stamps : null));
    expect(await lookAt(url)).to.deep.equal({ stamp: first });
    expect((await getPage(url)).text).to.contain(`data-stamp="${first}"`);
    await stream.close();
  });

  it('is told to nobody without the token', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    for (const path of ['events', 'state']) {
      const answer = await fetch(`${url}x/${path}`);
      expect(answer.status).to.equal(404);
      expect(await answer.text()).to.equal('');
    }
  });

  it('keeps few streams for one payment: more are sent away to ask', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const streams = await Promise.all(Array.from({ length: 9 }, () => listen(url)));
    const statuses = streams.map(({ answer }) => answer.status);
    expect(statuses.filter((status) => status === 200)).to.have.length(8);
    expect(statuses.filter((status) => status === 503)).to.have.length(1);
    await streams.find(({ answer }) => answer.status === 200)?.close();
    await eventually(async () => {
      const again = await listen(url);
      if (again.answer.status === 200) streams.push(again);
      return again.answer.status === 200;
    });
    for (const stream of streams) await stream.close();
  });

  it('keeps none for who asks for the headers alone', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    for (let asked = 0; asked < 20; asked += 1) expect((await fetch(`${url}/events`, { method: 'HEAD' })).status).to.equal(200);
    const stream = await listen(url);
    expect(stream.answer.status).to.equal(200);
    await stream.close();
  });

  it('ends when the server stops, and holds it up no longer', async () => {
    const own = await startEmbeddedPaymux();
    const { checkout_url: url } = await openCheckout(own);
    const stream = await listen(url);
    await own.stop();
    expect(stream.state.isEnded).to.equal(true);
  });
});
