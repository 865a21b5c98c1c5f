import { randomBytes } from 'node:crypto';
import type { NewTruth } from '../../truth.ts';
import type { Callback, Order, Twist } from '../../types.ts';
import { checkForm, type Form, groupAt, metadataAt, type Shape } from './form.ts';
import type { StripeWorld } from './keys.ts';

/** What an endpoint answers, and what it has changed: the caller writes both in one line. */
export interface StripeResult {
  readonly status: number;
  readonly show: (twist: Twist) => unknown;
  readonly order?: Order;
  readonly changed?: { readonly happened?: NewTruth; readonly owed: readonly Callback[] };
}

/** One request of one merchant. */
export interface StripeRequest {
  readonly account: string;
  readonly form: Form;
  /** The id in the path; empty where there is none. */
  readonly id: string;
}

/** The version in which objects and events are written. */
export const apiVersion = '2023-08-16';
export const minute = 60_000;
export const randomId = () => randomBytes(12).toString('hex');

export function problem(status: number, error: Readonly<Record<string, unknown>>): StripeResult {
  return { status, show: () => ({ error: { type: 'invalid_request_error', ...error } }) };
}

export const missing = (param: string) => problem(400, { code: 'parameter_missing', message: `Missing required param: ${param}.`, param });
export const invalid = (param: string, message: string) => problem(400, { message, param });
export const noSuch = (kind: string, id: string, param: string) =>
  problem(404, { code: 'resource_missing', message: `No such ${kind}: '${id}'`, param });

/** Unknown parameters, wrong types and overlong metadata. */
export function checkShape(form: Form, shape: Shape): StripeResult | null {
  const fault = checkForm(form, shape);
  if (fault !== null) return problem(400, { ...fault });
  const metadata = Object.entries(metadataAt(form));
  if (metadata.length > 50) return invalid('metadata', 'Metadata can have up to 50 keys');
  const long = metadata.find(([name, value]) => name.length > 40 || value.length > 500);
  return long ? invalid(`metadata[${long[0]}]`, 'Metadata keys have up to 40 characters and values up to 500') : null;
}

/** The merchant's own number among what Stripe lets a merchant attach; Stripe itself knows no such thing. */
export function pickNumber(reference: string | undefined, metadata: Readonly<Record<string, string>>, otherwise: string): string {
  const values = Object.values(metadata);
  return reference ?? values.find((value) => /^[0-9A-Z]{26}$/.test(value)) ?? values[0] ?? otherwise;
}

export const methodsOf = (form: Form) => {
  const asked = Object.values(groupAt(form, 'payment_method_types')).map(String);
  return asked.length > 0 ? asked : ['card'];
};

/** The intent of a session is born when the session is paid. */
export function findIntent(world: StripeWorld, account: string, id: string): Order | undefined {
  const order = world.store.findByVendorNo('stripe', id);
  const exists = order?.product === 'payment_intent' || order?.state === 'paid';
  return order?.account === account && exists ? order : undefined;
}
