import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { createSm2, type Sm2 } from '../../core/channels/sm2.ts';

/** The example of a signature over the recommended curve that the standard publishes: GM/T 0003.5, annex A. */
const published = {
  privateKey: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
    'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  message: Buffer.from('message digest'),
  signature: Buffer.from(
    'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
    'hex',
  ),
};
const { privateKey, publicKey, message, signature } = published;
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const toHex = (number: bigint) => number.toString(16).padStart(64, '0');

async function errorOf(asked: Promise<unknown>): Promise<string> {
  const outcome = await asked.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );
  return outcome;
}

/** A thread that says the same to everything. */
const answering = (answer: object) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id }) => parentPort.postMessage({ id, ...${JSON.stringify(answer)} }));`)}`,
  );

/** A thread that answers nothing until it is asked by `go`, and then everything. */
const patient = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    const held = [];
    parentPort.on('message', ({ id, userId }) => {
      held.push(id);
      if (userId === 'go') for (const one of held) parentPort.postMessage({ id: one, signature: new Uint8Array([one]) });
    });`)}`,
);

/** A thread that ends when it is told to `crash`, and answers anything else with one byte. */
const fragile = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, userId }) => {
      if (userId === 'crash') throw new Error('${privateKey}');
      if (userId !== 'silent') parentPort.postMessage({ id, signature: new Uint8Array([id]) });
    });`)}`,
);

describe('SM2', () => {
  let sm2: Sm2;
  before(() => {
    sm2 = createSm2();
  });
  after(() => sm2.stop());

  it("accepts the standard's published example", async () => {
    expect(await sm2.kit.verify(publicKey, message, signature)).to.equal(true);
    expect(await sm2.kit.verify(publicKey.toUpperCase(), message, signature, '1234567812345678')).to.equal(true);
  });

  it('accepts what it signs, with any message and user id, and never signs twice alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 40 }), async (bytes, userId) => {
        const made = await sm2.kit.sign(privateKey, bytes, userId);
        expect(made.length).to.equal(64);
        expect(await sm2.kit.verify(publicKey, bytes, made, userId)).to.equal(true);
      }),
      { numRuns: 20 },
    );
    expect(await sm2.kit.sign(privateKey, message)).to.not.deep.equal(await sm2.kit.sign(privateKey, message));
  });

  it('answers questions that cross each other to those who asked them', async () => {
    const messages = Array.from({ length: 12 }, (_, index) => Buffer.from(`message ${index}`));
    const made = await Promise.all(messages.map((one) => sm2.kit.sign(privateKey, one)));
    const verdicts = await Promise.all(made.map((one, index) => sm2.kit.verify(publicKey, messages[index]!, one)));
    expect(verdicts).to.deep.equal(messages.map(() => true));
  });

  it('refuses each changed byte of message and signature, another user id and another key', async () => {
    const changed = (bytes: Buffer, at: number) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    for (const at of message.keys()) expect(await sm2.kit.verify(publicKey, changed(message, at), signature)).to.equal(false);
    for (const at of signature.keys())
      expect(await sm2.kit.verify(publicKey, message, changed(signature, at)), `byte ${at}`).to.equal(false);
    expect(await sm2.kit.verify(publicKey, message, signature, '1234567812345679')).to.equal(false);
    const basePoint =
      '0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
      'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0';
    expect(await sm2.kit.verify(basePoint, message, signature)).to.equal(false);
  });

  it('refuses signatures of the wrong length or with numbers outside the standard, without an error', async () => {
    const r = signature.toString('hex').slice(0, 64);
    const s = signature.toString('hex').slice(64);
    const zero = toHex(0n);
    const opposite = toHex(order - BigInt(`0x${r}`));
    const hostile = [
      '',
      r,
      `${r}${s}00`,
      zero + zero,
      r + zero,
      zero + s,
      toHex(order) + s,
      r + toHex(order),
      'f'.repeat(128),
      r + opposite,
    ];
    for (const hex of hostile) expect(await sm2.kit.verify(publicKey, message, Buffer.from(hex, 'hex')), hex).to.equal(false);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), async (bytes) => {
        expect(await sm2.kit.verify(publicKey, message, bytes)).to.equal(false);
      }),
    );
  });

  it('asks the library about no signature that the standard excludes, so that nothing hangs on what it would say', async () => {
    const gullible = createSm2(answering({ isGenuine: true }));
    const [r, s] = [toHex(1n), toHex(order - 1n)];
    const isTaken = (hex: string) => gullible.kit.verify(publicKey, message, Buffer.from(hex, 'hex'));
    for (const hex of [`${r}${s}`, `${s}${r}`]) expect(await isTaken(hex), hex).to.equal(true);
    const [zero, beyond] = [toHex(0n), toHex(order)];
    for (const hex of ['', r, `${r}${s}00`, zero + s, r + zero, beyond + s, r + beyond]) expect(await isTaken(hex), hex).to.equal(false);
    await gullible.stop();
  });

  it('refuses numbers under which the sum of the points is at infinity, where there is nothing to compare', async () => {
    const d = BigInt(`0x${privateKey}`);
    const power = (base: bigint, exponent: bigint): bigint => {
      if (exponent === 0n) return 1n;
      const half = power(base, exponent / 2n);
      return (half * half * (exponent % 2n === 0n ? 1n : base)) % order;
    };
    // s·G + (r + s)·P is at infinity where s + (r + s)·d is a multiple of the order. Fermat gives the inverse.
    const s = (order - ((d * power(1n + d, order - 2n)) % order)) % order;
    const r = 1n;
    expect((s + (r + s) * d) % order).to.equal(0n);
    expect(await sm2.kit.verify(publicKey, message, Buffer.from(toHex(r) + toHex(s), 'hex'))).to.equal(false);
  });

  it('takes numbers over which the arithmetic fails for no signature, and fails to sign with them', async () => {
    const failing = createSm2(answering({ fault: 'arithmetic' }));
    expect(await failing.kit.verify(publicKey, message, signature)).to.equal(false);
    expect(await errorOf(failing.kit.sign(privateKey, message))).to.equal('SM2 could not be computed');
    await failing.stop();
  });

  it('takes the answer to another question for none', async () => {
    const [signing, verifying] = [
      createSm2(answering({ isGenuine: true })),
      createSm2(answering({ signature: signature.toString('hex') })),
    ];
    expect(await errorOf(signing.kit.sign(privateKey, message))).to.equal('SM2 could not be computed');
    expect(await errorOf(verifying.kit.verify(publicKey, message, signature))).to.equal('SM2 could not be computed');
    await Promise.all([signing.stop(), verifying.stop()]);
  });

  it('throws for keys that are none, and never says what they were', async () => {
    const outside = [toHex(0n), toHex(order - 1n), toHex(order)];
    const poor = ['', 'ab', `${privateKey}00`, `00${privateKey}`, `${toHex(1n)}0`, `${privateKey}zz`, 'g'.repeat(64), ...outside];
    for (const key of poor) {
      const said = await errorOf(sm2.kit.sign(key, message));
      expect(said).to.match(/^an SM2 private key is/);
      if (key !== '') expect(said).to.not.include(key);
    }
    for (const key of ['', publicKey.slice(2), `03${publicKey.slice(2)}`, `${publicKey}00`, `00${publicKey}`]) {
      expect(await errorOf(sm2.kit.verify(key, message, signature))).to.match(/^an SM2 public key is 130 hex digits/);
    }
    for (const none of [`${publicKey.slice(0, -1)}4`, `04${'0'.repeat(128)}`, `04${'f'.repeat(128)}`])
      expect(await errorOf(sm2.kit.verify(none, message, signature)), none).to.match(/is a point of the curve, and this one is none/);
  });

  it('names the package that is missing', async () => {
    // The thread's own file, in a folder from which no package can be found.
    const folder = mkdtempSync(join(tmpdir(), 'paymux-sm2-'));
    const file = join(folder, 'sm2-thread.mts');
    copyFileSync(new URL('../../core/channels/sm2-thread.ts', import.meta.url), file);
    const lonely = createSm2(pathToFileURL(file));
    expect(await errorOf(lonely.kit.sign(privateKey, message))).to.match(/install the optional package sm-crypto-v2/);
    expect(await errorOf(lonely.kit.verify(publicKey, message, signature))).to.match(/install the optional package sm-crypto-v2/);
    await lonely.stop();
    rmSync(folder, { recursive: true });
  });

  it('rejects what is open when its thread crashes, keeps the key out of the error, and goes on with a new thread', async () => {
    const weak = createSm2(fragile);
    const asked = [weak.kit.sign(privateKey, message, 'silent'), weak.kit.sign(privateKey, message, 'crash')];
    const errors = await Promise.all(asked.map(errorOf));
    expect(errors).to.deep.equal(['the SM2 thread ended before it answered', 'the SM2 thread ended before it answered']);
    expect([...(await weak.kit.sign(privateKey, message))]).to.deep.equal([3]);
    await weak.stop();
  });

  it('goes on with a new thread while the old one ends', async () => {
    const slow = createSm2(patient);
    const lost = errorOf(slow.kit.sign(privateKey, message));
    const stopped = slow.stop();
    const held = slow.kit.sign(privateKey, message);
    await stopped;
    await slow.kit.sign(privateKey, message, 'go');
    expect([...(await held)]).to.deep.equal([2]);
    expect(await lost).to.equal('the SM2 thread ended before it answered');
    await slow.stop();
  });

  it('keeps its process alive for as long as something is asked, and no longer', () => {
    const module = new URL('../../core/channels/sm2.ts', import.meta.url).href;
    const program = `
      import { createSm2 } from '${module}';
      const silent = createSm2(new URL(${JSON.stringify(fragile.href)}));
      const open = silent.kit.sign('${privateKey}', Buffer.alloc(0), 'silent').catch(({ message }) => console.log(message));
      await silent.stop();
      await open;
      const { kit, stop } = createSm2();
      kit.sign('${privateKey}', Buffer.alloc(0)).catch(() => console.log('lost'));
      await stop();
      console.log((await kit.sign('${privateKey}', Buffer.alloc(1))).length);
      const made = await Promise.all([2, 3, 4, 5, 6].map((length) => kit.sign('${privateKey}', Buffer.alloc(length))));
      console.log(made.length);`;
    const folder = mkdtempSync(join(tmpdir(), 'paymux-sm2-'));
    const file = join(folder, 'program.mjs');
    writeFileSync(file, program);
    // An error where it would never end.
    const said = execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 });
    rmSync(folder, { recursive: true });
    expect(said).to.equal('the SM2 thread ended before it answered\nlost\n64\n5\n');
  }).timeout(30_000);

  it('rejects what is open when it is stopped, and stops twice without harm', async () => {
    const weak = createSm2(fragile);
    const open = errorOf(weak.kit.sign(privateKey, message, 'silent'));
    await weak.stop();
    expect(await open).to.equal('the SM2 thread ended before it answered');
    await weak.stop();
  });
});
