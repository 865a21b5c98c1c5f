import { expect } from 'chai';
import type { Model, ModelStatic } from 'sequelize';
import { defineModels, type Models } from '../../core/store/models/models.ts';
import { tables } from '../../core/store/schema.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { failure } from './failure.ts';

const merchant = { id: 'mch_1', name: '商店', status: 'active', created_at: 1_700_000_000_000, brand_color: null, logo_id: null };

forEachDatabase((_name, open) => {
  describe('the models', () => {
    let opened: TestDatabase;
    let models: Models;

    before(async () => {
      opened = await open();
      models = defineModels(await opened.openSequelize());
    });

    afterEach(async () => {
      for (const model of listModels(models)) await model.destroy({ where: {} });
    });

    it('have the columns of their tables', () => {
      for (const model of listModels(models)) {
        const table = tables[model.tableName as keyof typeof tables];
        expect(Object.keys(model.getAttributes()), model.tableName).to.have.members(Object.keys(table.columns));
        for (const [name, column] of Object.entries(table.columns)) {
          const attribute = Object.entries(model.getAttributes()).find(([each]) => each === name)?.[1];
          expect(attribute?.allowNull, `${model.tableName}.${name}`).to.equal('null' in column);
        }
      }
    });

    it('write what the engine reads, and read it back', async () => {
      await models.merchants.create(merchant);
      expect({ ...(await opened.database.get('SELECT * FROM merchants')) }).to.deep.equal(merchant);
      const found = await models.merchants.findByPk('mch_1');
      expect(found?.get()).to.deep.equal(merchant);
      expect(found?.created_at).to.equal(merchant.created_at);
    });

    it('fill in defaults and nulls', async () => {
      const values = { id: 'app_1', merchant_id: 'mch_1', name: 'shop', livemode: 0, status: 'active', late_policy: 'hold', secret: 's' };
      await models.apps.create({ ...values, rate_per_second: 5, created_at: 1 });
      const app = await models.apps.findByPk('app_1');
      expect([app?.require_signature, app?.notify_url]).to.deep.equal([0, null]);
    });

    it('count the rows that an update matched, changed or not', async () => {
      await models.merchants.create(merchant);
      expect(await models.merchants.update({ name: merchant.name }, { where: { id: 'mch_1' } })).to.deep.equal([1]);
      expect(await models.merchants.update({ name: 'x' }, { where: { id: 'MCH_1' } })).to.deep.equal([0]);
    });

    it('refuse an integer that a number does not hold exactly, written or read', async () => {
      expect(() => models.versions.build({ id: 'a', value: 2 ** 53 })).to.throw(RangeError);
      expect(() => models.versions.build({ id: 'a', value: 0.5 })).to.throw(RangeError);
      await opened.database.transaction((tx) => tx.run("INSERT INTO versions (id, value) VALUES ('a', 9007199254740993)"));
      const read = async () => (await models.versions.findByPk('a'))?.value;
      expect(await failure(read())).to.be.instanceOf(Error);
    });

    it('roll back together', async () => {
      const error = await failure(
        (await opened.openSequelize()).transaction(async (transaction) => {
          await models.merchants.create(merchant, { transaction });
          await models.merchants.create(merchant, { transaction });
        }),
      );
      expect(error).to.have.property('name', 'SequelizeUniqueConstraintError');
      expect(await models.merchants.count()).to.equal(0);
    });

    it('lose none of 20 increments made at once', async () => {
      await models.versions.create({ id: 'config', value: 0 });
      const increment = async () =>
        (await opened.openSequelize()).transaction(async (transaction) => {
          await models.versions.increment('value', { by: 1, where: { id: 'config' }, transaction });
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await models.versions.findByPk('config'))?.value).to.equal(20);
    });

    it('belong to one connection each', async () => {
      const other = await open();
      const others = defineModels(await other.openSequelize());
      await others.merchants.create(merchant);
      expect([await models.merchants.count(), await others.merchants.count()]).to.deep.equal([0, 1]);
    });
  });
});

function listModels(models: Models): readonly ModelStatic<Model>[] {
  return Object.values(models) as unknown as readonly ModelStatic<Model>[];
}
