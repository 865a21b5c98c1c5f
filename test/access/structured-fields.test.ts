import { expect } from 'chai';
import fc from 'fast-check';
import { parseDictionary, serializeInnerList } from '../../core/access/structured-fields.ts';

describe('structured fields', () => {
  it('are read with their kinds, lists and parameters', () => {
    const members = parseDictionary('  a=1, b="x \\"y\\" \\\\",\tc=tok/en;q=?0;r , d=:AQI=:, e=?1, f, g=( "p";k=2   r );s=-7 ');
    expect([...(members ?? [])].map(([key]) => key)).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(members?.get('b')).to.deep.include({ item: { kind: 'text', value: 'x "y" \\' } });
    expect(members?.get('d')).to.deep.include({ item: { kind: 'bytes', value: Buffer.from([1, 2]) } });
    expect(members?.get('f')).to.deep.include({ item: { kind: 'boolean', value: true } });
    const list = members?.get('g');
    expect(list && 'items' in list && serializeInnerList(list)).to.equal('("p";k=2 r);s=-7');
  });

  it('of a list are written as they were read, whatever kinds they are of', () => {
    const written = '("p";b;c=?0;d=:AQI=:;e="x \\"y\\" \\\\";f=tok/en;g=-7 tok :AA==: ?0 ?1 12);h;i=?0';
    const list = parseDictionary(`a=${written}`)?.get('a');
    expect(list && 'items' in list && serializeInnerList(list)).to.equal(written);
  });

  it('may have spaces around them, however many, and tabs beside a comma', () => {
    expect([...(parseDictionary('   a=1 \t ,\t  b=2   ')?.keys() ?? [])]).to.deep.equal(['a', 'b']);
  });

  it('of nothing are an empty dictionary', () => {
    expect(parseDictionary('')?.size).to.equal(0);
  });

  it('are refused for anything that is not exactly one', () => {
    const wrong = ['a=', 'a=1,', ',a=1', 'a=1 b=2', 'A=1', 'a=1,a=2', 'a=1;p;p', 'a=1.5', 'a=1234567890123456', 'a="x', 'a="\\x"', 'a="é"'];
    const wrongToo = [
      'a=("x"',
      'a=("x""y")',
      'a=("x" "y"',
      'a=:AQI:',
      'a=:AR==:',
      'a=:A Q I=:',
      'a=?2',
      'a=1;',
      'a=1\n',
      'a = 1',
      '=1',
      'a=@1',
    ];
    for (const text of [...wrong, ...wrongToo]) expect(parseDictionary(text), text).to.equal(null);
  });

  it('never throw, and never hang, on whatever a stranger sends', () => {
    const piece = fc.constantFrom('a', '=', '(', ')', '"', ';', ',', ' ', ':', '?1', '\\', '1', 'sig', '*', '\t', '\u0000', 'é');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          parseDictionary(text);
        },
      ),
    );
  });
});
