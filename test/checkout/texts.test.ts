import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { chooseLanguage, type Language, languages, speak } from '../../core/http/checkout/texts.ts';

const folder = 'web/checkout/texts';
const files = readdirSync(folder);
const read = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Readonly<Record<string, string>>;
const english = read('en.json');
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

describe('The texts of the checkout', () => {
  it('are there for every language that is offered, and for no other', () => {
    expect(files.map((file) => file.replace('.json', ''))).to.have.members(Object.keys(languages));
  });

  for (const file of files) {
    it(`${file} says what the others say, with the same names put in`, () => {
      const texts = read(file);
      expect(Object.keys(texts)).to.deep.equal(Object.keys(english));
      for (const [key, text] of Object.entries(texts)) {
        expect(text.trim(), key).to.equal(text).and.not.equal('');
        expect(places(text), key).to.deep.equal(places(english[key] ?? ''));
        // A text is put into markup as text: what looks like markup or an entity would be shown as it is.
        expect(text, key).not.to.match(/[<>]|&\w+;/);
      }
    });
  }

  it('are translations, but for what is called the same everywhere', () => {
    for (const file of files.filter((one) => one !== 'en.json')) {
      const same = Object.entries(read(file)).filter(([key, text]) => text === english[key]);
      expect(
        same.map(([key]) => key).filter((key) => key !== 'label.bic'),
        file,
      ).to.deep.equal([]);
    }
  });

  it('put names in as they are, and nothing where a name is missing', () => {
    const { say, find } = speak('en');
    expect(say('scanHint', { method: '$& {shop}' })).to.equal('Scan this code with your phone to pay with $& {shop}.');
    expect(say('order')).to.equal('Order ');
    expect(find('reason.card_expired')).to.equal('reason.card_expired');
    expect(find('reason.constructor')).to.equal(null);
    expect(find('constructor')).to.equal(null);
  });

  it('are chosen by the page first, and by the browser then', () => {
    const cases: readonly (readonly [string | null, string | undefined, Language])[] = [
      [null, undefined, 'en'],
      ['ja', 'es', 'ja'],
      ['xx', 'es', 'es'],
      ['zh-TW', 'es', 'zh-CN'],
      [null, 'de, fr;q=0.9, ar;q=0.1', 'ar'],
      [null, 'ja;q=0, es;q=0.2', 'es'],
      [null, `${'x,'.repeat(50)}ja`, 'en'],
    ];
    for (const [chosen, accepted, language] of cases) expect(chooseLanguage(chosen, accepted)).to.equal(language);
  });
});
