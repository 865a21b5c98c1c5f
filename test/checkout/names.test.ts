import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import type { ChannelManifest, MethodManifest, Name } from '../../core/contract/manifest.ts';
import type { Action } from '../../core/contract/outcome.ts';
import { drawPayment } from '../../core/http/checkout/payment-page.ts';
import { drawName, type Language, languages, speak } from '../../core/http/checkout/texts.ts';
import type { NamedOffer, View } from '../../core/http/checkout/view.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { chooseAt, getPage, openCheckout } from '../kit/checkout.ts';
import type { Paymux } from '../kit/paymux.ts';

const all = Object.keys(languages) as Language[];
const latin: Name = { en: 'Nimbus Pay', zh: 'Nimbus Pay' };
const named: Name = { en: 'Nimbus Pay', zh: '云支付', ja: 'ニンバスペイ', es: 'Pago Nimbus', ar: 'نيمبوس باي' };
/** What is left for a screen reader to read by the rules of the page's language. */
const unmarked = (markup: string) => markup.replace(/<(bdi|option)(?: [^>]*)? lang="en">[^<]*<\/\1>/g, '');

describe('Names at the checkout', () => {
  it('are those of the language, and where it has none the English one that says so', () => {
    const shown = (name: Name | string) => all.map((language) => speak(language).name(name));
    const english = { text: 'Nimbus Pay', lang: 'en' };
    expect(shown(latin)).to.deep.equal([{ ...english, lang: null }, english, english, english, english]);
    expect(shown(named).map(({ text }) => text)).to.have.members(Object.values(named));
    expect(shown(named).every(({ lang }) => lang === null)).to.equal(true);
    const own = { text: '云支付', lang: null };
    expect(speak('zh-CN').name({ en: 'Nimbus Pay', zh: '云支付' })).to.deep.equal(own);
    expect(speak('ar').name({ en: 'Nimbus Pay', zh: '云支付' })).to.deep.equal(english);
  });

  it('are said to be of no language where nobody told it', () => {
    for (const language of all) expect(speak(language).name('中国工商银行')).to.deep.equal({ text: '中国工商银行', lang: null });
  });

  it('are escaped, marked or not', () => {
    const hostile = '</bdi><script>"\'&';
    for (const name of [hostile, { en: hostile, zh: hostile }])
      expect(speak('ja').tell('openTitle', { method: drawName(speak('ja').name(name)) }).text)
        .to.not.contain('<script')
        .and.not.contain('"\'');
  });

  for (const language of ['ja', 'es', 'ar', 'zh-CN'] as const) {
    it(`carry their language wherever a page in ${language} puts them`, () => {
      for (const [title, page] of Object.entries(pagesOf(language))) {
        expect(page, title).to.contain('Nimbus Pay');
        expect(unmarked(page), title).to.not.contain('Nimbus Pay');
      }
    });
  }

  describe('of the channels that paymux brings', () => {
    let manifests: readonly ChannelManifest[];
    before(async () => {
      manifests = [...(await discoverChannels('plugins/channels')).plugins.values()].map(({ manifest }) => manifest);
    });

    it('are in every language, but for brands that go by the same name everywhere', () => {
      const missing = manifests.flatMap((manifest) =>
        manifest.methods
          .filter((method) => isShownByOwnName(manifest, method) && !isBrand(method.name.en))
          .filter(({ name }) => name.ja === undefined || name.es === undefined || name.ar === undefined)
          .map(({ id }) => id),
      );
      expect(manifests.length).to.be.above(20);
      expect(missing).to.deep.equal([]);
    });

    it('are written in the script of the language', () => {
      const scripts = {
        zh: /[\p{sc=Han}]/u,
        ja: /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|（/u,
        ar: /\p{sc=Arabic}/u,
        es: /\p{sc=Latin}/u,
      };
      const names = manifests.flatMap(({ name, methods }) => [name, ...methods.map((method) => method.name)]);
      for (const name of names) {
        for (const [language, script] of Object.entries(scripts)) {
          const text = name[language as keyof Name];
          if (text !== undefined && text !== name.en) expect(text, `${name.en}: ${language}`).to.match(script);
        }
      }
    });
  });

  describe('over HTTP', function () {
    this.timeout(30_000);
    let paymux: Paymux;
    before(async () => {
      paymux = await startEmbeddedPaymux();
    });
    after(() => paymux?.stop());

    it('are what Japanese shoppers know, or marked as English', async () => {
      const { checkout_url: url } = await openCheckout(paymux);
      const { text } = await getPage(`${url}?lang=ja`);
      expect(text).to.contain('<strong>アリペイ</strong>').and.contain('<strong><bdi lang="en">WeChat Pay</bdi></strong>');
      expect(unmarked(text)).to.not.match(/Alipay|WeChat/);
      await chooseAt(url, { method: 'wechat_native' });
      const acting = (await getPage(`${url}?lang=ja`)).text;
      expect(acting).to.contain('<bdi lang="en">WeChat Pay</bdi>のお支払い用QRコード');
      expect(unmarked(acting)).to.not.match(/WeChat/);
    });
  });
});

/** Its channel's name says nothing of it, or says the same of another one that stands beside it. */
function isShownByOwnName({ name, methods }: ChannelManifest, method: MethodManifest): boolean {
  const alike = methods.filter((other) => other.action === method.action && isOffered(other));
  return !method.name.en.startsWith(name.en) || (isOffered(method) && alike.length > 1);
}

function isOffered({ action, checkout }: MethodManifest): boolean {
  return action !== 'none' && (action !== 'sdk' || checkout?.inside !== undefined) && checkout?.kind === undefined;
}

/** Every word is a name's: a description has small ones. */
function isBrand(name: string): boolean {
  return !['Cash', 'Cards'].includes(name) && name.split(' ').every((word) => /^('n|[A-Z0-9].*|iDEAL)$/.test(word));
}

/** Every place of a payment's page where a method or a bank is named. */
function pagesOf(language: Language): Readonly<Record<string, string>> {
  const voice = speak(language);
  const label = drawName(voice.name(latin));
  const banks = [{ code: 'NIMBUS', name: latin }];
  const offer: NamedOffer = {
    ...{ method: 'nimbus_page', channel: 'nimbus', accountId: 'acc_1', name: latin, label, action: 'redirect' as const, kind: null },
    ...{ missing: [], banks, isAtHome: false, isUp: true },
  };
  const draw = (more: Partial<View> = {}, session: object = {}, payment: object = {}) => {
    const row = {
      merchant_order_no: '1',
      subject: 'Tea',
      amount: 1,
      currency: 'CNY',
      livemode: 1,
      method: 'm',
      failure: null,
      expires_at: 0,
    };
    const stands = {
      payment: { ...row, ...payment },
      phase: 'choose',
      action: null,
      current: null,
      isChoice: true,
      isSpent: false,
      ...session,
    };
    const shop = { name: 'Tea House', brandColor: null, logoId: null };
    const shown = { voice, device: { kind: 'phone', userAgent: '' } as const, shop, nameOf: () => label, offers: [], wantsChoice: false };
    const rest = { notice: null, leftMs: 60_000, isLate: false, returnAddress: null, token: 'token' };
    const page = drawPayment({ session: stands as never, ...shown, ...rest, ...more });
    return page.title + page.main.text;
  };
  const act = (action: Action, more: Partial<View> = {}) => draw(more, { phase: 'act', action });
  const qr: Action = { type: 'qr', qrContent: 'https://vendor.example/code' };
  const fails = (code: string, phase: string) => draw({}, { phase }, { failure: JSON.stringify({ code, advice: 'retry' }) });
  return {
    choice: draw({ offers: [offer] }),
    fields: draw({ offers: [{ ...offer, missing: ['bankCode'] }] }),
    identify: draw({ offers: [{ ...offer, missing: ['openid'] }] }),
    bank: draw({ offers: [{ ...offer, label: 'x', missing: ['bankCode'] }] }),
    back: draw({ wantsChoice: true }, { phase: 'act', action: qr }),
    qr: act(qr),
    redirect: act({ type: 'redirect', url: 'https://vendor.example/' }),
    form: act({ type: 'form', url: 'https://vendor.example/', fields: {} }),
    sdk: act({ type: 'sdk', params: {} }),
    held: act(qr, { notice: 'held' }),
    spent: act(qr, { notice: 'spent' }),
    declined: fails('channel_error', 'choose'),
    failed: fails('channel_rejected', 'failed'),
  };
}
