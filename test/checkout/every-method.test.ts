import { expect } from 'chai';
import { updateAccount } from '../../core/access/admin/accounts.ts';
import { setChannelStatus } from '../../core/access/admin/channels.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { chooseAt, getPage, openCheckout } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import { must, type Paymux } from '../kit/paymux.ts';
import { listSamples, type Sample } from '../kit/shopper.ts';

const phone = 'Mozilla/5.0 (Linux; Android 16) Mobile';

/** What a page of each kind holds for the shopper to act on. */
const steps: Readonly<Record<string, RegExp>> = {
  qr: /<div class="code" role="img" aria-labelledby="code-name"><svg/,
  redirect: /<a class="main" data-go="link" href="https?:/,
  form: /<form method="post" action="https?:[^"]+" data-go="form">/,
  instructions: /<dl class="facts"[^>]*><div><dt>/,
};

/** What a page cannot ask: a code that another device shows, and what only an app or the vendor's script knows. */
const isForShops = ({ method }: Sample) =>
  method.action === 'sdk' ||
  method.orderLines !== undefined ||
  (method.needs ?? []).some((need) => need === 'authCode' || need === 'token');

const samples = await listSamples();
const { plugins } = await discoverChannels('plugins/channels');

describe('The hosted checkout with every channel', function () {
  this.timeout(60_000);
  let paymux: Paymux;
  before(async () => {
    paymux = await startEmbeddedPaymux({ channels: [...new Set(samples.map(({ channel }) => channel.id))] });
  });
  after(() => paymux?.stop());

  const open = async ({ method, currency, amount }: Sample) => {
    const { checkout_url: url } = await openCheckout(paymux, { currency, amount });
    const agent = method.checkout?.devices?.includes('desktop') ? 'Desktop' : phone;
    const headers = { 'user-agent': agent, 'x-forwarded-for': '203.0.113.9' };
    return { url, headers, page: (await getPage(url, headers)).text };
  };
  const fill = ({ method, payer }: Sample, page: string) => {
    const typed = { ...payer, ...(payer['bank_code'] !== undefined && { bankCode: payer['bank_code'] }) };
    return Object.fromEntries(Object.entries(typed).filter(([name]) => page.includes(`id="${method.id}-${name}"`)));
  };

  /** To a shopper cards are cards: of several channels that take them one is listed. */
  const rivalsOf = ({ channel, method: { checkout } }: Sample) =>
    samples.flatMap(({ channel: { id }, method }) =>
      checkout?.kind !== undefined && method.checkout?.kind === checkout.kind && id !== channel.id ? [id] : [],
    );
  const switchChannel = async (channel: string, status: 'enabled' | 'disabled') => {
    must(await setChannelStatus({ ...paymux.admin, plugins }, { channel, status }));
    await eventually(async () => {
      const { data } = (await paymux.call('GET', '/v1/methods')).body;
      return data.some((one: { channel: string }) => one.channel === channel) === (status === 'enabled');
    });
  };

  for (const sample of samples.filter((one) => !isForShops(one))) {
    it(`leads to what ${sample.method.id} asks of the shopper`, async () => {
      for (const channel of rivalsOf(sample)) await switchChannel(channel, 'disabled');
      const { url, headers, page } = await open(sample);
      expect(page).to.contain(`value="${sample.method.id}"`);
      for (const channel of rivalsOf(sample)) await switchChannel(channel, 'enabled');
      const chosen = await chooseAt(url, { method: sample.method.id, ...fill(sample, page) }, headers);
      const acting = (await getPage(chosen.headers.get('location') ?? '', headers)).text;
      expect(acting.slice(acting.indexOf('<main'))).to.match(steps[sample.method.action] ?? /^$/);
    });
  }

  it('lets the shopper choose from the banks that the account has agreed on, where they differ by account', async () => {
    const account = paymux.accounts.find(({ channel }) => channel === 'unionpay')?.id ?? '';
    must(await updateAccount({ ...paymux.admin, plugins }, { id: account, config: { banks: '{"ICBC": "工商<银行", "ABC": "农业银行"}' } }));
    const { checkout_url: url, id } = await openCheckout(paymux);
    const page = await eventually(async () => {
      const { text } = await getPage(url);
      return text.includes('value="ICBC"') ? text : null;
    });
    expect(page).to.contain('<option value="ICBC">工商&lt;银行</option>').and.contain('<option value="ABC">农业银行</option>');
    await chooseAt(url, { method: 'unionpay_netbank', bankCode: 'ABC' });
    const { action } = (await paymux.call('GET', `/v1/payments/${id}`)).body;
    expect(action.fields.issInsCode).to.equal('ABC');
  });

  it('offers no browser what only an app, a cashier or a script of the vendor can use', async () => {
    for (const sample of samples.filter(isForShops)) {
      const { page } = await open(sample);
      expect(page, sample.method.id).not.to.contain(`"${sample.method.id}"`);
    }
  });
});
