import { expect } from 'chai';
import { checkUrl, readUrl, urlFaults } from '../../core/notifications/address.ts';
import { toBlockList } from '../../core/notifications/networks.ts';

const closed = { allowed: toBlockList([]) };

describe('The rule of addresses', () => {
  it('lets test data go to this machine without encryption, and live data not', () => {
    for (const text of ['http://localhost:9000/a', 'http://127.1/a', 'http://0x7f000001/', 'http://[::1]:9000/']) {
      expect(readUrl(text, 'test').kind, text).to.equal('ok');
      expect(readUrl(text, 'live').kind, text).to.equal('refused');
    }
    for (const text of ['http://shop.example/', 'ftp://shop.example/', 'javascript:alert(1)', '/paid', ''])
      expect(readUrl(text, 'test').kind, text).to.equal('refused');
  });

  it('refuses what would be lost or abused on the way', () => {
    const wrong = ['https://user@shop.example/', 'https://shop.example:0/', `https://shop.example/${'a'.repeat(1000)}`];
    for (const text of wrong) expect(readUrl(text, 'test').kind, text).to.equal('refused');
  });

  it('is one for what operators enter, merchants send and we call, except that only we are kept out of networks', () => {
    for (const text of ['https://shop.example/a', 'http://shop.example/', 'https://a:b@shop.example/', 'https://shop.example:0/']) {
      const { kind } = readUrl(text, 'live');
      expect(checkUrl(text, { mode: 'live', ...closed }).kind, text).to.equal(kind);
      for (const name of ['notify_url', 'return_url']) expect(urlFaults(name, text, true).length === 0, text).to.equal(kind === 'ok');
    }
    expect(readUrl('https://10.0.0.1/', 'live').kind).to.equal('ok');
    expect(checkUrl('https://10.0.0.1/', { mode: 'live', ...closed }).kind).to.equal('refused');
  });

  it('lets only the way back have a fragment', () => {
    const text = 'https://shop.example/#/paid';
    expect(urlFaults('return_url', text, true)).to.deep.equal([]);
    expect(urlFaults('notify_url', text, true)).to.deep.equal(['notify_url must not have a fragment']);
    expect(checkUrl(text, { mode: 'live', ...closed }).kind).to.equal('refused');
  });

  it('tells a fault with the name of its field and without the address', () => {
    const [fault = '', ...more] = urlFaults('return_url', 'https://user:hush@shop.example/', true);
    expect(more).to.deep.equal([]);
    expect(fault)
      .to.match(/^return_url must /)
      .and.not.contain('hush');
  });
});
