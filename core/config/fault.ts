import type { Setting } from './setting.ts';

/** One thing that is wrong with the configuration, in the words an operator needs. Holds no secret. */
export interface ConfigFault {
  /** The setting, such as `http.bodyBytes`. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly example: string;
  readonly doc: string;
}

interface Details {
  readonly got: string;
  readonly expected?: string;
  readonly variable?: string;
}

/** A fault of a known setting. */
export function describeFault(setting: Setting, details: Details): ConfigFault {
  return {
    path: `${setting.path.join('.')} (${details.variable ?? setting.variable})`,
    expected: details.expected ?? setting.expected,
    got: details.got,
    example: setting.example,
    doc: setting.doc,
  };
}

/** All faults as text for the terminal. */
export function printFaults(faults: readonly ConfigFault[]): string {
  const lines = faults.flatMap((fault) => [
    `  ${fault.path}`,
    `    expected  ${fault.expected}`,
    `    got       ${fault.got}`,
    `    example   ${fault.example}`,
    `    meaning   ${fault.doc}`,
  ]);
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return [`The configuration has ${count}:`, ...lines, 'All settings are explained in config/default.yaml.'].join('\n');
}
