import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import type { Opened } from '../../core/channels/declared/opened.ts';
import { type Definition, definitionSchema } from '../../core/channels/declared/schema.ts';
import { openSigner } from '../../core/channels/declared/sign.ts';
import { isGenuine, type Received } from '../../core/channels/declared/verify.ts';
import { makeKit } from '../kit/channel-kit.ts';

const config = { key: 'canary-kettle-key-1', other: 'canary-kettle-key-2' };
const kit = makeKit();

/** Only what verifying looks at. Two rules: `fields` puts its signature beside the fields, `body` into a header. */
const rules = definitionSchema.shape.signatures.parse({
  fields: { family: 'hmac-sha256', key: 'key', field: 'sign', write: 'hex' },
  body: { family: 'hmac-sha256', key: 'other', over: 'body', header: 'x-signature', write: 'hex' },
});
const signers = new Map(Object.entries(rules).map(([name, rule]) => [name, openSigner(name, rule, config, kit)] as const));
const opened: Opened = { definition: { signatures: rules } as unknown as Definition, config, kit, signers, merchantNo: null };

const mac = (text: string, key = config.key) => createHmac('sha256', key).update(text).digest('hex');
const received = (data: object, headers: Readonly<Record<string, string>> = {}): Received => ({
  data: data as Received['data'],
  body: Buffer.from(JSON.stringify(data)),
  headers,
});
const facts = { number: 'data.number', total: 'data.total' } as never;
const verify = (what: Received, verification: Parameters<typeof isGenuine>[2]) => isGenuine(opened, what, verification, facts);
const inData = [{ by: 'fields', under: 'data' }];
const over = [{ by: 'fields', under: '' }];

describe('What a declared channel received', () => {
  it('is genuine by the signature of the part that it is under, and of no other', async () => {
    const data = { number: '7', total: '1.00' };
    const sign = mac('number=7&total=1.00');
    expect(await verify(received({ data: { ...data, sign } }), inData)).to.equal(true);
    expect(await verify(received({ data: { ...data, total: '9.00', sign } }), inData), 'changed').to.equal(false);
    expect(await verify(received({ data }), inData), 'unsigned').to.equal(false);
    expect(await verify(received({ data: { ...data, sign: '' } }), inData), 'an empty signature').to.equal(false);
    expect(await verify(received({ data, sign }), inData), 'signed elsewhere').to.equal(false);
  });

  it('needs no signature of a part that is not there', async () => {
    expect(await verify(received({ code: '1' }), inData)).to.equal(true);
    expect(await verify(received({ code: '1' }), [...inData, ...over]), 'but of the whole').to.equal(false);
    expect(await verify(received({ code: '1', sign: mac('code=1') }), [...inData, ...over])).to.equal(true);
  });

  it('is genuine by a header over its very bytes', async () => {
    const data = { number: '7' };
    const of = (signature: string | undefined) =>
      verify(received(data, signature === undefined ? {} : { 'x-signature': signature }), [{ by: 'body', under: '' }]);
    const good = mac('{"number":"7"}', config.other);
    expect(await of(good)).to.equal(true);
    for (const wrong of [undefined, '', mac('{"number":"7"}'), mac('{"number": "7"}', config.other)])
      expect(await of(wrong), wrong).to.equal(false);
    const beside = received({ ...data, sign: mac(JSON.stringify(data), config.other) });
    expect(await verify(beside, [{ by: 'body', under: '' }]), 'in a field').to.equal(false);
  });

  it('needs each of the signatures that are declared', async () => {
    const data = { number: '7', sign: mac('number=7') };
    const both = [{ by: 'fields', under: '' }, ...[{ by: 'body', under: '' }]];
    const whole = (key: string) => ({ 'x-signature': mac(JSON.stringify(data), key) });
    expect(await verify(received(data, whole(config.other)), both)).to.equal(true);
    expect(await verify(received(data, whole(config.key)), both)).to.equal(false);
    expect(await verify(received({ ...data, sign: mac('number=8') }, whole(config.other)), both)).to.equal(false);
  });

  it('is not genuine where a value reads as one of its facts, though the signature is right', async () => {
    const data = { name: 'tea&total=9.00', number: '7' };
    const signed = { ...data, sign: mac('name=tea&total=9.00&number=7') };
    expect(await verify(received(signed), over)).to.equal(false);
    const harmless = { name: 'tea&sugar=9.00', number: '7' };
    expect(await verify(received({ ...harmless, sign: mac('name=tea&sugar=9.00&number=7') }), over)).to.equal(true);
  });

  it('is believed unsigned only where TLS is declared to prove it', async () => {
    expect(await verify(received({ number: '7' }), 'tls')).to.equal(true);
    expect(await verify(received({ number: '7' }), over)).to.equal(false);
  });
});
