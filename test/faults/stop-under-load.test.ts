import { Agent, type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

/** A request each so often: 200 a second, which a machine with other programs beside it still serves. */
const everyMs = 5;
const requests = { before: 200, after: 100 };
const connections = 64;

describe('A server that is asked to stop while 200 payments a second are made', function () {
  this.timeout(90_000);

  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let server: ServerProcess;
    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), serves: false });
      server = serverProcess({ ...paymux.environment, PAYMUX_LOG_LEVEL: 'error' });
      await server.start();
    });
    after(async () => {
      await server.stop();
      await paymux.stop();
    });

    it('answers every request that it took, takes no more, and ends well; the books are right', async () => {
      // As a load balancer does: a connection that the operating system holds for a server that no longer listens, it resets.
      const agent = new Agent({ keepAlive: true, maxSockets: connections });
      await Promise.all(Array.from({ length: connections }, (_, index) => create(paymux, server.url, agent, `warm-${index}`)));
      const ends = { answered: 0, refused: 0, lost: [] as string[] };
      const ids: string[] = [];
      const waiting = { count: 0 };
      const order = async (index: number) => {
        waiting.count += 1;
        const end = await create(paymux, server.url, agent, `stop-${index}`);
        waiting.count -= 1;
        if (end.status === 201) {
          ends.answered += 1;
          ids.push(end.id);
        } else if (end.error === 'ECONNREFUSED') ends.refused += 1;
        else ends.lost.push(`${end.status} ${end.error}`);
      };
      const orders: Promise<void>[] = [];
      const pace = async (from: number, count: number) => {
        for (let index = from; index < from + count; index += 1) {
          orders.push(order(index));
          await new Promise((resolve) => setTimeout(resolve, everyMs));
        }
      };
      await pace(0, requests.before);
      // Twenty at once, so that some are surely under way when the signal comes.
      orders.push(...Array.from({ length: 20 }, (_, index) => order(10_000 + index)));
      await eventually(() => waiting.count > 0);
      const stopping = server.stop();
      await pace(requests.before, requests.after);
      await Promise.all(orders);
      agent.destroy();
      expect(await stopping).to.equal(0);
      expect(ends.lost, 'neither answered nor refused').to.deep.equal([]);
      expect(ends.refused, 'after the stop').to.be.greaterThan(0);
      expect(ends.answered + ends.refused).to.equal(requests.before + requests.after + 20);
      const stored = await paymux.stored.database.all('SELECT id FROM payments');
      expect(stored).to.have.length(connections + ends.answered);
      expect(stored.map((row) => row['id'])).to.include.members(ids);
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      expect(await checkMoney(paymux.stored.database, entries)).to.deep.equal([]);
    });
  });
});

interface End {
  readonly status: number;
  readonly id: string;
  /** Why there was no answer. */
  readonly error: string;
}

function create({ key }: Pick<Paymux, 'key'>, url: string, agent: Agent, orderNo: string): Promise<End> {
  const body = JSON.stringify({ merchant_order_no: orderNo, amount: 100, currency: 'CNY', subject: 'Tea', method: 'wechat_native' });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => {
      // The connection was ended while the request was on its way into it, which every client of HTTP must expect of one that was kept.
      if (asking.reusedSocket && error.code === 'ECONNRESET') resolve(create({ key }, url, agent, orderNo));
      else resolve({ status: 0, id: '', error: String(error.code) });
    };
    const asking = request(`${url}/v1/payments`, { method: 'POST', agent, headers }, (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { id = '' } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { id?: string };
        resolve({ status: answer.statusCode ?? 0, id, error: '' });
      });
      answer.on('error', fail);
    });
    asking.on('error', fail);
    asking.end(body);
  });
}
