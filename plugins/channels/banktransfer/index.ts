import type { Account, Channel, ChannelPlugin, PayRequest } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, ConfigProperty } from '../../../core/contract/manifest.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import { isIban } from './iban.ts';
import { referenceOf } from './reference.ts';
import { readStatement } from './statement.ts';

/** The account at a bank that shoppers transfer to. */
export interface Config {
  readonly account_holder: string;
  readonly account_number: string;
  readonly bank_name: string;
  readonly bic?: string;
  readonly bank_code?: string;
  readonly currency: string;
  readonly statement_day?: string;
  readonly statement_number?: string;
  readonly statement_amount?: string;
  readonly statement_debit?: string;
  readonly statement_decimal_sign?: '.' | ',';
  readonly statement_separator?: ',' | ';';
  readonly statement_charset?: 'utf-8' | 'gb18030';
}

const currencies =
  'AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR INR JPY KRW MXN MYR NOK NZD PHP PLN RON SEK SGD THB TRY TWD USD VND ZAR';

const title = (of: string): ConfigProperty => ({
  type: 'string',
  description: `Title of the column of a bank statement that holds ${of}`,
  pattern: '\\S',
  maxLength: 100,
});

const manifest: ChannelManifest = {
  id: 'banktransfer',
  name: { en: 'Bank transfer', zh: '银行转账', ja: '銀行振込', es: 'Transferencia bancaria', ar: 'تحويل مصرفي' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'standard',
      source: 'ISO 11649 and ISO 13616 (ISO 7064 MOD 97-10), published examples: references and IBANs; nothing is sent',
    },
  ],
  methods: [
    {
      id: 'banktransfer_reference',
      product: 'reference',
      name: {
        en: 'Bank transfer with a reference',
        zh: '附言转账',
        ja: '銀行振込（照会番号付き）',
        es: 'Transferencia bancaria con referencia',
        ar: 'تحويل مصرفي برقم مرجعي',
      },
      action: 'instructions',
      currencies: currencies.split(' '),
    },
  ],
  abilities: { query: 'none', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'none', statement: 'file' },
  money: { notation: 'minor_integer' },
  // The reference is made from the attempt's number: asked again, the same one is shown.
  idempotency: { create: true },
  callback: { trust: 'unverified' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 0 },
  rateLimited: 'notSent',
  failoverCodes: [],
  confirmedBy: 'operator',
  statementsOf: 'bank',
  config: {
    type: 'object',
    required: ['account_holder', 'account_number', 'bank_name', 'currency'],
    properties: {
      account_holder: { type: 'string', description: 'Whose account it is, as the bank writes it', pattern: '\\S', maxLength: 140 },
      account_number: {
        type: 'string',
        description: 'IBAN without spaces, or the number of the account where the country has no IBAN',
        identity: true,
        pattern: '^[0-9A-Z][0-9A-Z-]{3,33}$',
        maxLength: 34,
      },
      bank_name: {
        type: 'string',
        description: 'Name of the bank, and of the branch where transfers need it',
        pattern: '\\S',
        maxLength: 140,
      },
      bic: {
        type: 'string',
        description: 'BIC (SWIFT) of the bank',
        pattern: '^[A-Z]{4}[A-Z]{2}[0-9A-Z]{2}([0-9A-Z]{3})?$',
        maxLength: 11,
      },
      bank_code: {
        type: 'string',
        description: 'National number of the bank: sort code, routing number, CNAPS, BSB',
        pattern: '^[0-9A-Z-]{3,20}$',
        maxLength: 20,
      },
      currency: { type: 'string', description: 'Currency of the account, ISO 4217', enum: currencies.split(' ') },
      statement_day: title('the day of a transfer. Absent, as the next two: statements are not read'),
      statement_number: title('the number that the bank gave a transfer'),
      statement_amount: title('the amount, negative for what went out; of what came in, where statement_debit is another column'),
      statement_debit: title('the amounts that went out, where they have a column of their own'),
      statement_decimal_sign: { type: 'string', description: 'Sign before the decimals of a statement. Absent: a point', enum: ['.', ','] },
      statement_separator: {
        type: 'string',
        description: 'Between the cells of a statement that is text. Absent: a comma',
        enum: [',', ';'],
      },
      statement_charset: { type: 'string', description: 'Of a statement that is text. Absent: UTF-8', enum: ['utf-8', 'gb18030'] },
    },
  },
};

function open({ config }: Account<Config>, kit: Kit): Channel {
  // Whose first letters are a country's and whose next two are digits is meant as an IBAN; a wrong digit would send the money elsewhere.
  if (/^[A-Z]{2}[0-9]{2}/.test(config.account_number) && !isIban(config.account_number))
    throw new Error('account_number looks like an IBAN, and its check digits are wrong');
  return {
    merchantNo: null,
    pay: async (request) => pay(config, kit, request),
    // Nobody can stop a transfer. What comes after the close is late money, and the app's policy decides.
    close: async () => ({ kind: 'closed' }),
    // A person sends it at the bank, and says so with the bank's number.
    refund: async ({ number }) => ({ kind: 'ok', report: { state: 'processing', echo: { number } } }),
    readStatement: (document) => readStatement(config, kit, document),
    parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 404, body: '' } }),
  };
}

function pay(config: Config, kit: Kit, { number, money, expiresAt }: PayRequest): Outcome {
  // Another account of this channel may be kept in that currency.
  if (money.currency !== config.currency) return { kind: 'notSent', reason: 'local' };
  const reference = referenceOf(number);
  const params = {
    account_holder: config.account_holder,
    account_number: config.account_number,
    bank_name: config.bank_name,
    ...(config.bic === undefined ? {} : { bic: config.bic }),
    ...(config.bank_code === undefined ? {} : { bank_code: config.bank_code }),
    amount: kit.money.toMajor(money),
    currency: money.currency,
    reference,
    pay_before: expiresAt.toISOString(),
  };
  return { kind: 'action', action: { type: 'instructions', params }, sessionNo: reference };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
