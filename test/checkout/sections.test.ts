import { expect } from 'chai';
import fc from 'fast-check';
import type { Action } from '../../core/contract/outcome.ts';
import { declines } from '../../core/errors/declines.ts';
import { formatDuration, formatMoney } from '../../core/http/checkout/format.ts';
import { html, trust } from '../../core/http/checkout/markup.ts';
import { drawPayment } from '../../core/http/checkout/payment-page.ts';
import { type Language, languages, speak } from '../../core/http/checkout/texts.ts';
import type { NamedOffer, View } from '../../core/http/checkout/view.ts';
import { isoExponents, toMajor } from '../../core/money.ts';

const payment = {
  id: 'pay_1',
  merchant_order_no: 'order-1',
  subject: 'Tea',
  amount: 1999,
  currency: 'CNY',
  livemode: 1,
  method: 'wechat_native',
  failure: null,
  expires_at: Date.UTC(2026, 4, 1, 12),
};

function viewOf(more: Partial<View> = {}, session: object = {}): View {
  return {
    session: { payment, phase: 'choose', action: null, current: null, isChoice: true, isSpent: false, app: {}, ...session } as never,
    voice: speak('en'),
    device: { kind: 'desktop', userAgent: '' },
    shop: { name: 'Tea House', brandColor: null, logoId: null },
    nameOf: () => 'Wallet',
    offers: [],
    wantsChoice: false,
    notice: null,
    leftMs: 60_000,
    isLate: false,
    returnAddress: null,
    token: 'token',
    ...more,
  };
}

const draw = (more: Partial<View> = {}, session: object = {}) => drawPayment(viewOf(more, session));
const drawAction = (action: Action, more: Partial<View> = {}) => draw(more, { phase: 'act', action });
const offer = (more: Partial<NamedOffer> = {}): NamedOffer => ({
  method: 'bank_net',
  channel: 'bank',
  accountId: 'acc_1',
  name: { en: 'Bank', zh: '银行' },
  label: 'Bank',
  action: 'redirect',
  kind: null,
  missing: [],
  banks: [],
  isAtHome: false,
  isUp: true,
  ...more,
});

describe('The parts of a checkout page', () => {
  it('escape whatever is put into them, and nothing twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const drawn = html`<a title="${text}">${[text, html`<b>${text}</b>`]}</a>`.text;
        expect(drawn.match(/[<>]/g) ?? []).to.have.length(8);
        expect(drawn.match(/"/g) ?? []).to.have.length(2);
        expect(html`${trust(drawn)}`.text).to.equal(drawn);
      }),
    );
  });

  it('write money exactly, in every currency and language', () => {
    const amount = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        amount,
        fc.constantFrom(...isoExponents.keys()),
        fc.constantFrom('en', 'zh-CN', 'ja') as fc.Arbitrary<'en'>,
        (units, currency, language) => {
          const digits = formatMoney({ amount: units, currency }, language)
            .replace(/[^0-9.]/g, '')
            .replace(/^\.+|\.+$/g, '');
          expect(digits).to.equal(toMajor({ amount: units, currency }));
        },
      ),
    );
    expect(formatMoney({ amount: 9_007_199_254_740_991, currency: 'USD' }, 'en')).to.equal('$90,071,992,547,409.91');
    expect(formatMoney({ amount: 123_456, currency: 'EUR' }, 'es').replace(/\s/g, ' ')).to.equal('1234,56 €');
    expect(formatMoney({ amount: 500, currency: 'JPY' }, 'ja')).to.equal('￥500');
    expect(formatMoney({ amount: 1999, currency: 'CNY' }, 'zh-CN')).to.equal('¥19.99');
    expect(formatMoney({ amount: 1234, currency: 'KWD' }, 'ar'))
      .to.contain('KWD')
      .and.contain('1.234');
  });

  it('write what is left as a clock does', () => {
    const cases = { '-5': '0:00', 0: '0:00', 59999: '0:59', 60000: '1:00', 3600000: '1:00:00', 604800000: '168:00:00' };
    for (const [ms, text] of Object.entries(cases)) expect(formatDuration(Number(ms))).to.equal(text);
  });

  it('lead on by a link, and by nothing else than a web address', () => {
    expect(drawAction({ type: 'redirect', url: 'https://pay.example/x?a=1&b=2' }).main.text).to.contain(
      'href="https://pay.example/x?a=1&amp;b=2"',
    );
    for (const url of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', '//evil.example', 'vbscript:x', '']) {
      expect(drawAction({ type: 'redirect', url }).main.text, url).not.to.contain('data-go');
      expect(drawAction({ type: 'form', url, fields: {} }).main.text, url).not.to.contain('data-go');
      const view = { device: { kind: 'phone', userAgent: '' } } as const;
      expect(drawAction({ type: 'qr', qrContent: url }, view).main.text, url).not.to.match(/<a[^>]*href="(?!token)/);
    }
  });

  it('send the fields of a form where the vendor wants them, which the policy of that page allows', () => {
    const page = drawAction({ type: 'form', url: 'http://127.0.0.1:1/gate?x=1', fields: { 'a"b': '<1>' } });
    expect(page.main.text).to.contain('action="http://127.0.0.1:1/gate?x=1"').and.contain('name="a&quot;b" value="&lt;1&gt;"');
    expect(page.formTarget).to.equal('http://127.0.0.1:1');
    expect(draw().formTarget).to.equal(null);
  });

  it('name the facts of a transfer in words, and those of a channel from elsewhere by its own', () => {
    const { text } = drawAction({ type: 'instructions', params: { account_number: 'DE02', swish_code: 'a<b' } }).main;
    expect(text).to.contain('<dt>Account number</dt>').and.contain('<dt>swish code</dt>').and.contain('a&lt;b');
  });

  it('hand the parameters to the wallet unchanged', () => {
    const params = { package: 'prepay_id=1', n: 1, quote: `"'<` };
    const given = /data-params="([^"]*)"/.exec(drawAction({ type: 'sdk', params }).main.text)?.[1] ?? '';
    const plain = given.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
    expect(JSON.parse(plain)).to.deep.equal(params);
  });

  it('let the shopper choose his bank, or type it where the vendor tells of none', () => {
    const banks = [{ code: 'ABC', name: { en: 'A Bank', zh: '甲银行' } }];
    const listed = draw({ offers: [offer({ missing: ['bankCode'], banks })] }).main.text;
    expect(listed).to.contain('<option value="ABC">A Bank</option>').and.contain('for="bank_net-bankCode"');
    const typed = draw({ offers: [offer({ missing: ['bankCode', 'email', 'clientIp'] })] }).main.text;
    expect(typed).to.contain('name="bankCode" type="text"').and.contain('autocomplete="email"').and.not.contain('clientIp');
  });

  it('ask a wallet who its shopper is by a link, which no form may', () => {
    const { text } = draw({ offers: [offer({ missing: ['openid'] })] }).main;
    expect(text).to.contain('href="token/identify?method=bank_net&amp;lang=en"').and.not.contain('<form');
  });

  it('show eight ways to pay, and the others behind one tap', () => {
    const offers = Array.from({ length: 11 }, (_, index) => offer({ method: `m_${index}`, label: `Way ${index}` }));
    const [first, rest] = draw({ offers }).main.text.split('<details class="more">');
    expect([first?.match(/<strong>/g)?.length, rest?.match(/<strong>/g)?.length]).to.deep.equal([8, 3]);
  });

  it('say which attempt is in the way of another, and that a choice was refused', () => {
    const current = { method: 'wechat_native' };
    const held = draw({ notice: 'held' }, { phase: 'act', action: { type: 'qr', qrContent: 'x' }, current }).main.text;
    expect(held).to.contain('role="alert"').and.contain('you began with Wallet cannot be called off').and.contain('Scan to pay');
    expect(draw({ notice: 'refused', offers: [offer()] }).main.text)
      .to.contain('role="alert"')
      .and.contain('cannot be used');
  });

  it('say in every language that no other attempt begins, and what to do', () => {
    const failure = JSON.stringify({ code: 'card_declined', advice: 'retry_other_method' });
    for (const language of Object.keys(languages) as Language[]) {
      const voice = speak(language);
      const spent = draw({ voice }, { isSpent: true, payment: { ...payment, failure } }).main.text;
      expect(spent)
        .to.contain(voice.say('spentTitle'))
        .and.contain(voice.say('spentHint', { shop: 'Tea House' }));
      expect(spent)
        .to.not.contain(voice.say('noneTitle'))
        .and.not.contain(voice.say('advice.retry_other_method'))
        .and.not.contain('data-left');
      const acting = { phase: 'act', action: { type: 'qr', qrContent: 'x' }, current: { method: 'm' }, isSpent: true };
      const held = draw({ voice, notice: 'spent' }, acting).main.text;
      expect(held)
        .to.contain(voice.say('spentHeld', { method: 'Wallet', shop: 'Tea House' }))
        .and.contain(voice.say('scanTitle'));
      expect(held).to.not.contain(voice.say('another'));
    }
  });

  it('go on by themselves only inside a wallet, and not after anything went wrong', () => {
    const home = offer({ isAtHome: true });
    const goesOn = (more: Partial<View>, session: object = {}) => draw(more, session).main.text.includes('data-now');
    expect(goesOn({ offers: [home] })).to.equal(true);
    expect(goesOn({ offers: [offer({ isAtHome: true, missing: ['openid'] })] })).to.equal(true);
    expect(goesOn({ offers: [offer()] })).to.equal(false);
    expect(goesOn({ offers: [home, home] })).to.equal(false);
    expect(goesOn({ offers: [home], notice: 'refused' })).to.equal(false);
    expect(goesOn({ offers: [home] }, { current: { method: 'bank_net' } })).to.equal(false);
    expect(goesOn({ offers: [offer({ isAtHome: true, missing: ['email'] })] })).to.equal(false);
  });

  it('say so where there is no way to pay, or no time', () => {
    expect(draw().main.text).to.contain('There is no way to pay at the moment');
    expect(draw({ isLate: true, offers: [offer()] }).main.text)
      .to.contain('The time to pay is over')
      .and.not.contain('<form');
  });

  it('say why it was declined and what to do, in the shopper’s words', () => {
    const failed = (failure: object, phase: string) =>
      draw({ offers: [offer()] }, { phase, payment: { ...payment, failure: JSON.stringify(failure) } }).main.text;
    const chosen = failed({ code: 'insufficient_funds', advice: 'retry_other_method' }, 'choose');
    expect(chosen).to.contain('There is not enough money in the account. Please choose another way to pay.');
    const ended = failed({ code: 'a_code_of_tomorrow', advice: 'do_not_retry' }, 'failed');
    expect(ended).to.contain('The payment was declined.').and.contain('You were not charged.').and.not.contain('choose another');
  });

  it('have a reason and advice for every way in which a payment can be declined, in every language', () => {
    // What refunds alone run into, what only a till sees, and what must not tell a thief why he was refused.
    const unsaid = [
      'insufficient_balance',
      'refund_rejected',
      'refund_period_over',
      'not_refundable',
      'auth_code_invalid',
      'risk_rejected',
      'declined',
    ];
    for (const language of Object.keys(languages) as Language[]) {
      const voice = speak(language);
      for (const [code, { advice }] of Object.entries(declines)) {
        const failure = JSON.stringify({ code, advice });
        const drawn = draw({ voice, offers: [offer()] }, { payment: { ...payment, failure } }).main.text;
        const notice = /<p class="notice">(.*?)<\/p>/.exec(drawn)?.[1] ?? '';
        expect(notice, `${language} ${code}`)
          .to.contain(voice.say(`advice.${advice}`))
          .and.not.match(/[{}]/);
        expect(notice.includes(voice.say('reason.declined')), `${language} ${code}`).to.equal(unsaid.includes(code));
      }
    }
  });

  for (const phase of ['succeeded', 'failed', 'closed', 'refunded'] as const) {
    it(`end a payment that is ${phase}, and lead back to the shop`, () => {
      const page = draw({ returnAddress: 'https://shop.example/?a=1&b=2' }, { phase });
      expect(page.main.text).to.contain('href="https://shop.example/?a=1&amp;b=2"').and.contain('Back to Tea House');
      expect([page.live, page.refreshSec]).to.deep.equal([null, null]);
      expect(draw({}, { phase }).main.text).to.contain('You can close this page.');
    });
  }

  it('say that it is a test, where it is one', () => {
    expect(draw({}, { payment: { ...payment, livemode: 0 } }).main.text).to.contain('no money moves');
    expect(draw().main.text).not.to.contain('no money moves');
  });
});
