import { expect } from 'chai';
import * as docs from './rules/docs.ts';
import * as imports from './rules/imports.ts';
import * as names from './rules/names.ts';
import * as purity from './rules/purity.ts';
import * as sizes from './rules/sizes.ts';
import * as texts from './rules/texts.ts';
import { openSource, type Rule } from './source.ts';

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly rule: Rule;
  /** Each of these sets of files breaks the rule exactly once. */
  readonly refused: readonly Files[];
  /** And these do not, although they come close. */
  readonly allowed: readonly Files[];
}

const lines = (count: number, line = '// a') => `${line}\n`.repeat(count);
const nest = (depth: number) => `${'if (a) {'.repeat(depth)}${'}'.repeat(depth)}`;
const json = (value: unknown) => JSON.stringify(value);
const packageWith = (name: string) => json({ dependencies: { [name]: '1.2.3' } });

const cases: Readonly<Record<string, Case>> = {
  'the contract stands alone': {
    rule: imports.contractStandsAlone,
    refused: [
      { 'core/contract/a.ts': "import type { Log } from '../log.ts';" },
      { 'core/contract/a.ts': "import { b } from './b.ts';" },
      { 'core/contract/a.ts': "import type { z } from 'zod';" },
      { 'core/contract/a.ts': "export { b } from './b.ts';" },
    ],
    allowed: [{ 'core/contract/a.ts': "import type { Money } from './money.ts';\nexport type { Money } from './money.ts';" }],
  },
  'the kernel names no plugin': {
    rule: imports.coreNamesNoPlugin,
    refused: [
      { 'core/main.ts': "import wechat from '../plugins/channels/wechat/index.ts';" },
      { 'core/channels/a.ts': "const a = await import('../../plugins/channels/wechat/index.ts');" },
      { 'core/main.ts': "import { start } from '../simulator/server.ts';" },
    ],
    allowed: [{ 'core/channels/discover.ts': 'const found = await import(path);' }],
  },
  'imports point down': {
    rule: imports.importsPointDown,
    refused: [
      { 'core/payments/a.ts': "import { b } from '../http/b.ts';" },
      { 'core/store/a.ts': "import type { Pay } from '../payments/pay.ts';" },
      { 'core/channels/deep/a.ts': "import { b } from '../../refunds/b.ts';" },
    ],
    allowed: [
      { 'core/http/a.ts': "import { b } from '../payments/b.ts';\nimport { e } from '../errors.ts';" },
      { 'core/main.ts': "import './http/server.ts';" },
    ],
  },
  'files beside the domains use none': {
    rule: imports.rootUsesNoDomain,
    refused: [{ 'core/errors.ts': "import { a } from './http/a.ts';" }],
    allowed: [{ 'core/main.ts': "import { a } from './http/a.ts';", 'core/config.ts': "import { a } from './config/a.ts';" }],
  },
  'imports have no cycle': {
    rule: imports.importsHaveNoCycle,
    refused: [{ 'core/a.ts': "import './b.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': "import './a.ts';" }],
    allowed: [{ 'core/a.ts': "import './b.ts';", 'core/b.ts': "import type { A } from './a.ts';" }],
  },
  'libraries have one home': {
    rule: imports.librariesHaveOneHome,
    refused: [
      { 'core/payments/a.ts': "import { Sequelize } from 'sequelize';" },
      { 'core/payments/a.ts': "import type { Pool } from 'mysql2/promise';" },
      { 'core/jobs/a.ts': "import { DatabaseSync } from 'node:sqlite';" },
      { 'core/channels/a.ts': "import { Counter } from 'prom-client';" },
      { 'core/http/a.ts': "import { createContainer } from 'awilix';" },
    ],
    allowed: [
      {
        'core/store/sqlite/a.ts': "import 'node:sqlite';",
        'core/metrics.ts': "import 'prom-client';",
        'core/container.ts': "import 'awilix';",
      },
    ],
  },
  'plugins see the contract only': {
    rule: imports.pluginsSeeTheContractOnly,
    refused: [
      { 'plugins/channels/a/pay.ts': "import { money } from '../../../core/money.ts';" },
      { 'plugins/channels/a/pay.ts': "import { Money } from '../../../core/contract/money.ts';" },
      { 'plugins/channels/a/pay.ts': "import type { Log } from '../../../core/log.ts';" },
      { 'plugins/channels/a/pay.ts': "import { sign } from '../b/sign.ts';" },
      { 'plugins/channels/a/pay.ts': "import http from 'node:http';" },
      { 'plugins/channels/a/pay.ts': "import { sign } from './simulator/index.ts';" },
      { 'plugins/channels/a/pay.ts': "import { request } from 'undici';" },
      { 'plugins/features/a/pay.ts': "import sm from 'sm-crypto-v2';" },
    ],
    allowed: [
      {
        'plugins/channels/a/pay.ts':
          "import type { Money } from '../../../core/contract/money.ts';\nimport { sign } from './sign.ts';\nimport 'node:crypto';",
      },
      { 'plugins/channels/a/pay.ts': "import sm from 'sm-crypto-v2';", 'plugins/channels/a/package.json': packageWith('sm-crypto-v2') },
      { 'plugins/channels/a/test/pay.test.ts': "import { startSimulator } from '../../../../simulator/server.ts';" },
    ],
  },
  'the simulator shares no code': {
    rule: imports.simulatorSharesNoCode,
    refused: [
      { 'simulator/a.ts': "import { money } from '../core/money.ts';" },
      { 'simulator/vendors/a.ts': "import type { Money } from '../../core/contract/money.ts';" },
      { 'simulator/a.ts': "import { sign } from '../plugins/channels/wechat/sign.ts';" },
      { 'simulator/vendors/a/index.ts': 'const found = await import(name);' },
      { 'plugins/channels/a/simulator/index.ts': "import { sign } from '../sign.ts';" },
      { 'plugins/channels/a/simulator/index.ts': "import type { Money } from '../../../../core/contract/money.ts';" },
    ],
    allowed: [
      { 'plugins/channels/a/simulator/index.ts': "import '../../../../simulator/hmac.ts';\nimport './sign.ts';\nimport 'node:zlib';" },
      { 'simulator/a.ts': "import './b.ts';\nimport 'node:http';\nimport 'uqr';" },
      { 'simulator/registry.ts': 'const found = await import(name);' },
    ],
  },
  'files are short': {
    rule: sizes.filesAreShort,
    refused: [{ 'core/a.ts': lines(401) }, { 'scripts/start': lines(401, '# a') }],
    allowed: [{ 'core/a.ts': lines(400), 'docs/a.md': lines(500) }],
  },
  'most files are shorter': {
    rule: sizes.mostFilesAreShorter,
    refused: [{ 'core/a.ts': lines(121), 'core/b.ts': lines(130), 'core/c.ts': lines(10) }],
    allowed: [
      {
        'core/a.ts': lines(120),
        'core/b.ts': lines(300),
        'core/c.ts': lines(10),
        'test/d.test.ts': lines(300),
        'test/e.test.ts': lines(300),
      },
    ],
  },
  'functions are short': {
    rule: sizes.functionsAreShort,
    refused: [
      { 'core/a.ts': `function a() {\n${lines(69)}}` },
      { 'core/a.ts': `class A {\n  b() {\n${lines(69)}}}` },
      { 'core/a.ts': `const a = () => {\n${lines(69)}};` },
      { 'test/a.test.ts': `it('a', () => {\n${lines(69)}});` },
    ],
    allowed: [{ 'core/a.ts': `function a() {\n${lines(68)}}`, 'test/a.test.ts': `describe('a', () => {\n${lines(200)}});` }],
  },
  'control flow is flat': {
    rule: sizes.controlFlowIsFlat,
    refused: [
      { 'core/a.ts': `function f(a: boolean) {${nest(4)}}` },
      { 'core/a.ts': 'for (;;) { try { while (1) { switch (1) { case 1: } } } finally {} }' },
    ],
    allowed: [
      { 'core/a.ts': `function f(a: boolean) {${nest(3)}}` },
      { 'core/a.ts': `if (a) { if (a) { if (a) { call(() => { ${nest(3)} }); } } }` },
      { 'core/a.ts': 'if (a) {} else if (b) {} else if (c) {} else if (d) {} else if (e) {}' },
    ],
  },
  'folders are shallow': {
    rule: sizes.foldersAreShallow,
    refused: [{ 'a/b/c/d/e/f.ts': '' }],
    allowed: [{ 'a/b/c/d/f.ts': '' }],
  },
  'names say something': {
    rule: names.namesSaySomething,
    refused: [
      { 'core/a.ts': 'class PaymentService {}' },
      { 'core/a.ts': 'interface AccountManager {}' },
      { 'core/a.ts': 'const moneyUtils = 1;' },
      { 'core/a.ts': 'type DateHelper = string;' },
    ],
    allowed: [{ 'core/a.ts': 'class Utility {}\nconst serviceable = 1;\nconst x = other.PaymentService;' }],
  },
  'files are named plainly': {
    rule: names.filesAreNamedPlainly,
    refused: [{ 'core/utils.ts': '' }, { 'core/payment-service.ts': '' }, { 'core/helpers/a.ts': '' }, { 'core/payMoney.ts': '' }],
    allowed: [{ 'core/pay-money.ts': '', 'core/serviceable.ts': '', 'README.md': '' }],
  },
  'the kernel says callback or notification': {
    rule: names.coreSaysCallbackOrNotification,
    refused: [{ 'core/a.ts': '// the webhook' }, { 'core/a.ts': 'const sendWebhook = 1;' }, { 'core/a.ts': 'const a = { webhooks: 1 };' }],
    allowed: [
      { 'core/a.ts': "// as Standard Webhooks has it\nconst a = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];" },
      { 'core/http/openapi.ts': 'const a = { webhooks: 1 };', 'plugins/channels/stripe/index.ts': "const a = 'webhook_secret';" },
    ],
  },
  'plugins ask for nothing': {
    rule: purity.pluginsAskForNothing,
    refused: [
      'fetch(url);',
      'process.env;',
      'Date.now();',
      'new Date();',
      'Math.random();',
      'setTimeout(f, 1);',
      'await import(name);',
      "import { randomUUID } from 'node:crypto';",
      'performance.now();',
      "eval('1');",
    ].map((text) => ({ 'plugins/channels/a/pay.ts': text })),
    allowed: [
      {
        'plugins/channels/a/pay.ts': 'new Date(text); call.now(); call.nonce(); // Date.now()',
        'plugins/channels/a/test/a.test.ts': 'Date.now();',
        'plugins/channels/a/simulator/index.ts': 'Date.now();',
      },
    ],
  },
  'modules hold no state': {
    rule: purity.modulesHoldNoState,
    refused: [
      'let a = 1;',
      'export let a = 1;',
      'var a = 1;',
      'const a = new Map();',
      'const a: string[] = [];',
      'export const a = {};',
    ].map((text) => ({ 'core/a.ts': text })),
    allowed: [
      {
        'core/a.ts': "const a = new Map([['b', 1]]);\nconst b = [1];\nfunction f() { let c = 1; const d = []; }",
        'test/a.test.ts': 'let a = 1;',
      },
    ],
  },
  'nothing is floated': {
    rule: purity.nothingIsFloated,
    refused: ['parseFloat(a);', 'a.toFixed(2);', 'Number.parseFloat(a);'].map((text) => ({ 'core/a.ts': text })),
    allowed: [{ 'core/a.ts': 'Number.parseInt(a, 10); // toFixed', 'scripts/bench/a.ts': 'a.toFixed(2);' }],
  },
  'postings are never changed': {
    rule: purity.postingsAreNeverChanged,
    refused: [
      { 'core/a.ts': "tx.run('UPDATE ledger_postings SET amount = 0');" },
      { 'scripts/a.ts': 'tx.run(`DELETE FROM\n  ledger_postings`);' },
    ],
    allowed: [{ 'core/a.ts': "tx.run('INSERT INTO ledger_postings (entry_id) VALUES (?)'); // DELETE FROM ledger_tail" }],
  },
  'no certificate kills the process': {
    rule: purity.noCertificateKillsTheProcess,
    refused: [
      { 'plugins/channels/a/sign.ts': 'certificate.toLegacyObject();' },
      { 'core/a.ts': `certificate['${'toLegacy'}Object']();` },
      { 'simulator/a.ts': `const { ${'toLegacy'}Object } = certificate;` },
    ],
    allowed: [{ 'plugins/channels/a/sign.ts': '// not toLegacyObject\ncertificate.subject;' }],
  },
  'money is not scaled by hand': {
    rule: purity.moneyIsNotScaledByHand,
    refused: [
      { 'core/payments/a.ts': 'const a = b * 100;' },
      { 'plugins/channels/a/pay.ts': 'const a = b / 100;' },
      { 'simulator/a.ts': 'const a = 100 * b;' },
    ],
    allowed: [{ 'core/payments/a.ts': 'const a = b * 1000; const c = 100;', 'core/http/a.ts': 'const a = code / 100;' }],
  },
  'nothing is promised': {
    rule: texts.nothingIsPromised,
    refused: [{ 'core/a.ts': `// ${'TO'}${'DO'} later` }, { 'docs/a.md': `${'FIX'}${'ME'}: x` }],
    allowed: [{ 'core/a.ts': '// all done, nothing to do' }],
  },
  'no machine is named': {
    rule: texts.noMachineIsNamed,
    refused: [{ 'docs/a.md': `see ${'/wo'}${'rk/main'}` }, { 'core/a.ts': `'${'/ho'}${'me/ann/a'}'` }],
    allowed: [{ 'docs/a.md': 'see https://pay.example.com/home/a and ./work/a and <root/>' }],
  },
  'no registry is named': {
    rule: texts.noRegistryIsNamed,
    refused: [{ 'README.md': `from ${'registry'}.example.com` }, { 'package-lock.json': '{"resolved": "x"}' }],
    allowed: [{ 'README.md': 'a registry of packages', 'package-lock.json': '{}' }],
  },
  'named commands exist': {
    rule: docs.namedCommandsExist,
    refused: [{ 'README.md': 'type npm run fly' }, { 'README.md': 'type ./scripts/fly' }],
    allowed: [
      { 'README.md': 'npm run config -- print, ./scripts/start', 'package.json': json({ scripts: { config: 'a' } }), 'scripts/start': '' },
    ],
  },
  'scripts have files': {
    rule: docs.scriptsHaveFiles,
    refused: [{ 'package.json': json({ scripts: { start: 'node core/main.ts' } }) }],
    allowed: [{ 'package.json': json({ scripts: { start: 'node core/main.ts', types: 'tsc' } }), 'core/main.ts': '' }],
  },
  'links lead somewhere': {
    rule: docs.linksLeadSomewhere,
    refused: [{ 'docs/a.md': '[b](b.md)' }, { 'docs/a.md': '[b](../core/b.ts)' }],
    allowed: [{ 'docs/a.md': '[b](b.md#part) [c](https://example.com) [d](#part) [e](../docs/)', 'docs/b.md': '' }],
  },
  'packages are explained': {
    rule: docs.packagesAreExplained,
    refused: [{ 'package.json': packageWith('koa') }, { 'package.json': '{}', 'docs/decisions/0002-dependencies.md': '| `koa` | web |' }],
    allowed: [{ 'package.json': packageWith('koa'), 'docs/decisions/0002-dependencies.md': '| `koa` | web |' }],
  },
  'versions are exact': {
    rule: docs.versionsAreExact,
    refused: [{ 'package.json': json({ dependencies: { koa: '^3.0.0' } }) }],
    allowed: [{ 'package.json': json({ dependencies: { koa: '3.0.0' }, devDependencies: { a: '1.0.0-alpha.1' } }) }],
  },
  'the lock file is whole': {
    rule: docs.lockFileIsWhole,
    refused: [{ 'package-lock.json': json({ packages: { '': { optionalDependencies: { a: '1.0.0' } } } }) }],
    allowed: [{ 'package-lock.json': json({ packages: { '': { optionalDependencies: { a: '1.0.0' } }, 'node_modules/a': {} } }) }],
  },
  'decisions have three parts': {
    rule: docs.decisionsHaveThreeParts,
    refused: [{ 'docs/decisions/0001-a.md': '# A\n\n## Context\n\n## Decision\n' }],
    allowed: [{ 'docs/decisions/0001-a.md': '# A\n\n## Context\n\n## Decision\n\n## Consequences\n' }],
  },
};

function violationsOf(rule: Rule, files: Files): readonly string[] {
  return rule(Object.entries(files).map(([path, text]) => openSource(path, text)));
}

describe('the rules of tidiness can fail', () => {
  for (const [title, { rule, refused, allowed }] of Object.entries(cases)) {
    it(title, () => {
      for (const files of refused) expect(violationsOf(rule, files), json(files)).to.have.length(1);
      for (const files of allowed) expect(violationsOf(rule, files), json(files)).to.deep.equal([]);
    });
  }

  it('and every rule is among them', () => {
    const rules = [imports, sizes, names, purity, texts, docs].flatMap((group) => Object.values(group));
    expect(Object.values(cases).map(({ rule }) => rule)).to.have.members(rules);
  });
});
