import { printDefaults } from '../core/config/print.ts';
import { configExitCode, loadConfig, printConfig, printFaults } from '../core/config.ts';

const help = `Usage: npm run config -- <command>

  print      the configuration in force, secrets hidden
  check      every fault of the configuration, exit code ${configExitCode} when there is one
  defaults   the commented defaults, as config/default.yaml holds them`;

/** What to print, and the exit code. */
function run(command: string | undefined): { readonly text: string; readonly code: number } {
  if (command === 'defaults') return { text: printDefaults().trimEnd(), code: 0 };
  if (command !== 'print' && command !== 'check') return { text: help, code: command === undefined ? 0 : 2 };
  const loaded = loadConfig(process.env);
  if (loaded.kind === 'faults') return { text: printFaults(loaded.faults), code: configExitCode };
  return { text: command === 'print' ? printConfig(loaded.config) : 'The configuration is valid.', code: 0 };
}

const { text, code } = run(process.argv[2]);
(code === 0 ? console.log : console.error)(text);
process.exitCode = code;
