import { type DestinationStream, type Logger, pino } from 'pino';
import { maskText, maskValue } from './mask.ts';

export { maskText };

/** The facts of a log line. Values are masked by field name and by form before they are written. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** One line of JSON for each call. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** For callers that hold the level as a value, such as the log of a channel. */
  write(level: LogLevel, message: string, fields?: LogFields): void;
  /** The same log with more fields on each line; the given secrets are masked wherever they occur. */
  child(fields: LogFields, secrets?: readonly string[]): Log;
}

export interface LogOptions {
  readonly level: LogLevel | 'silent';
  /** Where lines go. Absent: standard output. */
  readonly destination?: DestinationStream;
}

/** Opens the log of the process. Times are RFC 3339, levels are words. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: { app: 'paymux' },
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written at once: a buffered line is lost with the process that it would explain.
  return wrap(pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true })), []);
}

/** Masking happens here, around pino, because its own redaction knows fixed paths only. */
function wrap(logger: Logger, secrets: readonly string[]): Log {
  const write = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](maskValue(fields, secrets), '%s', maskText(message, secrets));
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    write,
    child: (fields, more = []) => {
      const all = [...secrets, ...more];
      return wrap(logger.child(maskValue(fields, all) as LogFields), all);
    },
  };
}
