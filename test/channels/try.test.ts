import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

/** `npm run try`, as somebody types it. */
async function tryOut(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ['scripts/try.ts', ...words], { maxBuffer: 1 << 26 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe('Trying a channel out', function () {
  this.timeout(60_000);

  it('walks from the order to the refund and to a closed order, and shows every exchange', async () => {
    const { code, out } = await tryOut('alipay', 'alipay_precreate');
    expect(code).to.equal(0);
    for (const shown of [
      '-> POST http://127.0.0.1',
      'pay() answers',
      '== a callback',
      '"state": "succeeded"',
      'refund() answers',
      'close() answers',
    ]) {
      expect(out, shown).to.include(shown);
    }
    expect(out).to.include('1 methods of alipay came out.');
  });

  it('shows no secret: keys in headers, in bodies and in answers are masked', async () => {
    const { code, out } = await tryOut('paypal');
    expect(code).to.equal(0);
    expect(out)
      .to.match(/authorization: (Basic |Bearer )?\[masked\]/)
      .and.not.match(/authorization: (Basic|Bearer) [A-Za-z0-9+/=._-]{12}/);
    expect(out).to.not.match(/"access_token":\s*"(?!\[masked\])/);
  });

  it('says what is missing: a channel, its method, its vendor', async () => {
    expect(await tryOut('nopay')).to.deep.include({ code: 2 });
    expect((await tryOut('alipay', 'alipay_cash')).err).to.match(/^alipay has no method alipay_cash; it has alipay_page/);
    expect((await tryOut('manual')).err).to.match(/^manual has no simulated vendor/);
    expect((await tryOut()).err).to.match(/^usage: npm run try/);
  });
});
