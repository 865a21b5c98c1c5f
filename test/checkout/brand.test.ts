import { hash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { setBrand } from '../../core/access/admin/brand.ts';
import { brandStyle, contrast, drawShop, luminanceOf, textOn } from '../../core/http/checkout/shop.ts';
import { readFacts } from '../admin/command.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { getPage, openCheckout } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import { must, type Paymux } from '../kit/paymux.ts';

/** One transparent pixel. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('The colour of a merchant', () => {
  it('has text that can be read on it, whatever it is', () => {
    expect(luminanceOf('#ffffff')).to.equal(1);
    expect(contrast(luminanceOf('#000000'), luminanceOf('#ffffff'))).to.equal(21);
    expect([textOn('#1a56db'), textOn('#ffcc00')]).to.deep.equal(['#fff', '#000']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
        const color = `#${number.toString(16).padStart(6, '0')}`;
        expect(contrast(luminanceOf(color), textOn(color) === '#fff' ? 1 : 0)).to.be.at.least(4.5);
      }),
    );
  });

  it('is a colour or nothing: what a row holds is not written into a style unread', () => {
    expect(brandStyle({ brandColor: '#1a56db' })).to.equal(':root{--shop:#1a56db;--on-shop:#fff}');
    for (const brandColor of [null, 'red', '#1a56db}</style>', '#1a56d']) expect(brandStyle({ brandColor })).to.equal('');
    expect(drawShop({ name: '<b>', brandColor: null, logoId: null }).text).to.equal('<h1><bdi>&lt;b&gt;</bdi></h1>');
  });
});

describe('The brand of a merchant', function () {
  this.timeout(30_000);
  let paymux: Paymux;
  let id: string;
  before(async () => {
    paymux = await startEmbeddedPaymux();
    id = String((await paymux.stored.database.get('SELECT id FROM merchants LIMIT 1'))?.['id']);
  });
  after(() => paymux?.stop());

  it('is shown by running servers, its logo from an address that never changes', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    expect((await getPage(url)).text)
      .not.to.contain('--shop:#')
      .and.not.contain('<img');
    const { logoId } = must(await setBrand(paymux.admin, { id, color: '#00AA77', logo: pixel }));
    const page = await eventually(async () => {
      const { text } = await getPage(url);
      return text.includes('--shop:#00aa77') ? text : null;
    });
    expect(page).to.contain(`src="../../assets/logos/${logoId}" alt=""`);
    const logo = await fetch(new URL(`../../assets/logos/${logoId}`, url));
    expect(Buffer.from(await logo.arrayBuffer()).equals(pixel)).to.equal(true);
    expect(logo.headers.get('content-type')).to.equal('image/png');
    expect(logo.headers.get('cache-control')).to.contain('immutable');
    expect(logo.headers.get('content-security-policy')).to.contain("default-src 'none'");
  });

  it('is taken away again, and what is not said stays', async () => {
    const columns = () => paymux.stored.database.get('SELECT brand_color, logo_id FROM merchants WHERE id = ?', [id]);
    must(await setBrand(paymux.admin, { id, color: '#112233', logo: pixel }));
    must(await setBrand(paymux.admin, { id, logo: null }));
    expect({ ...(await columns()) }).to.deep.equal({ brand_color: '#112233', logo_id: null });
    must(await setBrand(paymux.admin, { id, color: null }));
    expect({ ...(await columns()) }).to.deep.equal({ brand_color: null, logo_id: null });
  });

  it('is changed on the command line', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'paymux-logo-')), 'logo.png');
    writeFileSync(file, pixel);
    const brand = (...args: readonly string[]) => readFacts(paymux.environment, 'merchant', 'brand', '--id', id, ...args);
    expect(await brand('--color', '#445566', '--logo', file)).to.deep.equal({ id, logoId: hash('sha256', pixel) });
    expect(await brand('--color', 'none', '--logo', 'none')).to.deep.equal({ id, logoId: null });
  });

  it('is refused with every fault where it is none', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const large = Buffer.concat([pixel, Buffer.alloc(70_000)]);
    expect(await setBrand(paymux.admin, { id, color: 'red', logo: svg })).to.deep.equal({
      kind: 'faults',
      faults: ['color must be written as #1a56db', 'logo must be a PNG, JPEG or WebP picture'],
    });
    expect(await setBrand(paymux.admin, { id, logo: large })).to.deep.include({ faults: ['logo must have at most 65536 bytes'] });
    expect(await setBrand(paymux.admin, { id: 'mch_none', color: null })).to.deep.include({ faults: ['there is no merchant mch_none'] });
  });

  it('has no logo under an address that is made up', async () => {
    for (const name of ['x', '0'.repeat(64), '%2e%2e%2fetc']) {
      const answer = await fetch(`${paymux.url}/assets/logos/${name}`);
      expect([400, 404], name).to.include(answer.status);
    }
  });
});
