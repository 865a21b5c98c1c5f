import { expect } from 'chai';
import { orderNo, type Paymux } from './paymux.ts';

/** A payment that is left to its shopper. */
export interface Checkout {
  readonly id: string;
  readonly checkout_url: string;
}

export const shopAddress = 'https://shop.example/done?basket=1';

/** Creates a payment without a method. */
export async function openCheckout(paymux: Paymux, more: object = {}): Promise<Checkout> {
  const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', return_url: shopAddress, ...more };
  const created = await paymux.call('POST', '/v1/payments', order);
  expect(created.status, created.text).to.equal(201);
  return created.body;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type HeaderValues = Readonly<Record<string, string>>;

export async function getPage(url: string, headers: HeaderValues = {}): Promise<Fetched> {
  return fetched(await fetch(url, { headers, redirect: 'manual' }));
}

/** Sends a form of the chooser. */
export async function chooseAt(url: string, fields: Readonly<Record<string, string>>, headers: HeaderValues = {}): Promise<Fetched> {
  return fetched(await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' }));
}

async function fetched(answer: Response): Promise<Fetched> {
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Pays what is begun, by whatever the API says is to be done. */
export async function payBegun(paymux: Paymux, id: string): Promise<void> {
  const { body } = await paymux.call('GET', `/v1/payments/${id}`);
  await paymux.control('/_pay', { target: body.action.qr_content ?? body.action.url });
}
