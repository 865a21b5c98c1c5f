import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';
import { type Paymux, type PaymuxOptions, startPaymux } from '../kit/paymux.ts';

/** A paymux on an embedded database of its own: what a browser shows does not depend on the engine. */
export async function startEmbeddedPaymux(more: Pick<PaymuxOptions, 'channels'> = {}): Promise<Paymux> {
  const dataDir = mkdtempSync(join(tmpdir(), 'paymux-browser-'));
  const opened = await openDatabase({ dataDir });
  await migrate(opened);
  const paymux = await startPaymux({ database: { ...opened, options: { dataDir } }, ...more });
  return {
    ...paymux,
    async stop() {
      await paymux.stop();
      await opened.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
