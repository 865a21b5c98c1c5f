import { expect } from 'chai';
import { oneOfEachKind, readDevice } from '../../core/checkout/offers.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { getPage, openCheckout } from '../kit/checkout.ts';
import type { Paymux } from '../kit/paymux.ts';

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const apple = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const iphone = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${apple} Mobile/15E148`;
const android = `Mozilla/5.0 (Linux; Android 15; 23127PN0CC Build/AQ3A; wv) ${webkit} Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36`;

const devices = {
  phone: {
    'an iPhone': `${iphone} Version/18.5 Safari/604.1`,
    'an Android phone': `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/140.0.0.0 Mobile Safari/537.36`,
    'Firefox on Android': 'Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
    'HarmonyOS 4': `Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00; HMSCore 6.13.0) ${webkit} Chrome/114.0.5735.196 Mobile Safari/537.36`,
    'HarmonyOS 5': `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${webkit} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile`,
    WeChat: `${android} MicroMessenger/8.0.60.2860(0x28003C3F) WeChat/arm64 NetType/WIFI Language/zh_CN ABI/arm64`,
    Alipay: `${iphone} AlipayDefined(nt:WIFI,ws:393|788|3.0) AliApp(AP/10.7.20) AlipayClient/10.7.20 Language/zh-Hans`,
    UnionPay: `${android} (com.unionpay.mobilepay) (UnionPay/1.0 CloudPay)`,
  },
  desktop: {
    'an iPad that says it is a Macintosh': `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${apple} Version/18.5 Safari/605.1.15`,
    'an iPad inside an app': `Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) ${apple} Mobile/15E148`,
    'an Android tablet': `Mozilla/5.0 (Linux; Android 15; SM-X910) ${webkit} Chrome/140.0.0.0 Safari/537.36`,
    'a HarmonyOS tablet': `Mozilla/5.0 (Tablet; OpenHarmony 5.0) ${webkit} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile`,
    Windows: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36`,
    'WeChat for Windows': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36 MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF`,
    'who does not say': '',
  },
} as const;

/** What is shown in the browsers that are wallets, in the order of the page. */
const wallets: Readonly<Record<string, { readonly userAgent: string; readonly offered: readonly string[] }>> = {
  WeChat: { userAgent: devices.phone.WeChat, offered: ['wechat_jsapi'] },
  'WeChat for Windows': { userAgent: devices.desktop['WeChat for Windows'], offered: ['wechat_jsapi'] },
  Alipay: { userAgent: devices.phone.Alipay, offered: ['alipay_wap'] },
  'a mini program of Alipay': { userAgent: `${devices.phone.Alipay} MiniProgram APXWebView`, offered: ['alipay_wap'] },
  'a mini program of WeChat': {
    userAgent: `${devices.phone.WeChat} miniProgram/wx0123456789abcdef`,
    offered: ['alipay_precreate', 'alipay_wap', 'stripe_checkout', 'wechat_native'],
  },
  WeCom: {
    userAgent: `${iphone} wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh`,
    offered: ['alipay_precreate', 'alipay_wap', 'stripe_checkout', 'wechat_native'],
  },
};

describe('Ways to pay that are the same to a shopper', () => {
  it('are shown once, the best of them, and those that differ stay as they are', () => {
    const offers = (['wallet', 'card one', 'other wallet', 'card two'] as const).map((name) => ({
      method: name,
      kind: name.startsWith('card') ? ('card' as const) : null,
    }));
    const shown = (...tried: readonly string[]) => oneOfEachKind(offers, new Set(tried)).map(({ method }) => method);
    expect(shown()).to.deep.equal(['wallet', 'card one', 'other wallet']);
    // Whoever comes back from one vendor's page is led to the other's by the same entry.
    expect(shown('card one', 'wallet')).to.deep.equal(['wallet', 'other wallet', 'card two']);
    expect(shown('card one', 'card two')).to.deep.equal(['wallet', 'card one', 'other wallet']);
  });
});

describe('The browser of a shopper', function () {
  this.timeout(30_000);

  for (const [kind, agents] of Object.entries(devices)) {
    for (const [name, userAgent] of Object.entries(agents)) {
      it(`is that of a ${kind}: ${name}`, () => {
        expect(readDevice({ 'user-agent': userAgent })).to.deep.equal({ kind, userAgent });
      });
    }
  }

  it('is a phone where only its hint says so, and no desktop because its hint says no', () => {
    expect(readDevice({ 'user-agent': 'Mozilla/5.0', 'sec-ch-ua-mobile': '?1' }).kind).to.equal('phone');
    expect(readDevice({ 'user-agent': iphone, 'sec-ch-ua-mobile': '?0' }).kind).to.equal('phone');
    expect(readDevice({ 'user-agent': 'Mozilla/5.0', 'sec-ch-ua-mobile': '?0' }).kind).to.equal('desktop');
  });

  describe('inside an app', () => {
    let paymux: Paymux;
    before(async () => {
      paymux = await startEmbeddedPaymux();
    });
    after(() => paymux?.stop());

    for (const [name, { userAgent, offered }] of Object.entries(wallets)) {
      it(`is offered what works in ${name}`, async () => {
        const { checkout_url: url } = await openCheckout(paymux);
        const { text } = await getPage(url, { 'user-agent': userAgent });
        const shown = [...text.matchAll(/name="method" value="(\w+)"|identify\?method=(\w+)/g)].map(([, form, link]) => form ?? link);
        expect(shown).to.have.members([...offered]);
      });
    }
  });
});
