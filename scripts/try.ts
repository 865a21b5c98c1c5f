/**
 * One channel alone against its simulated vendor, every exchange shown with secrets masked:
 *   npm run try -- <channel, package or path> [<method>]
 * Ends with 1 and the reason where a step does not come out.
 */
import type { ChannelPlugin } from '../core/contract/channel.ts';
import { openStage } from '../test/contract/stage.ts';
import { discoverAll, samplesOf, vendorFolderOf } from '../test/kit/shopper.ts';
import { createShow } from './try/show.ts';
import { Stumble, walk } from './try/walk.ts';

const tell = (line: string) => void process.stdout.write(`${line}\n`);

async function main([name, method, ...more]: readonly string[]): Promise<number> {
  if (name === undefined || more.length > 0) return refuse(2, 'usage: npm run try -- <channel, package or path> [<method>]');
  const isChannel = /^[a-z][a-z0-9]*$/.test(name);
  const found = await discoverAll(isChannel ? [] : [name]);
  const id = isChannel ? name : [...found.origins].findLast(([, { kind }]) => kind === 'package')?.[0];
  const plugin = found.plugins.get(id ?? '') as ChannelPlugin | undefined;
  if (id === undefined || plugin === undefined)
    return refuse(2, `there is no channel ${name}; there are ${[...found.plugins.keys()].join(', ')}`);
  const folder = vendorFolderOf(id, found.origins);
  if (folder === undefined)
    return refuse(1, `${id} has no simulated vendor: neither simulator/vendors/${id} nor a folder simulator of its own`);
  const samples = samplesOf(found).filter((one) => one.channel.id === id && (method === undefined || one.method.id === method));
  if (samples.length === 0)
    return refuse(2, `${id} has no method ${method}; it has ${plugin.manifest.methods.map((one) => one.id).join(', ')}`);
  const stage = await openStage(plugin, folder);
  try {
    for (const sample of samples) await walk(stage, sample, createShow(tell, stage.secrets));
    tell(`\n${samples.length} methods of ${id} came out.`);
    return 0;
  } catch (error) {
    if (error instanceof Stumble) return refuse(1, error.message);
    throw error;
  } finally {
    await stage.stop();
  }
}

function refuse(code: number, reason: string): number {
  process.stderr.write(`${reason}\n`);
  return code;
}

process.exitCode = await main(process.argv.slice(2));
