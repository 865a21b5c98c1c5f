import { readFileSync } from 'node:fs';
import { openVault } from '../core/access/vault.ts';
import { discoverChannels } from '../core/channels/discover.ts';
import { type Config, configExitCode, loadConfig, printFaults } from '../core/config.ts';
import { maskText } from '../core/mask.ts';
import { migrate, pendingMigrations } from '../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../core/store/open.ts';
import { accountCommands } from './admin/accounts.ts';
import { appCommands } from './admin/apps.ts';
import { type Command, type Context, type Given, type Printed, readOptions } from './admin/command.ts';
import { confirmCommands } from './admin/confirm.ts';
import { eventCommands } from './admin/events.ts';
import { identityCommands } from './admin/identity.ts';
import { ledgerCommands } from './admin/ledger.ts';
import { paymentCommands } from './admin/payments.ts';
import { commandHelp, generalHelp, printFacts } from './admin/print.ts';
import { reconcileCommands } from './admin/reconcile.ts';
import { statementCommands } from './admin/statements.ts';

const commands: readonly Command[] = [
  ...identityCommands,
  ...appCommands,
  ...accountCommands,
  ...paymentCommands,
  ...confirmCommands,
  ...eventCommands,
  ...statementCommands,
  ...ledgerCommands,
  ...reconcileCommands,
];
const exitCodes = { done: 0, refused: 1, usage: 2 } as const;

/** Finds the command, checks all that was given, then does it. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => arg !== '--json');
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => wanted[index] === word));
  if (command === undefined) return answerUnknown(wanted);
  const rest = wanted.slice(command.name.split(' ').length);
  if (rest.includes('--help')) return say(commandHelp(command), exitCodes.done);
  const { given, faults } = readOptions(command, rest);
  if (faults.length > 0) return complain(faults, exitCodes.usage, json, `For help: npm run admin -- ${command.name} --help`);
  const loaded = loadConfig(process.env);
  if (loaded.kind === 'faults') return complain([printFaults(loaded.faults)], configExitCode, json);
  const printed = await runCommand(command, given, loaded.config);
  if (printed.kind === 'faults') return complain(printed.faults, exitCodes.refused, json);
  return say(json ? JSON.stringify(printed.facts, null, 2) : printFacts(printed.facts), exitCodes.done);
}

async function runCommand(command: Command, given: Given, config: Config): Promise<Printed> {
  const { url } = config.database;
  const isEmbedded = url === null;
  const { plugins } = await discoverChannels(config.channels.folder, config.channels.packages);
  const opened = await openDatabase({ ...(isEmbedded ? {} : { url }), dataDir: config.dataDir });
  try {
    if (!(await hasTables(opened, isEmbedded))) return { kind: 'faults', faults: ['the database lacks tables; run: npm run migrate'] };
    const vault = openVault({ keyFile: config.keyFile, create: isEmbedded });
    const now = () => new Date();
    const { keyFile, publicUrl, retention } = config;
    const context: Context = {
      database: opened.database,
      vault,
      now,
      plugins,
      readText,
      readBytes: readFileSync,
      publicUrl,
      keyFile,
      retention,
      config,
    };
    return await command.run(context, given);
  } finally {
    await opened.close();
  }
}

/** The embedded database is brought up to date in passing; another one belongs to an operator, who decides when. */
async function hasTables(opened: OpenDatabase, isEmbedded: boolean): Promise<boolean> {
  if (isEmbedded) await migrate(opened);
  return (await pendingMigrations(opened)).length === 0;
}

function readText(path: string): string {
  return readFileSync(path === '-' ? 0 : path, 'utf8');
}

function answerUnknown(wanted: readonly string[]): number {
  if (wanted.length === 0 || wanted.includes('--help')) return say(generalHelp(commands), exitCodes.done);
  console.error(generalHelp(commands));
  return exitCodes.usage;
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

function complain(faults: readonly string[], code: number, json: boolean, hint?: string): number {
  const lines = [...faults, ...(hint === undefined ? [] : [hint])];
  console.error(json ? JSON.stringify({ faults }) : lines.join('\n'));
  return code;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    console.error(maskText(message));
    process.exitCode = error instanceof Error && error.name === 'KeyFileError' ? configExitCode : exitCodes.refused;
  },
);
