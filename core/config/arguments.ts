import { parseArgs } from 'node:util';
import type { Environment } from './environment.ts';

/** What may stand behind the server's name, and the setting that it is. */
const variables = { role: 'PAYMUX_ROLES', processes: 'PAYMUX_PROCESSES' } as const;

const usage = 'The server takes --role api, --role worker or --role api,worker, and --processes <number>.';

/** The environment with the server's arguments over it; a text for the terminal where one is none. */
export function withArguments(environment: Environment, args: readonly string[]): Environment | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { role: { type: 'string' }, processes: { type: 'string' } } });
    const given = Object.entries(values).map(([name, value]) => [variables[name as keyof typeof variables], value]);
    return { ...environment, ...Object.fromEntries(given) };
  } catch (error) {
    return `${error instanceof Error ? error.message : 'The arguments cannot be read.'}\n${usage}`;
  }
}
