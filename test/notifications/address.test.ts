import { expect } from 'chai';
import fc from 'fast-check';
import { checkUrl, readUrl, urlFaults } from '../../core/notifications/address.ts';
import { toBlockList } from '../../core/notifications/networks.ts';

const closed = { allowed: toBlockList([]) };

const spaces = 'must not hold spaces, line ends, control characters or invisible ones';
const backslashes = 'must not hold backslashes';
const users = 'must not hold a user name or password';

/** Each leads somewhere else than it seems to, in one program or another. */
const hostile: Readonly<Record<string, string>> = {
  'https://shop.example\\@evil.example/': backslashes,
  'https://evil.example\\.shop.example/': backslashes,
  'https:\\\\evil.example/': backslashes,
  'https://shop.example/a\\b': backslashes,
  'https://shop.example/?a=\\': backslashes,
  'https://shop.example@evil.example/': users,
  'https://shop.example:443@evil.example/': users,
  'https://@evil.example/': users,
  'https://:@evil.example/': users,
  ' https://shop.example/': spaces,
  'https://shop.example/ ': spaces,
  'https://shop.example/a b': spaces,
  'https://shop.exam\tple/': spaces,
  'https://shop.example/\r\nLocation: x': spaces,
  'https://shop.example/\0': spaces,
  'https://shop.example/\u007f': spaces,
  'https://shop.example/\u00a0': spaces,
  'https://shop.example/\u3000': spaces,
  'https://shop.example/\u202egpj': spaces,
  'https://shop\u00ad.example/': spaces,
  'https://shop\u200b.example/': spaces,
  'https:///evil.example/': 'must be an absolute address of at most 1000 characters',
  'https:evil.example': 'must be an absolute address of at most 1000 characters',
  'https:/evil.example/': 'must be an absolute address of at most 1000 characters',
  'https://shop%2eexample/': 'must name its host as shop.example',
  'https://shop。example/': 'must name its host as shop.example',
  'https://ｅvil.example/': 'must name its host as evil.example',
  'https://straße.example/': 'must name its host as xn--strae-oqa.example',
  'https://shop.example:/': 'must name its host as shop.example',
  'https://shop.example:0443/': 'must name its host as shop.example',
  'https://shop.example&evil.example/': 'must name its host in letters, digits, hyphens and dots',
  'https://0x7f000001/': 'must name its host as 127.0.0.1',
  'https://127.1/': 'must name its host as 127.0.0.1',
  'https://[0:0:0:0:0:0:0:1]/': 'must name its host as [::1]',
};

const plain = [
  ...['https://SHOP.example/', 'HTTPS://shop.example', 'https://shop.example:443/', 'https://shop.example:8443?x#y', 'https://[::1]/'],
  ...[
    'https://shop.example/完成?名=茶',
    'https://shop.example/a@b:c',
    'https://shop.example?next=https://other.example/',
    'https://xn--strae-oqa.example/',
  ],
];

describe('The rule of addresses', () => {
  it('lets test data go to this machine without encryption, and live data not', () => {
    for (const text of ['http://localhost:9000/a', 'http://127.0.0.1/a', 'http://[::1]:9000/']) {
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

  it('refuses spellings that one program reads as another host than the next, and says why', () => {
    for (const [text, reason] of Object.entries(hostile)) {
      for (const mode of ['live', 'test'] as const)
        expect(readUrl(text, mode), text).to.nested.include({ kind: 'refused', 'reason.en': reason });
      for (const name of ['notify_url', 'return_url', 'url'])
        expect(urlFaults(name, text, true), text).to.deep.equal([`${name} ${reason}`]);
    }
  });

  it('lets hosts be written large, with their usual port, and paths in any script', () => {
    for (const text of plain) expect(readUrl(text, 'live').kind, text).to.equal('ok');
  });

  it('takes no address whose host its plain reading does not name, whatever stands before, in and after it', () => {
    const piece = fc.constantFrom(
      ...['\\', '/', '@', ':', '?', '#', '.', '%2e', '%5c', '%00', ' ', '\t', '\n', '\0', '\u3002', '\uff0f', '\u200b', '\u202e', ';', '&'],
      ...['evil.example', 'shop.example', '[::1]', '443', '127.1', 'a'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = `https://${pieces.join('')}`;
        if (readUrl(text, 'live').kind === 'refused') return;
        const [, host = ''] = /^https:\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?::\d+)?(?:[/?#]|$)/.exec(text) ?? [];
        expect(host).to.equal(new URL(text).hostname);
        expect(text).to.not.match(/[\\\s\0\u200b\u202e]/);
      }),
      { numRuns: 5000 },
    );
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
