import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Completes package-lock.json after `npm install --package-lock-only`. Where a registry does not
 * hold the optional packages of other platforms, npm leaves their entries out, and `npm ci` then
 * refuses the whole file, everywhere. An entry with version and platform is all that it asks for.
 */
interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly license?: string;
  readonly engines?: object;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = 'package-lock.json';
const platform = /\b(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ppc64|riscv64|s390x|ia32)\b/;

/** The entry of an optional package that only its dependant speaks of. */
function describePackage(name: string, version: string, dependant: Entry) {
  const [, os, cpu] = platform.exec(name) ?? [];
  if (os === undefined || cpu === undefined) throw new Error(`no platform in the name ${name}`);
  const libc = os !== 'linux' ? undefined : /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dependant.dev && { dev: true }),
    ...(dependant.engines && { engines: dependant.engines }),
    ...(libc && { libc }),
    license: dependant.license,
    optional: true,
    os: [os],
  };
}

function complete(packages: Readonly<Record<string, Entry>>): Readonly<Record<string, Entry>> {
  const missing = Object.values(packages).flatMap((dependant) =>
    Object.entries(dependant.optionalDependencies ?? {})
      .filter(([name]) => packages[`node_modules/${name}`] === undefined)
      .map(([name, version]) => [`node_modules/${name}`, describePackage(name, version, dependant)] as const),
  );
  const all = [...Object.entries(packages), ...missing];
  return Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, 'en')));
}

const lock = JSON.parse(readFileSync(file, 'utf8'));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: complete(lock.packages) }, null, 2)}\n`);
