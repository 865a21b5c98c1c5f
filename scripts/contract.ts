import { spawnSync } from 'node:child_process';

/** `npm run contract -- <channel> …` runs the contract suite for some channels, or for all without a name. */
const channels = process.argv.slice(2).join(',');
const env = channels === '' ? process.env : { ...process.env, CHANNELS: channels };
const { status } = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', 'test/contract/*.test.ts'], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
