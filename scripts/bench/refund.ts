import { send } from './compare.ts';
import { middle } from './latency.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { codeMethod, directMethod, type Rig } from './rig.ts';
import { type Given, refuseOthers, withRig, withServer } from './serve.ts';
import type { ServerProcess } from './server.ts';
import { memoryKib } from './usage.ts';

const together = 64;
const [paidAmount, hotAmount] = [1999, 100];
const untilDone = { warmUpMs: 0, durationMs: 7_200_000 };

/** W4: refunds on payments of their own beside creates, and {@link together} at once on one payment. */
export function benchRefund({ engine, pace, profile, hotPayments }: Given): Promise<Report> {
  return withRig({ engine, connections: pace.connections, hasTruth: true }, (rig) =>
    withServer(rig, { profile }, async (server) => {
      const sides = { rig, server, ids: [], pace };
      const creates = [];
      const refunds = [];
      for (let round = 0; round < pace.rounds; round += 1) {
        const created = await send({ ...sides, what: 'create' }, { port: server.port, method: codeMethod });
        const most = Math.ceil(created.measured.perSecond * pace.seconds);
        const paid = await send({ ...sides, what: 'create' }, { port: server.port, method: directMethod, maxRequests: most, ...untilDone });
        const each = { port: server.port, ids: paid.ids, maxRequests: paid.ids.length, ...untilDone };
        const refunded = await send({ ...sides, what: 'refund' }, each);
        for (const load of [created, paid, refunded]) refuseOthers(load.statuses, ['201']);
        creates.push(created.measured);
        refunds.push(refunded.measured);
      }
      const hot = await refundTogether(rig, server, sides.pace, hotPayments);
      const [create, refund] = [middle(creates), middle(refunds)];
      const figures: readonly Figure[] = [
        { name: 'creates', value: create.perSecond, unit: '1/s', better: 'higher' },
        { name: 'refunds on distinct payments', value: refund.perSecond, unit: '1/s', better: 'higher' },
        { name: 'refunds / creates', value: refund.perSecond / create.perSecond, unit: 'ratio', better: 'higher', goal: 0.7 },
        { name: 'refund p50', value: refund.p50Ms, unit: 'ms', better: 'lower' },
        { name: 'refund p99', value: refund.p99Ms, unit: 'ms', better: 'lower' },
        ...Object.entries(refund.cpuUs)
          .filter(([name]) => name !== 'generator')
          .map(([name, us]): Figure => ({ name: `CPU of a refund, ${name}`, value: us, unit: 'µs', better: 'lower' })),
        ...hot,
        { name: 'server memory, highest', value: memoryKib(server.pid).peak / 1024, unit: 'MiB', better: 'lower' },
      ];
      return { workload: 'refund', conditions: `${rig.durability}; ${describeMachine()}`, figures };
    }),
  );
}

/** The books and the channel's own log are compared by the rig afterwards: here only what was answered is counted. */
async function refundTogether(rig: Rig, server: ServerProcess, given: Given['pace'], hotPayments: number): Promise<readonly Figure[]> {
  const sides = { rig, server, ids: [], pace: { ...given, connections: together } };
  const made = await send(
    { ...sides, what: 'create' },
    { port: server.port, method: directMethod, maxRequests: hotPayments, ...untilDone },
  );
  const asked = made.ids.length * together;
  const hot = await send(
    { ...sides, what: 'refund' },
    { port: server.port, ids: made.ids, refundsEach: together, refundAmount: hotAmount, maxRequests: asked, ...untilDone },
  );
  refuseOthers(hot.statuses, ['201', '409', '422']);
  const room = Math.floor(paidAmount / hotAmount) * made.ids.length;
  const given201 = hot.statuses['201'] ?? 0;
  if (given201 > room) throw new Error(`${given201} refunds were accepted where there was room for ${room}`);
  return [
    { name: `refunds, ${together} at once on one payment`, value: hot.measured.perSecond, unit: '1/s', better: 'higher' },
    { name: 'of them accepted', value: given201, unit: 'count' },
    { name: 'room there was', value: room, unit: 'count' },
    { name: 'asked for', value: asked, unit: 'count' },
    { name: 'over-refunds', value: Math.max(0, given201 - room), unit: 'count', better: 'lower', goal: 0 },
  ];
}
