import { openDirectory } from '../../core/access/directory.ts';
import { systemClock } from '../../core/clock.ts';
import { wire } from '../../core/container.ts';
import { createLog } from '../../core/log.ts';
import { createMetrics } from '../../core/metrics.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import type { Context, Printed } from './command.ts';

/** The same kernel that the servers have, with nothing running: what is to be sent or told afterwards is due in the database. */
export async function withKernel(context: Context, run: (kernel: Kernel) => Promise<Printed>): Promise<Printed> {
  const { database, vault, plugins, config } = context;
  const directory = await openDirectory({ database, vault, pollMs: 0 });
  const metrics = createMetrics({ version: 'admin' });
  const log = createLog({ level: 'silent' });
  const { cradle } = wire({ config, log, clock: systemClock, metrics, database, vault, directory, plugins, origins: new Map() });
  try {
    cradle.channels.reload(directory.accounts(), new Set());
    return await run(cradle.kernel);
  } finally {
    metrics.close();
    cradle.caller.shutdown();
    await directory.stop();
    await cradle.sm2.stop();
    await cradle.agent.close();
  }
}
