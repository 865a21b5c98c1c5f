import { type Fact, major, signed, split, sum } from './statement-facts.ts';

/** A vendor's API as far as the statement of a day goes: what it answers to whoever asks for this address. Pages have two items. */
export type ServeStatement = (facts: readonly Fact[], day: string) => (url: URL) => unknown;

const pageSize = 2;
const iso = (at: number) => new Date(at).toISOString();
const feeOf = ({ kind, fee }: Fact) => (kind === 'refund' ? -fee : fee);
/** A number of JSON with just these digits. */
const decimal = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
/** The last second of the day after, in which both sides are when the statement is asked for. */
const endOfNext = (day: string) => `${iso(Date.parse(`${day}T23:59:59Z`) + 86_400_000).slice(0, 19)}+0000`;
const placeIn = (url: URL, name: string) => Number(url.searchParams.get(name) ?? 0);

/** The page that begins at this place, and where the next begins; null at the end. */
function pageOf<T>(items: readonly T[], from: number): { readonly page: readonly T[]; readonly next: number | null } {
  const next = from + pageSize;
  return { page: items.slice(from, next), next: next < items.length ? next : null };
}

/** Pages are counted from 1, and each says how many there are. */
export const servePaypal: ServeStatement = (facts, day) => {
  const money = ({ currency }: Fact, amount: number) => ({ currency_code: currency, value: major(amount) });
  const items = facts.map((fact) => ({
    transaction_info: {
      transaction_id: fact.channelNo,
      transaction_event_code: fact.kind === 'refund' ? 'T1107' : 'T0006',
      transaction_initiation_date: iso(fact.at).replace(/\.\d+Z$/, '+0000'),
      transaction_amount: money(fact, signed(fact)),
      fee_amount: money(fact, -feeOf(fact)),
      transaction_status: 'S',
      invoice_id: fact.number,
      custom_field: fact.number,
    },
  }));
  const whole = { account_number: 'SAMPLEMERCH22', last_refreshed_datetime: endOfNext(day), total_items: items.length };
  return (url) => {
    if (url.pathname.endsWith('/token')) return { access_token: 'token-1', token_type: 'Bearer', expires_in: 32400 };
    const page = placeIn(url, 'page');
    const details = pageOf(items, (page - 1) * pageSize).page;
    return { ...whole, transaction_details: details, page, total_pages: Math.ceil(items.length / pageSize) };
  };
};

/** Lists of their own for payments and refunds; a refund has no number of ours. A list that is empty is left out. */
export const serveSquare: ServeStatement = (facts) => {
  const items = ({ kind, number, channelNo, amount, currency, fee, at }: Fact) => ({
    ...{ id: channelNo, created_at: iso(at), location_id: 'LTEST00001', status: 'COMPLETED', amount_money: { amount, currency } },
    ...(kind === 'refund'
      ? {}
      : { total_money: { amount, currency }, reference_id: number, processing_fee: [{ amount_money: { amount: fee, currency } }] }),
  });
  const { paid, back } = split(facts);
  const lists = { payments: paid.map(items), refunds: back.map(items) };
  return ({ pathname, searchParams }) => {
    const name = pathname.endsWith('/payments') ? 'payments' : 'refunds';
    const { page, next } = pageOf<object>(lists[name], Number(searchParams.get('cursor') ?? 0));
    return { ...(page.length === 0 ? {} : { [name]: page }), ...(next === null ? {} : { cursor: String(next) }) };
  };
};

/** A settlement and its four lists. What it costs is told for the settlement as a whole. */
export const serveMollie: ServeStatement = (facts, day) => {
  const { paid, back } = split(facts);
  const item = ({ channelNo, amount, currency, at }: Fact, metadata: object) => ({
    ...{ id: channelNo, amount: { currency, value: major(amount) }, createdAt: iso(at), metadata },
  });
  const lists: Readonly<Record<string, readonly object[]>> = {
    settlements: [
      {
        resource: 'settlement',
        id: 'stl_1',
        status: 'paidout',
        settledAt: `${day}T09:41:44+00:00`,
        amount: { currency: 'EUR', value: '1.00' },
      },
    ],
    payments: paid.map((fact) => ({ ...item(fact, { paymux_attempt: fact.number }), profileId: 'pfl_QkEhN94Ba', paidAt: iso(fact.at) })),
    refunds: back.map((fact) => item(fact, { paymux_refund: fact.number })),
  };
  return (url) => {
    const name = url.pathname.split('/').at(-1) ?? '';
    const { page, next } = pageOf(lists[name] ?? [], placeIn(url, 'from'));
    const link = next === null ? null : { href: `https://api.mollie.com${url.pathname}?from=${next}` };
    return { count: page.length, _embedded: { [name]: page }, _links: { next: link } };
  };
};

/** A payout and its items, which have GoCardless' ids alone, and the time of the payout. */
export const serveGocardless: ServeStatement = (facts, day) => {
  const total = sum(facts, signed);
  const payout = { id: 'PO123', amount: total, currency: 'CNY', created_at: `${day}T09:41:44.000Z`, links: { creditor: 'CR0001CREDITOR' } };
  const items = facts.map((fact) => {
    const isBack = fact.kind === 'refund';
    const links = isBack ? { payment: 'PM1', refund: fact.channelNo } : { payment: fact.channelNo };
    return { type: isBack ? 'payment_refunded' : 'payment_paid_out', amount: `${signed(fact)}.0`, links, taxes: [] };
  });
  return (url) => {
    const name = url.pathname.split('/').at(-1) ?? '';
    const { page, next } = pageOf<object>(name === 'payouts' ? [payout] : items, placeIn(url, 'after'));
    return { [name]: page, meta: { cursors: { before: null, after: next === null ? null : String(next) }, limit: 500 } };
  };
};

/** Numbers are numbers of JSON. Refunds stand in their payments, with Mercado Pago's ids alone. */
export const serveMercadopago: ServeStatement = (facts) => {
  const shared = { collector_id: 400_000_001, status: 'approved' };
  const { paid, back } = split(facts);
  const lists = {
    date_approved: paid.map(({ number, channelNo, amount, currency, fee, at }) => ({
      ...{ ...shared, id: decimal(channelNo), external_reference: number, date_approved: iso(at), currency_id: currency },
      ...{ transaction_amount: decimal(major(amount)), transaction_amount_refunded: 0, refunds: [] },
      fee_details: [{ type: 'mercadopago_fee', amount: decimal(major(fee)), fee_payer: 'collector' }],
    })),
    date_last_updated: back.map(({ channelNo, amount, currency, at }, index) => ({
      ...{ ...shared, id: index + 1, currency_id: currency, transaction_amount_refunded: decimal(major(amount)) },
      refunds: [{ id: decimal(channelNo), status: 'approved', amount: decimal(major(amount)), date_created: iso(at) }],
    })),
  };
  return (url) => {
    const items: readonly object[] = lists[url.searchParams.get('range') as keyof typeof lists];
    const offset = placeIn(url, 'offset');
    return { results: pageOf(items, offset).page, paging: { offset, total: items.length, limit: 50 } };
  };
};

/** The next page begins after an item. */
export const serveXendit: ServeStatement = (facts) => {
  const items = facts.map((fact, index) => {
    const isBack = fact.kind === 'refund';
    const [amount, fee, net] = [fact.amount, fact.fee, fact.amount - fact.fee].map((value) => decimal(major(value)));
    return {
      ...{ id: `txn_${index + 1}`, product_id: fact.channelNo, reference_id: fact.number, business_id: '0123456789abcdef01234567' },
      ...{ type: isBack ? 'REFUND' : 'PAYMENT', cashflow: isBack ? 'MONEY_OUT' : 'MONEY_IN', status: 'SUCCESS', created: iso(fact.at) },
      ...{ amount, net_amount: net, currency: fact.currency },
      fee: { xendit_fee: fee, value_added_tax: 0, xendit_withholding_tax: 0, third_party_withholding_tax: 0, status: 'COMPLETED' },
    };
  });
  return (url) => {
    const { page, next } = pageOf(items, Number((url.searchParams.get('after_id') ?? '').replace('txn_', '')));
    return { data: page, has_more: next !== null, links: [] };
  };
};

/** Lists of their own for transactions and refunds, which end with an empty page. */
export const servePaystack: ServeStatement = (facts) => {
  const { paid, back } = split(facts);
  const item = ({ channelNo, amount, currency }: Fact) => ({ id: Number(channelNo), amount, currency, domain: 'test' });
  const transactions = paid.map((fact) => ({
    ...{ ...item(fact), status: 'success', reference: fact.number, fees: fact.fee, paid_at: iso(fact.at) },
  }));
  const refunds = back.map((fact) => ({
    ...{ ...item(fact), status: 'processed', transaction: 1, merchant_note: fact.number, refunded_at: iso(fact.at) },
  }));
  return (url) => {
    const items: readonly object[] = url.pathname.endsWith('/transaction') ? transactions : refunds;
    return { status: true, message: 'ok', data: pageOf(items, (placeIn(url, 'page') - 1) * pageSize).page };
  };
};

/** Debit and credit apart, after the fee; ids say what they are of. The list ends with an empty page. */
export const serveRazorpay: ServeStatement = (facts) => {
  const items = facts.map((fact) => {
    const [isBack, net] = [fact.kind === 'refund', signed(fact) - fact.fee];
    const notes = JSON.stringify(isBack ? { refund_number: fact.number } : {});
    return {
      ...{ entity_id: `${isBack ? 'rfnd' : 'pay'}_${fact.channelNo}`, type: fact.kind, amount: fact.amount, currency: fact.currency },
      ...{ debit: Math.max(0, -net), credit: Math.max(0, net), fee: fact.fee, tax: 0, credit_type: 'default', dispute_id: null, notes },
      ...{ settled: true, created_at: Math.trunc(fact.at / 1000), order_receipt: isBack ? null : fact.number },
    };
  });
  return (url) => {
    const { page } = pageOf(items, placeIn(url, 'skip'));
    return { entity: 'collection', count: page.length, items: page };
  };
};

/** A settlement in one currency, and its records, which say what the shopper paid in. */
export const serveAirwallex: ServeStatement = (facts, day) => {
  const total = sum(facts, (fact) => signed(fact) - fact.fee);
  const settlement = { id: 'bat_1', amount: decimal(major(total)), currency: 'CNY', status: 'SETTLED', settled_at: `${day}T09:00:00+0000` };
  const records = facts.map((fact, index) => {
    const isBack = fact.kind === 'refund';
    const [gross, fees, net] = [signed(fact), -fact.fee, signed(fact) - fact.fee].map((amount) => decimal(major(amount)));
    const names = isBack ? { order_id: 'ORDER', source_id: fact.channelNo } : { order_id: fact.number, payment_intent_id: fact.channelNo };
    return {
      ...{ ...names, transaction_id: `ftx_${index}`, transaction_type: isBack ? 'Refund' : 'Payment', account_id: 'acct_test' },
      ...{ request_id: fact.number, transaction_amount: gross, transaction_currency: fact.currency, settlement_currency: 'CNY' },
      ...{ gross_amount: gross, fees, taxes_on_fees: 0, net_amount: net, created_at: iso(fact.at).replace(/\.\d+Z$/, '+0000') },
    };
  });
  return (url) => {
    if (url.pathname.endsWith('/login')) return { token: 'token-1', expires_at: endOfNext(day) };
    const isSettlements = url.pathname.endsWith('/settlements');
    if (isSettlements) return { has_more: false, items: url.searchParams.get('currency') === 'CNY' ? [settlement] : [] };
    const { page, next } = pageOf(records, placeIn(url, 'page'));
    return { items: page, has_more: next !== null, ...(next === null ? {} : { page_after: String(next) }) };
  };
};

/** The list says whether more follows; the next page begins after an item. */
export const serveStripe: ServeStatement = (facts) => {
  const items = facts.map((fact, index) => {
    const { number, channelNo, amount } = fact;
    const isBack = fact.kind === 'refund';
    const currency = fact.currency.toLowerCase();
    const metadata = { [isBack ? 'paymux_refund' : 'paymux_attempt']: number };
    const names = isBack ? { id: channelNo } : { id: `ch_${index}`, payment_intent: channelNo };
    const shared = { id: `txn_${index + 1}`, type: isBack ? 'refund' : 'charge', currency, created: Math.trunc(fact.at / 1000) };
    const amounts = { amount: signed(fact), fee: feeOf(fact), net: signed(fact) - feeOf(fact) };
    return { ...shared, ...amounts, source: { ...names, amount, currency, metadata } };
  });
  return (url) => {
    const { page, next } = pageOf(items, Number((url.searchParams.get('starting_after') ?? '').replace('txn_', '')));
    return { data: page, has_more: next !== null };
  };
};
