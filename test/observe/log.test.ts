import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { createLog, type Log, maskText } from '../../core/log.ts';
import { isSecretName } from '../../core/mask.ts';

const canary = 'canary7f3a9secret';
const card = '4111111111111111';

/** A log that keeps its lines. */
function openLog(level: 'debug' | 'info' = 'debug'): {
  readonly log: Log;
  readonly text: () => string;
  readonly lines: () => readonly Record<string, unknown>[];
} {
  const written: string[] = [];
  const log = createLog({ level, destination: { write: (line: string) => void written.push(line) } });
  return { log, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line)) };
}

describe('the log', () => {
  it('writes one line of JSON with a time in UTC, a level in words and the fields', () => {
    const { log, lines } = openLog();
    log.child({ request_id: 'req_1' }).warn('slow', { seconds: 3 });
    expect(lines()).to.have.length(1);
    expect(lines()[0]).to.include({ level: 'warn', request_id: 'req_1', seconds: 3, message: 'slow', app: 'paymux' });
    expect(lines()[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = openLog('info');
    log.debug('a');
    log.info('b');
    log.write('debug', 'c');
    expect(lines().map(({ message }) => message)).to.deep.equal(['b']);
  });

  describe('never writes a secret', () => {
    const names = [
      'authorization',
      'Authorization',
      'cookie',
      'set-cookie',
      'secret',
      'client_secret',
      'webhookSecret',
      'password',
      'passwd',
      'token',
      'accessToken',
      'private_key',
      'privateKey',
      'api_v3_key',
      'apiKey',
      'api_key',
      'secret_key',
      'x-api-key',
      'idempotency-key',
      'auth_code',
      'passphrase',
      'credential',
      'cvv',
      'card_number',
    ];

    for (const name of names) {
      it(`under the name ${name}, at any depth`, () => {
        const { log, text } = openLog();
        log.info('a', { [name]: canary, request: { headers: [{ [name]: canary }], [name]: { inner: canary } } });
        expect(text()).to.include('[masked]').and.not.include(canary);
      });
    }

    it('inside the message, an error, its cause, a map or a field name', () => {
      const { log, text } = openLog();
      const error = new Error(`refused sk_live_${canary}`, { cause: new Error(`Bearer ${canary}`) });
      log.error(`used sk_test_${canary}`, { error, map: new Map([['password', canary]]), [`whsec_${canary}`]: 1 });
      expect(text()).to.include('refused').and.not.include(canary);
    });

    it('of an account that it was told about, wherever it occurs', () => {
      const { log, text } = openLog();
      const child = log.child({ channel: 'wechat' }, [canary]);
      child.child({ note: `a ${canary}` }).info(`b ${canary}`, { url: `http://h/?x=${canary}`, [canary]: 1 });
      expect(text()).to.include('wechat').and.not.include(canary);
    });

    it('out of bytes, functions or values that are too deep', () => {
      const { log, text } = openLog();
      const loop: Record<string, unknown> = { bytes: Buffer.from(canary), run: () => canary };
      loop['self'] = loop;
      log.info('a', loop);
      expect(text()).to.include('[deeper]').and.include(`[${canary.length} bytes]`).and.not.include(canary);
    });
  });

  it('keeps what is no secret', () => {
    const { log, lines } = openLog();
    log.info('a', { key_id: 'key_1', payment: 'pay_01', amount: 1999, at: new Date(0), missing: null, on: true });
    expect(lines()[0]).to.deep.include({
      key_id: 'key_1',
      payment: 'pay_01',
      amount: 1999,
      at: '1970-01-01T00:00:00.000Z',
      missing: null,
      on: true,
    });
    expect(isSecretName('amount')).to.equal(false);
  });
});

describe('masking text', () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  const secrets: Record<string, string> = {
    'a test key': `sk_test_${canary}`,
    'a live key': `sk_live_${canary}`,
    'a restricted key': `rk_live_${canary}`,
    'a notification secret': 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'a bearer token': `Bearer ${canary}`,
    'a PEM block': pem,
    'a PEM block that was cut off': pem.slice(0, 80),
    'a card number': card,
    'a card number in groups': '4111 1111 1111 1111',
    'a card number with hyphens': '6222-0212-3456-7890-128'.replace('128', cardEnd('6222021234567890')),
  };

  for (const [what, secret] of Object.entries(secrets)) {
    it(`removes ${what}`, () => {
      const out = maskText(`before ${secret}, after`);
      expect(out).to.include('before').and.include('[masked]').and.not.include(secret.slice(-12));
    });
  }

  it('removes the password of a URL and keeps the rest', () => {
    expect(maskText(`mysql://user:${canary}@db:3306/paymux`)).to.equal('mysql://user:[masked]@db:3306/paymux');
  });

  it('keeps times in milliseconds, long numbers of vendors and our own numbers', () => {
    const text = '1732300000008 1732300000016 4200002345202411220123456789 01JD9Z3Q8R4T6V8X0Y2A4C6E8G';
    expect(maskText(text)).to.equal(text);
  });

  it('removes every number of 14 to 19 digits that passes the Luhn check, and no other', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 13, maxLength: 18 }).map((list) => list.join(''));
    fc.assert(
      fc.property(digits, (body) => {
        const end = Number(cardEnd(body));
        expect(maskText(`n ${body}${end}`)).to.equal('n [masked]');
        expect(maskText(`n ${body}${(end + 1) % 10}`)).to.equal(`n ${body}${(end + 1) % 10}`);
      }),
    );
  });

  it('cuts very long text', () => {
    expect(maskText('x'.repeat(100_000))).to.have.length.below(20_000);
  });
});

/** The digit that makes a number pass the Luhn check. */
function cardEnd(body: string): string {
  const sum = [...body].reverse().reduce((before, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return before + Math.floor(doubled / 10) + (doubled % 10);
  }, 0);
  return `${(10 - (sum % 10)) % 10}`;
}
