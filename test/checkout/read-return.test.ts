import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { returnAddress } from '../../core/checkout/return-address.ts';
import { makeSecret } from '../../core/notifications/sign.ts';

interface Told {
  readonly payment: string;
  readonly state: string;
  readonly orderNo: string;
}
type Read = (address: string, secret: string) => Told | null;

const exampleOf = (language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(
    readFileSync('docs/checkout.md', 'utf8').split('## The way back')[1] ?? '',
  )?.[1] ?? '';

async function loadNode(): Promise<Read> {
  const module = (await import(`data:text/javascript,${encodeURIComponent(exampleOf('js'))}`)) as { readonly readReturn: Read };
  return module.readReturn;
}

/** PHP reads the query itself, as it does for a shop. */
function loadPhp(): Read {
  const program = `${exampleOf('php')}
    parse_str(parse_url($argv[1], PHP_URL_QUERY) ?? '', $query);
    echo json_encode(readReturn($query, $argv[2]));`;
  return (address, secret) => {
    const { stdout, stderr, status } = spawnSync('php', ['-r', program, '--', address, secret], { encoding: 'utf8' });
    expect(status, stderr + stdout).to.equal(0);
    return JSON.parse(stdout) as Told | null;
  };
}

const hasPhp = spawnSync('php', ['-v']).status === 0;
const languages: Readonly<Record<string, { readonly has: boolean; load(): Read | Promise<Read> }>> = {
  Node: { has: true, load: loadNode },
  PHP: { has: hasPhp, load: loadPhp },
};

const orderNo = 'A.1 &x/茶';
const [old, secret] = [makeSecret(), makeSecret()];
const app = { returnUrl: null, notificationSecrets: () => [secret, old] } as never;
const payment = { id: 'pay_1', merchant_order_no: orderNo, state: 'success', return_url: 'https://shop.example/done?a=1#end' } as never;
const addressAt = (agoSec: number) => new URL(returnAddress(app, payment, new Date(Date.now() - agoSec * 1000)) ?? '');

describe('The documented check of the way back', () => {
  for (const [name, { has, load }] of Object.entries(languages)) {
    describe(`in ${name}`, function () {
      this.timeout(20_000);
      let read: Read;
      before('it is installed', async function () {
        if (!has) this.skip();
        read = await load();
      });

      it('reads what paymux wrote, with the secret and with the one before it', () => {
        const { href } = addressAt(0);
        for (const one of [secret, old]) expect(read(href, one)).to.deep.equal({ payment: 'pay_1', state: 'success', orderNo });
      });

      it('reads nothing that is of another secret, too old, or from the future', () => {
        expect(read(addressAt(0).href, makeSecret())).to.equal(null);
        expect(read(addressAt(400).href, secret)).to.equal(null);
        expect(read(addressAt(-400).href, secret)).to.equal(null);
      });

      it('reads nothing that somebody changed, left out or gave another form', () => {
        const names = ['payment', 'timestamp', 'state', 'merchant_order_no', 'signature'];
        const changes: [string, string | null][] = names.flatMap((param) => [
          [param, null],
          [param, ''],
          [param, 'x'],
          [param, '1'],
          [param, 'é'.repeat(32)],
        ]);
        const good = addressAt(0);
        const signature = good.searchParams.get('signature') ?? '';
        for (const [param, value] of [
          ...changes,
          ['state', 'success.A'],
          ['signature', `v1,${signature[3] === 'A' ? 'B' : 'A'}${signature.slice(4, 47)}`],
        ] as typeof changes) {
          const changed = new URL(good);
          if (value === null) changed.searchParams.delete(param);
          else changed.searchParams.set(param, value);
          if (param === 'state' && value === 'success.A') changed.searchParams.set('merchant_order_no', orderNo.slice(2));
          expect(read(changed.href, secret), `${param}=${value}`).to.equal(null);
        }
        const listed = good.href.replaceAll(/(payment|state|signature)=/g, '$1[]=');
        expect(read(listed, secret), listed).to.equal(null);
      });
    });
  }
});
