import { declines } from '../../errors/declines.ts';
import { isCurrency } from '../../money.ts';
import { checkAnswer, checkCallback, checkStates } from './check-answers.ts';
import { checkSignatures } from './check-signatures.ts';
import type { Definition, StatementRule } from './schema.ts';
import { statementNames } from './statement.ts';
import { parseTemplate, stepFaults } from './template.ts';
import { namesFor, type Operation, timeNames } from './values.ts';

/** One fault: where, and what is wrong with what is allowed instead. */
export type Say = (path: string, fault: string) => void;

type Step = Definition['pay'][number] | NonNullable<Definition['query']>;
type Parts = Step | StatementRule;

/** What is wrong with a definition that has the right shape: names of nothing, claims without grounds. All at once. */
export function definitionFaults(definition: Definition): readonly string[] {
  const faults: string[] = [];
  const say: Say = (path, fault) => void faults.push(`${path}: ${fault}`);
  checkConfigFields(definition, say);
  checkSignatures(definition, say);
  for (const { path, operation, step } of stepsOf(definition)) {
    checkStep(definition, operation, step, path, say);
    if ('answer' in step) checkAnswer(definition, operation, step.answer, `${path}.answer`, say);
  }
  if (definition.statement !== undefined) checkStatement(definition, definition.statement, say);
  checkProducts(definition, say);
  checkRefunds(definition, say);
  checkErrors(definition, say);
  checkCallback(definition, say);
  checkStates(definition, say);
  if (definition.merchantNo !== undefined) checkTemplate(definition, definition.merchantNo, [], 'merchantNo', say);
  for (const kind of ['accepted', 'retry'] as const)
    checkTemplate(definition, definition.callback[kind].body, [], `callback.${kind}.body`, say);
  return faults;
}

function stepsOf(definition: Definition) {
  const pays = definition.pay.map((step, at) => ({ path: `pay.${at}`, operation: 'pay' as Operation, step: step as Step }));
  const others = (['query', 'close', 'refund', 'queryRefund'] as const).flatMap((operation) => {
    const step = definition[operation];
    return step === undefined ? [] : [{ path: operation as string, operation: operation as Operation, step: step as Step }];
  });
  return [...pays, ...others];
}

function checkConfigFields({ config }: Definition, say: Say): void {
  for (const [name, { type, default: given }] of Object.entries(config.properties)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) say(`config.properties.${name}`, 'must be small letters, digits and underscores');
    const isRight = given === undefined || type === 'string' || (type === 'boolean' ? /^(true|false)$/ : /^(0|[1-9]\d{0,14})$/).test(given);
    if (!isRight) say(`config.properties.${name}.default`, `is no ${type}`);
  }
}

function checkStep(definition: Definition, operation: Operation, step: Step, path: string, say: Say): void {
  checkParts(definition, step, [...namesFor(operation), ...methodNames(definition)], path, say);
  if ('browser' in step && Object.keys(step.headers).length > 0) say(`${path}.headers`, 'cannot be sent by a browser');
  if (operation === 'pay' && definition.idempotency.create) refuseChange(step, path, say);
}

function checkParts(definition: Definition, step: Parts, names: readonly string[], path: string, say: Say): void {
  checkTemplate(definition, step.url, names, `${path}.url`, say);
  if (!/^(https:\/\/[^{}/]+(\/|$)|\{config\.\w+\})/.test(step.url))
    say(`${path}.url`, 'must begin with https:// and a host, or with {config.…}');
  for (const [name, text] of Object.entries(step.fields)) checkTemplate(definition, text, names, `${path}.fields.${name}`, say);
  for (const [name, text] of Object.entries(step.headers)) {
    checkTemplate(definition, text, names, `${path}.headers.${name}`, say);
    // Whatever a shopper or merchant may have written could end the header and begin another.
    if (/\{(subject|payer|refundReason|returnUrl)\b/.test(text))
      say(`${path}.headers.${name}`, 'may not hold free text: put it into fields');
  }
  if (step.sign !== undefined) checkSign(definition, step, path, say);
}

const methodNames = ({ methods }: Definition): readonly string[] => {
  const [first, ...rest] = methods.map(({ values }) => Object.keys(values));
  return (first ?? []).filter((name) => rest.every((names) => names.includes(name))).map((name) => `method.${name}`);
};

function checkSign(definition: Definition, step: Parts, path: string, say: Say): void {
  const rule = definition.signatures[step.sign ?? ''];
  if (rule === undefined) {
    say(`${path}.sign`, `there is no signature ${step.sign}; there are: ${Object.keys(definition.signatures).join(', ') || 'none'}`);
    return;
  }
  if (rule.key === undefined && rule.privateKey === undefined)
    say(`${path}.sign`, `${step.sign} has neither key nor privateKey to sign with`);
  if (rule.over === 'body' && (!('encoding' in step) || step.encoding === 'query'))
    say(`${path}.sign`, `${step.sign} is over the body, and here is none`);
  if (rule.header !== undefined && 'browser' in step) say(`${path}.sign`, `${step.sign} goes into a header, which a browser cannot send`);
  if (rule.field !== undefined && rule.field in step.fields) say(`${path}.fields.${rule.field}`, 'is where the signature goes');
  const unsent =
    rule.order === 'listed' ? Object.keys(step.fields).filter((name) => !rule.fields?.includes(name) && !rule.except.includes(name)) : [];
  for (const name of unsent)
    say(
      `${path}.fields.${name}`,
      `is sent, and ${step.sign} does not cover it: list it in fields, or in except if the vendor leaves it out`,
    );
}

/** With `idempotency.create` the kernel sends the same again, and it has to be the same. */
function refuseChange(step: Step, path: string, say: Say): void {
  for (const [name, text] of Object.entries(step.fields)) {
    if (/\{(nonce|now)\b/.test(text))
      say(`${path}.fields.${name}`, 'changes with every call: use {createdAt}, or say idempotency.create: false');
  }
}

function checkTemplate(definition: Definition, text: string, names: readonly string[], path: string, say: Say): void {
  const template = parseTemplate(text);
  if (typeof template === 'string') {
    say(path, template);
    return;
  }
  for (const piece of template.pieces) {
    if (typeof piece === 'string') continue;
    const [group, name] = piece.value.split('.');
    const isConfig = group === 'config' && name !== undefined;
    const isKnown = isConfig ? Object.hasOwn(definition.config.properties, name) : names.includes(piece.value);
    const allowed = isConfig ? Object.keys(definition.config.properties).map((one) => `config.${one}`) : ['config.…', ...names];
    if (!isKnown) say(path, `{${piece.value}} is nothing here; allowed: ${allowed.join(', ') || 'no value'}`);
  }
  for (const fault of stepFaults(template, (value) => timeNames.includes(value))) say(path, fault);
}

function checkStatement(definition: Definition, rule: StatementRule, say: Say): void {
  checkParts(definition, rule, statementNames, 'statement', say);
  if (Object.keys(rule.kinds).length === 0) say('statement.kinds', 'is empty: no line would ever be understood');
  for (const word of rule.outgoing) {
    if (!Object.hasOwn(rule.kinds, word)) say('statement.outgoing', `${word} is in no line of kinds`);
  }
  if (!isCurrency(rule.constantCurrency)) say('statement.constantCurrency', `${rule.constantCurrency} is not an ISO 4217 code`);
}

/** Each product is paid in one place, and that place gives what its method promises. */
function checkProducts({ methods, pay }: Definition, say: Say): void {
  const products = methods.map(({ product }) => product);
  for (const [at, step] of pay.entries()) {
    for (const product of step.products ?? []) {
      if (!products.includes(product)) say(`pay.${at}.products`, `there is no method ${product}; there are: ${products.join(', ')}`);
    }
  }
  for (const [at, { product, action }] of methods.entries()) {
    const found = pay.filter((step) => step.products?.includes(product) ?? true);
    if (found.length !== 1) say(`methods.${at}`, `${product} is paid by ${found.length} entries of pay, not by one`);
    const [step] = found;
    if (step === undefined) continue;
    const gives = !('browser' in step) ? ['qr', 'redirect', 'sdk'] : step.browser === 'GET' ? ['redirect'] : ['form'];
    if (!gives.includes(action)) say(`methods.${at}.action`, `is ${action}, and its entry of pay gives ${gives.join(' or ')}`);
    if ('answer' in step && step.answer.action === undefined)
      say(`methods.${at}.action`, `is ${action}, and its entry of pay has no answer.action`);
  }
}

function checkRefunds({ refund, refunds, queryRefund, idempotency }: Definition, say: Say): void {
  if (refund === undefined && refunds !== undefined) say('refunds', 'is declared, and there is no endpoint refund');
  if (refund !== undefined && refunds === undefined) say('refunds', 'must say full or partial, because there is an endpoint refund');
  if (refund === undefined && queryRefund !== undefined) say('queryRefund', 'has no use without refund');
  if (refund !== undefined && idempotency.refund === undefined)
    say('idempotency.refund', 'must say whether a repeated refund is one refund');
  if (refund?.confirm && queryRefund === undefined) say('refund.confirm', 'needs an endpoint queryRefund');
}

const isCode = (code: string) => Object.hasOwn(declines, code);
const rejections = ['validation', 'auth', 'config', 'unsupported', 'number_reused'];

function checkErrors({ errors, failoverCodes }: Definition, say: Say): void {
  for (const [at, { is, as, advice }] of errors.entries()) {
    if (is === 'declined' && as !== undefined && !isCode(as)) say(`errors.${at}.as`, `${as} is no decline of ours (docs/errors.md)`);
    if (is === 'rejected' && as !== undefined && !rejections.includes(as))
      say(`errors.${at}.as`, `must be one of ${rejections.join(', ')}`);
    if (is !== 'declined' && advice !== undefined) say(`errors.${at}.advice`, 'goes with declined only');
    if (is !== 'declined' && is !== 'rejected' && as !== undefined) say(`errors.${at}.as`, 'goes with declined and rejected only');
  }
  for (const [at, code] of failoverCodes.entries()) {
    if (!isCode(code)) say(`failoverCodes.${at}`, `${code} is no decline of ours (docs/errors.md)`);
  }
}
