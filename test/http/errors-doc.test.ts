import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describeCode, type ErrorCode, errors, faultOf, refuse } from '../../core/errors.ts';

const doc = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** Code → the text of its section. */
const sections = new Map(
  doc
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section] as const),
);

describe('docs/errors.md', () => {
  it('has one section for each code of the table, and no other', () => {
    expect([...sections.keys()]).to.have.members(Object.keys(errors));
    expect(doc.match(/^## /gm)).to.have.length(sections.size);
  });

  for (const [code, { status, advice, title, detail }] of Object.entries(errors)) {
    it(`says of ${code} what the table says, and what to do, in both languages`, () => {
      const section = sections.get(code) ?? '';
      expect(section).to.contain(`${title.en} · ${title.zh}`).and.to.contain(`advice \`${advice}\``);
      expect(/ · HTTP (\d+)/.exec(section)?.[1]).to.equal(status === null ? undefined : String(status));
      expect(section).to.contain(`- Meaning: ${detail.en}\n`).and.to.contain(`- 含义：${detail.zh}\n`);
      expect(section)
        .to.match(/^- What to do: \S.+$/m)
        .and.to.match(/^- 处理：\S.+$/m);
    });
  }
});

describe('the error table', () => {
  it('has a status for every code that a whole answer carries', () => {
    const request = Object.entries(errors).filter(([, { status }]) => status !== null);
    for (const [code, { status }] of request) expect(status, code).to.be.within(400, 599);
    expect(errors['internal' satisfies ErrorCode].status).to.equal(500);
  });

  it('fills in names, and takes a sentence of the caller instead', () => {
    expect(refuse('payer_field_required', { param: 'payer.openid' }).detail?.en).to.equal('The method needs payer.openid.');
    expect(refuse('body_too_large', { values: { maxBytes: 5 } }).detail?.zh).to.equal('请求体超过 5 字节。');
    expect(refuse('internal', { detail: { en: 'x', zh: 'y' } }).detail).to.deep.equal({ en: 'x', zh: 'y' });
    expect(faultOf('a', 'too_long', { max: '$&' }).detail.en).to.equal('a is longer than $&.');
    expect(faultOf('__proto__', 'required').detail.en).to.equal('__proto__ is required.');
  });

  it('describes a code that it does not know as a decline', () => {
    expect(describeCode('insufficient_funds', 'zh')).to.equal('付款账户资金不足。');
    for (const code of ['never_heard', '__proto__', 'toString']) expect(describeCode(code, 'en')).to.equal(errors.declined.detail.en);
  });
});
