import { expect } from 'chai';
import { check } from '../../core/payments/check.ts';
import { closePayment } from '../../core/payments/close.ts';
import { type Database, DatabaseUnavailable, type Row } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { callBack } from '../kit/honest-vendor.ts';
import type { Fault, MysqlProxy } from '../kit/mysql-proxy.ts';
import { rest, type Scene, setScene } from '../kit/scene.ts';
import type { Traits } from '../kit/scripted.ts';

/** What a shop, a shopper or a vendor does, and what has happened before. */
interface Deed {
  readonly name: string;
  readonly traits?: Traits;
  prepare(scene: Scene, no: string): Promise<void>;
  act(scene: Scene, no: string): Promise<unknown>;
  /** Whether a connection that is lost in COMMIT may be heard of. Where the server itself acts, nobody else is there to hear it. */
  readonly cuts: 'hidden' | 'told';
  /** How its payment ends: state, money that came, money that went back, and every event once. */
  readonly end: readonly unknown[];
}

const order = ({ shop }: Scene, no: string) => shop.order({ merchantOrderNo: no });
const idOf = async ({ direct }: Scene, no: string) =>
  String((await direct.get('SELECT id FROM payments WHERE merchant_order_no = ?', [no]))?.['id']);
const numberOf = async (scene: Scene, no: string) => String((await scene.shop.attempts(await idOf(scene, no)))[0]?.number);
const buy = async (scene: Scene, no: string) => {
  await order(scene, no);
  scene.bank.shopperPays(await numberOf(scene, no));
};
const buyAndTell = async (scene: Scene, no: string) => {
  await buy(scene, no);
  await callBack(scene.shop, await numberOf(scene, no));
};
const close = async (scene: Scene, no: string) =>
  closePayment(scene.shop.kernel, { paymentId: await idOf(scene, no), reason: 'merchant', cause: 'merchant' });
const payLate = async (scene: Scene, no: string) => {
  await order(scene, no);
  await close(scene, no);
  scene.bank.shopperPays(await numberOf(scene, no), true);
};

const deeds: readonly Deed[] = [
  {
    name: 'a create',
    cuts: 'hidden',
    prepare: async () => undefined,
    act: order,
    end: ['closed', 0, 0, ['payment.closed', 'payment.created']],
  },
  {
    name: 'a callback that settles',
    cuts: 'hidden',
    prepare: buy,
    act: async (scene, no) => callBack(scene.shop, await numberOf(scene, no)),
    end: ['success', 100, 0, ['payment.created', 'payment.succeeded']],
  },
  {
    name: 'a question to the vendor that settles',
    cuts: 'told',
    prepare: async (scene, no) => {
      await buy(scene, no);
      scene.shop.turn(60_000);
    },
    act: ({ shop }) => shop.attend(),
    end: ['success', 100, 0, ['payment.created', 'payment.succeeded']],
  },
  {
    name: 'a refund of a part',
    cuts: 'hidden',
    prepare: buyAndTell,
    act: async (scene, no) => scene.shop.refund(await idOf(scene, no), 40, `refund-${no}`),
    end: ['success', 100, 40, ['payment.created', 'payment.succeeded', 'refund.created', 'refund.succeeded']],
  },
  {
    name: 'a refund of the whole',
    cuts: 'hidden',
    prepare: buyAndTell,
    act: async (scene, no) => scene.shop.refund(await idOf(scene, no), 100, `refund-${no}`),
    end: ['refunded', 100, 100, ['payment.created', 'payment.succeeded', 'refund.created', 'refund.succeeded']],
  },
  {
    name: 'a close',
    cuts: 'hidden',
    prepare: async (scene, no) => void (await order(scene, no)),
    act: close,
    end: ['closed', 0, 0, ['payment.closed', 'payment.created']],
  },
  {
    name: 'a close of what was paid',
    cuts: 'hidden',
    prepare: buy,
    act: close,
    end: ['success', 100, 0, ['payment.created', 'payment.succeeded']],
  },
  {
    name: 'a capture of what the shopper agreed to',
    cuts: 'hidden',
    traits: {
      abilities: { query: 'by_number', close: 'unpaid', capture: 'full', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
    },
    prepare: async (scene, no) => {
      await order(scene, no);
      scene.bank.shopperAgrees(await numberOf(scene, no));
    },
    act: async (scene, no) => check(scene.shop.kernel, String((await scene.shop.attempts(await idOf(scene, no)))[0]?.id), 'callback'),
    end: ['success', 100, 0, ['payment.created', 'payment.succeeded']],
  },
  {
    name: 'money that comes after the close',
    cuts: 'told',
    prepare: payLate,
    act: async (scene, no) => {
      await callBack(scene.shop, await numberOf(scene, no));
      await scene.shop.attend();
    },
    end: ['closed', 100, 100, ['payment.closed', 'payment.created', 'payment.exception', 'refund.succeeded']],
  },
];

/** `hidden`: nobody who asked for the deed hears of it. `told`: the caller may get a 503, and asks again. */
const faults: readonly (readonly [string, Fault, Deed['cuts']])[] = [
  ['error 1213', { do: 'answer', errno: 1213 }, 'hidden'],
  ['error 1205, which undoes the statement alone', { do: 'answer', errno: 1205 }, 'hidden'],
  ['error 1020', { do: 'answer', errno: 1020 }, 'hidden'],
  ['error 1047', { do: 'answer', errno: 1047 }, 'hidden'],
  ['error 1290', { do: 'answer', errno: 1290 }, 'told'],
  ['a cut before it arrives', { do: 'cutBefore' }, 'hidden'],
  ['a cut after it arrived', { do: 'cutAfter' }, 'hidden'],
  ['a cut, and its arrival afterwards', { do: 'cutThenDeliver', delayMs: 20 }, 'hidden'],
  ['a delay', { do: 'delay', delayMs: 20 }, 'hidden'],
];

/** What a new connection does for itself. */
const isOfSession = (sql: string) => /^(SET|SHOW) /.test(sql);

describe('A fault of the database at any one statement', () => {
  forEachDatabase((name, open) => {
    if (name !== 'mariadb') return;
    for (const deed of deeds) {
      describe(`of ${deed.name}`, () => {
        let scene: Scene;

        before(async function () {
          this.timeout(60_000);
          scene = await setScene(await open(), deed.traits);
        });
        after(() => scene?.stop());

        for (const [index, [what, fault, heard]] of faults.entries()) {
          it(`(${what}) ${heard === 'hidden' ? 'is heard by nobody' : 'is an error that may be repeated'}; nothing is lost or double`, async function () {
            this.timeout(120_000);
            await tryEverywhere(scene, deed, index, fault, heard);
            await rest(scene);
            expect(await checkMoney(scene.direct, scene.bank.truth)).to.deep.equal([]);
            expect(scene.bank.payable()).to.deep.equal([]);
            for (const end of await endsOf(scene.direct)) expect(end).to.deep.equal(deed.end);
          });
        }
      });
    }
  });
});

/** The same statements without a fault. */
async function statementsOf(scene: Scene, deed: Deed, no: string): Promise<readonly string[]> {
  const statements: string[] = [];
  await deed.prepare(scene, no);
  scene.proxy.set(({ sql }) => {
    if (!isOfSession(sql)) statements.push(sql);
    return null;
  });
  await deed.act(scene, no);
  scene.proxy.set(() => null);
  expect(statements).to.include('COMMIT');
  return statements;
}

/** Every COMMIT under each fault; of the others each under some, so that this takes seconds, or under all where that is asked for. */
const isTried = (statement: string, at: number, fault: number) =>
  statement === 'COMMIT' || process.env['PAYMUX_DATABASE_FAULTS'] === 'all' || at % 6 === fault % 6;

/** Does the deed once for each of its statements, with the fault at that one. */
async function tryEverywhere(scene: Scene, deed: Deed, index: number, fault: Fault, heard: Deed['cuts']): Promise<void> {
  const { proxy } = scene;
  for (const [at, statement] of (await statementsOf(scene, deed, `order-${index}`)).entries()) {
    if (!isTried(statement, at, index) || (fault.do === 'cutThenDeliver' && statement !== 'COMMIT')) continue;
    const no = `order-${index}-${at}`;
    const where = `${index}, statement ${at}: ${statement}`;
    await deed.prepare(scene, no);
    const isMet = failAt(proxy, at, fault);
    const error = await deed.act(scene, no).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(isMet(), `${where} was not sent`).to.equal(true);
    proxy.set(() => null);
    if (error === null) {
      if (deed.cuts === 'hidden') expect(await statesOf(scene, no), where).to.deep.equal(await statesOf(scene, `order-${index}`));
      continue;
    }
    expect(error, where).to.be.instanceOf(DatabaseUnavailable);
    expect(fault.do.startsWith('cut') ? deed.cuts : heard, where).to.equal('told');
    await deed.act(scene, no);
  }
}

/** Where everything about an order stands. */
async function statesOf(scene: Scene, no: string): Promise<unknown> {
  const id = await idOf(scene, no);
  const states = (rows: readonly { readonly state: string }[]) => rows.map(({ state }) => state);
  const { shop } = scene;
  return [(await shop.payment(id)).state, states(await shop.attempts(id)), states(await shop.refunds(id))];
}

/** The fault befalls one statement, and no other after it. */
function failAt(proxy: MysqlProxy, at: number, fault: Fault): () => boolean {
  let left = at;
  let met = false;
  proxy.set(({ sql }) => {
    if (met || isOfSession(sql)) return null;
    left -= 1;
    met = left < 0;
    return met ? fault : null;
  });
  return () => met;
}

async function endsOf(direct: Database): Promise<readonly (readonly unknown[])[]> {
  const payments = await direct.all('SELECT id, state FROM payments');
  const attempts = await direct.all('SELECT id, payment_id, amount_paid FROM attempts');
  const refunds = await direct.all("SELECT id, payment_id, amount FROM refunds WHERE state = 'succeeded'");
  const events = await direct.all('SELECT subject_id, type FROM events ORDER BY type');
  return payments.map(({ id, state }) => {
    const of = (rows: readonly Row[]) => rows.filter((row) => row['payment_id'] === id);
    const sum = (rows: readonly Row[], column: string) => of(rows).reduce((total, row) => total + Number(row[column]), 0);
    const subjects = [id, ...of(refunds).map((row) => row['id'])];
    const told = events.filter((event) => subjects.includes(event['subject_id'] ?? null)).map(({ type }) => type);
    return [state, sum(attempts, 'amount_paid'), sum(refunds, 'amount'), told];
  });
}
