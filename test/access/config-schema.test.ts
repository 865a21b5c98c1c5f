import { expect } from 'chai';
import { checkConfig, completeConfig, maskConfig, secretNames } from '../../core/channels/config-schema.ts';
import type { ConfigSchema } from '../../core/contract/manifest.ts';

const schema: ConfigSchema = {
  type: 'object',
  required: ['mchid', 'api_key', 'base_url'],
  properties: {
    mchid: { type: 'string', description: 'Merchant number', pattern: '^[0-9]{10}$' },
    api_key: { type: 'string', description: 'Key', secret: true, minLength: 8, maxLength: 32 },
    base_url: { type: 'string', description: 'Address', default: 'https://pay.example' },
    region: { type: 'string', description: 'Region', enum: ['cn', 'hk'] },
    retries: { type: 'integer', description: 'Tries' },
    strict: { type: 'boolean', description: 'Strict' },
  },
};
const good = { mchid: '1230000109', api_key: 'long enough', region: 'cn', retries: 2, strict: true };

describe('the configuration of a channel account', () => {
  it('passes when it fits the schema', () => {
    expect(checkConfig(schema, good)).to.deep.equal([]);
  });

  it('is told every fault at once, and no value', () => {
    const faults = checkConfig(schema, { mchid: '12', api_key: 'canary', region: 'us', retries: '2', strict: 1, extra: 'x' });
    expect(faults).to.have.length(6);
    expect(faults.join('\n')).not.to.match(/canary|'12'|us\b/);
  });

  it('lists what is missing, but not what has a default', () => {
    expect(checkConfig(schema, {})).to.deep.equal(['mchid is required', 'api_key is required']);
  });

  it('refuses an empty text, an inherited name and what is no object', () => {
    expect(checkConfig(schema, { ...good, api_key: '' })).to.deep.equal(['api_key must not be empty']);
    expect(checkConfig(schema, { ...good, toString: 'x' })).to.deep.equal(['"toString" is not a field of this channel']);
    for (const value of [null, [], 'text', 3]) expect(checkConfig(schema, value)).to.have.length(1);
  });

  it('refuses a secret that anybody would try first, whatever stands before it', () => {
    for (const key of ['aaaaaaaaaaaa', 'whsec_000000000000', '00000000-0000-0000-0000-000000000000', 'AAAAAAAAAAA=', 'abababababab'])
      expect(checkConfig(schema, { ...good, api_key: key.slice(0, 32) }), key).to.include(
        'api_key is no key: it repeats one or two characters',
      );
    expect(checkConfig(schema, { ...good, mchid: '1111111111' }), 'only secrets').to.deep.equal([]);
  });

  it('is completed with the defaults, which never replace a given value', () => {
    expect(completeConfig(schema, good)).to.include({ base_url: 'https://pay.example', retries: 2 });
    expect(completeConfig(schema, { base_url: 'https://other.example' })).to.deep.equal({ base_url: 'https://other.example' });
  });

  it('is shown without its secrets, and without fields that the schema does not know', () => {
    const shown = maskConfig(schema, { ...good, apikey: 'misspelt' });
    expect(shown).to.include({ mchid: '1230000109', api_key: '********', apikey: '********' });
    expect(secretNames(schema)).to.deep.equal(['api_key']);
  });
});
