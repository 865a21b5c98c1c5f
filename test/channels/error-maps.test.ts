import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

/** Channels that are asked nothing which could be refused by a code. */
const withoutCodes = ['banktransfer', 'manual'];
/** Definitions for which no list of codes is public: their unknown answers stay unknown, and a query decides (see their READMEs). */
const withoutPublicCodes = ['allinpay', 'bill99'];

const text = (path: string) => readFileSync(path, 'utf8');

describe('What vendors’ codes mean', () => {
  for (const id of readdirSync('plugins/channels').filter((one) => ![...withoutCodes, ...withoutPublicCodes].includes(one))) {
    it(`is a table of ${id}, with a text in Chinese for each`, () => {
      const definition = `plugins/channels/${id}/channel.yaml`;
      const source = text(existsSync(definition) ? definition : `plugins/channels/${id}/errors.ts`);
      const table = existsSync(definition) ? source.slice(source.indexOf('\nerrors:')) : source;
      expect(table).to.match(/[\u4e00-\u9fff]/);
    });
  }
});
