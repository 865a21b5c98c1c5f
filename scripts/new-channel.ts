/**
 * Makes the folder of a new channel, with its simulated vendor: `npm run new:channel -- foopay ["Foo Pay"]`.
 * It compiles, is discovered, and fails the contract suite with what is to be written next.
 */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const template = join(import.meta.dirname, 'new-channel/template');
const channels = 'plugins/channels';

const nextSteps = (id: string) => `Made ${channels}/${id}. Next:
  1. ${channels}/${id}/simulator/index.ts: play the vendor from its documents
  2. pay.ts, pay(): read the answer to an order
  3. pay.ts, query(): read the state of an order
  4. callback.ts: read what the vendor tells
  5. index.ts: declare what else the vendor can do (close, refund, statement), and write it
  npm run contract -- ${id}    says what is missing and which step is next: each is a line in the files, and goes when it is done
  npm run try -- ${id}         shows every exchange
docs/plugin-guide.md has the rules.`;

function main([id, name = id, ...more]: readonly string[]): number {
  if (id === undefined || name === undefined || more.length > 0) return refuse('usage: npm run new:channel -- foopay ["Foo Pay"]');
  if (!/^[a-z][a-z0-9]{1,30}$/.test(id)) return refuse(`${id} is no name for a channel: small letters and digits, such as foopay`);
  if (!/^[\p{L}\p{N} .-]{1,40}$/u.test(name)) return refuse('the name to be shown has letters, digits, spaces, dots and hyphens');
  if (existsSync(join('simulator/vendors', id))) return refuse(`simulator/vendors/${id} is there already`);
  const folder = join(channels, id);
  if (existsSync(folder)) return refuse(`${folder} is there already: nothing was changed`);
  cpSync(template, folder, { recursive: true, errorOnExist: true });
  for (const file of filesIn(folder)) writeFileSync(file, fill(readFileSync(file, 'utf8'), id, name));
  process.stdout.write(`${nextSteps(id)}\n`);
  return 0;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());

const fill = (text: string, id: string, name: string) =>
  text
    .replaceAll('samplepay', id)
    .replaceAll('SampleName', name)
    .replaceAll('SampleAccount', `${capital(id)}Account`)
    .replaceAll('openSample', `open${capital(id)}`);

const capital = (id: string) => id.charAt(0).toUpperCase() + id.slice(1);

function refuse(reason: string): number {
  process.stderr.write(`${reason}\n`);
  return 2;
}

process.exitCode = main(process.argv.slice(2));
