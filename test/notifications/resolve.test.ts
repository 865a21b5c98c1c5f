import { expect } from 'chai';
import { createResolve, resolveByMachine } from '../../core/notifications/resolve.ts';
import { eventually } from './wait.ts';

const at = (address: string) => [{ address, family: 4 }];

describe('The look-up of a merchant’s name', () => {
  it('asks the name servers, and the system only for what they do not know', async () => {
    const asked: string[] = [];
    const resolve = createResolve({
      ask: async (name) => (name === 'shop.example' ? at('8.8.8.8') : []),
      lookUp: async (name) => {
        asked.push(name);
        return at('10.0.0.1');
      },
    });
    expect(await resolve('shop.example')).to.deep.equal(at('8.8.8.8'));
    expect(await resolve('shop.internal')).to.deep.equal(at('10.0.0.1'));
    expect(asked).to.deep.equal(['shop.internal']);
  });

  it('occupies two threads at most, whatever hangs, and goes on when one is free', async () => {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const resolve = createResolve({
      ask: async () => [],
      lookUp: (name) => {
        begun.push(name);
        return new Promise((done, fail) => ends.set(name, () => (name === 'a' ? fail(new Error('no such name')) : done(at('8.8.8.8')))));
      },
    });
    const results = ['a', 'b', 'c', 'd'].map((name) =>
      resolve(name).then(
        () => name,
        () => `no ${name}`,
      ),
    );
    await eventually(() => begun.length === 2);
    await new Promise(setImmediate);
    expect(begun).to.deep.equal(['a', 'b']);
    for (const name of ['a', 'b', 'c', 'd']) {
      await eventually(() => ends.has(name));
      ends.get(name)?.();
    }
    expect(await Promise.all(results)).to.deep.equal(['no a', 'b', 'c', 'd']);
  });

  it('never asks a name server for localhost', async () => {
    const resolve = createResolve({ ask: () => Promise.reject(new Error('asked')), lookUp: async () => at('127.0.0.1') });
    expect(await resolve('localhost')).to.deep.equal(at('127.0.0.1'));
    for (const { address } of await resolveByMachine('localhost')) expect(address).to.match(/^(127\.0\.0\.1|::1)$/);
  });
});
