import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findNextStep } from './new-channel/next-step.ts';

/**
 * `npm run contract -- <channel or package> …` runs the contract suite for some channels, or for all without a name.
 * What has more than a channel's letters and digits is the name of a package, or the path to one.
 */
const named = process.argv.slice(2);
const isChannel = (name: string) => /^[a-z][a-z0-9]*$/.test(name);
const [channels, packages] = [named.filter(isChannel), named.filter((name) => !isChannel(name))];
const env = {
  ...process.env,
  ...(channels.length > 0 && { CHANNELS: channels.join(',') }),
  ...(packages.length > 0 && { CHANNEL_PACKAGES: packages.join(',') }),
};
const { status } = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', 'test/contract/*.test.ts'], { env, stdio: 'inherit' });
for (const id of channels) {
  const step = findNextStep(join('plugins/channels', id));
  if (step !== null) process.stdout.write(`${id}, next: ${step}\n`);
}
process.exitCode = status ?? 1;
