import { object, type Rule, text } from '../../fields.ts';

const number = text(1, 32, /^[\w-]+$/);
const amount = text(1, 12, /^[1-9]\d*$/);
const place = object({ request_ip: text(3, 64, /^[0-9A-Fa-f:.]+$/), location: text(1, 32), base_station: text(1, 128) }, 'request_ip');
const party = { merchant_no: text(1, 32), term_no: text(1, 32) };
const order = {
  ...party,
  out_trade_no: number,
  total_amount: amount,
  location_info: place,
  subject: text(1, 42),
  notify_url: text(1, 128, /^https?:\/\//),
  remark: text(1, 128),
};
const required = ['merchant_no', 'term_no', 'out_trade_no', 'total_amount', 'location_info'] as const;

/** What each call takes. */
export const rules: Readonly<Record<'preorder' | 'micropay' | 'query' | 'close' | 'refund' | 'queryRefund', Rule>> = {
  preorder: object(
    {
      ...order,
      account_type: text(1, 32, /^(WECHAT|ALIPAY|UQRCODEPAY)$/),
      trans_type: text(2, 2, /^(41|51|71)$/),
      acc_busi_fields: object({ timeout_express: text(1, 2, /^([1-9]|1[0-5])$/), sub_appid: text(1, 32), user_id: text(1, 64) }),
    },
    ...required,
    'account_type',
    'trans_type',
  ),
  micropay: object({ ...order, auth_code: text(1, 32, /^\d{16,24}$/) }, ...required, 'auth_code'),
  query: object({ ...party, out_trade_no: number, trade_no: number, trade_req_date: text(8, 8, /^\d+$/) }, 'merchant_no', 'term_no'),
  close: object(
    { ...party, origin_out_trade_no: number, origin_trade_no: number, location_info: place },
    'merchant_no',
    'term_no',
    'origin_out_trade_no',
    'location_info',
  ),
  refund: object(
    {
      ...party,
      out_trade_no: number,
      refund_amount: amount,
      refund_reason: text(1, 32),
      origin_out_trade_no: number,
      origin_trade_no: number,
      location_info: place,
      notify_url: text(1, 128),
    },
    'merchant_no',
    'term_no',
    'out_trade_no',
    'refund_amount',
    'origin_trade_no',
    'location_info',
  ),
  queryRefund: object({ ...party, out_trade_no: number }, 'merchant_no', 'term_no', 'out_trade_no'),
};

export const envelope: Rule = object(
  {
    req_time: text(14, 14, /^\d+$/),
    version: text(3, 3, /^3\.0$/),
    out_org_code: text(1, 32),
  },
  'req_time',
  'version',
);
