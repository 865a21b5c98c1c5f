import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { readAccount } from '../account.ts';
import { openMessage, seal as sealOurs } from '../message.ts';
import { isSigned, signText, textOfForm } from '../sign.ts';
import { config, hide, jd, ours, show, signatureOf, stranger, success } from './fixture.ts';

const account = readAccount({ id: 'acc_1', livemode: false, config }, makeKit());
const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
const open = (text: string) => openMessage(account, Buffer.from(text));
/** JD's message around this plain text: hidden, in base64, perhaps broken into lines. */
const around = (plain: string, broken = (text: string) => text) =>
  `${declaration}<jdpay><version>V2.0</version><merchant>${config.merchant}</merchant>${success}<encrypt>${broken(
    Buffer.from(hide(plain)).toString('base64'),
  )}</encrypt></jdpay>`;
/** A plain text of JD's with its signature in it. */
const signed = (inner: string, { key = jd.privatePem, write = (text: string) => text, root = 'jdpay' } = {}) => {
  const [before, after] = [`${declaration}<${root}>`, `${inner}</${root}>`];
  return `${before}<sign>${write(signatureOf(`${before}${after}`, key))}</sign>${after}`;
};
const whole = `<merchant>${config.merchant}</merchant>${success}<tradeNum>1</tradeNum>`;
const bad = (reason: string) => ({ kind: 'bad', reason });

describe('A message of JD Pay', () => {
  it('that its key signed is read out of what was signed', () => {
    const read = open(around(signed(whole)));
    expect(read).to.include({ kind: 'signed', code: '000000', words: 'success', merchant: config.merchant });
    expect(read).to.have.nested.property('fields.tradeNum', '1');
  });

  it('may have its base64 broken into lines, as JD’s writers do', () => {
    const broken = (text: string) => text.replace(/(.{40})/g, '$1\r\n ');
    const entities = (text: string) => text.replace(/(.{76})/g, '$1&#13;\n').replace(/(.{100})/, '$1  &#xA;');
    expect(open(around(signed(whole), broken))).to.include({ kind: 'signed' });
    expect(open(around(signed(whole, { write: entities })))).to.include({ kind: 'signed' });
  });

  const unsigned: Readonly<Record<string, string>> = {
    'that a stranger signed': around(signed(whole, { key: stranger.privatePem })),
    'without a signature': around(`${declaration}<jdpay>${whole}</jdpay>`),
    'with an empty signature': around(signed(whole, { write: () => '' })),
    'with two signatures': around(signed(`${whole}<sign>x</sign>`)),
    'whose signature is no base64': around(signed(whole, { write: () => '%%%' })),
    'changed behind the signature': around(signed(whole).replace('<tradeNum>1', '<tradeNum>2')),
    'hidden under another key': around(signed(whole)).replace(/<encrypt>.*<\/encrypt>/, '<encrypt>QUJD</encrypt>'),
    'whose hidden part is empty': around(signed(whole)).replace(/<encrypt>.*<\/encrypt>/, '<encrypt></encrypt>'),
    'whose hidden part is there twice': around(signed(whole)).replace('</jdpay>', '<encrypt>QUJD</encrypt></jdpay>'),
  };
  for (const [what, text] of Object.entries(unsigned))
    it(`${what} proves nothing`, () => expect(open(text)).to.deep.equal(bad('bad_signature')));

  const unreadable: Readonly<Record<string, string>> = {
    'that is no XML': 'busy',
    'of another root': '<other/>',
    'without fields': '<jdpay/>',
    'that says yes without a hidden part': `<jdpay>${success}</jdpay>`,
    'that says neither yes nor no': `<jdpay><merchant>${config.merchant}</merchant></jdpay>`,
    'signed, of another root': around(signed(whole, { root: 'other' })),
    'signed, without a result': around(signed(`<merchant>${config.merchant}</merchant>`)),
    'signed, without a code': around(signed(`<merchant>${config.merchant}</merchant><result><desc>x</desc></result>`)),
    'signed, with two results': around(signed(`<merchant>${config.merchant}</merchant>${success}${success}`)),
    'signed, without a merchant': around(signed(success)),
    'signed, with two merchants': around(signed(`<merchant>1</merchant><merchant>2</merchant>${success}`)),
    'signed, with an empty merchant': around(signed(`<merchant></merchant>${success}`)),
  };
  for (const [what, text] of Object.entries(unreadable))
    it(`${what} cannot be read`, () => expect(open(text)).to.deep.equal(bad('unreadable')));

  it('that says no without a hidden part is an unsigned no, its words cut short', () => {
    const result = (code: string, desc: string) => open(`<jdpay><result><code>${code}</code>${desc}</result></jdpay>`);
    expect(result('X1', '<desc>no</desc>')).to.deep.equal({ kind: 'unsigned', code: 'X1', words: 'no' });
    expect(result('X1', '')).to.deep.equal({ kind: 'unsigned', code: 'X1', words: '' });
    expect(result('X'.repeat(99), `<desc>${'茶'.repeat(300)}</desc>`)).to.deep.equal({
      kind: 'unsigned',
      code: 'X'.repeat(64),
      words: '茶'.repeat(200),
    });
  });

  it('of ours has its fields in order, the empty ones left out, and its signature inside', () => {
    const outer = sealOurs(account, { zeta: '1', alpha: '茶', empty: '' });
    const hidden = /<encrypt>(.*)<\/encrypt>/.exec(outer)?.[1] ?? '';
    const plain = show(Buffer.from(hidden, 'base64').toString());
    const fields = `<alpha>茶</alpha><merchant>${config.merchant}</merchant>`;
    expect(plain).to.match(new RegExp(`^<\\?xml version="1.0" encoding="UTF-8"\\?><jdpay>${fields}.*<version>V2.0</version>`));
    expect(plain).to.contain('<zeta>1</zeta>').and.to.not.contain('empty');
    const text = plain.replace(/<sign>.*<\/sign>/, '');
    const signature = /<sign>(.*)<\/sign>/.exec(plain)?.[1] ?? '';
    expect(isSigned(text, Buffer.from(signature, 'base64'), createPublicKey(ours.publicPem))).to.equal(true);
  });
});

describe('A signature of JD Pay', () => {
  it('of a form covers the fields that are not empty, in order, and not itself', () => {
    expect(textOfForm({ b: '2', sign: 'x', a: '1', c: '' })).to.equal('a=1&b=2');
  });

  it('holds for its text and its key alone', () => {
    const signature = Buffer.from(signText('茶', createPrivateKey(jd.privatePem)), 'base64');
    const holds = (text: string, bytes = signature, key = jd.publicPem) => isSigned(text, bytes, createPublicKey(key));
    expect(holds('茶')).to.equal(true);
    expect(holds('tea')).to.equal(false);
    expect(holds('茶', signature, stranger.publicPem)).to.equal(false);
    expect(holds('茶', Buffer.alloc(0))).to.equal(false);
  });
});
