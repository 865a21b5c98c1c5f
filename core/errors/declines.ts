import { entry } from './entry.ts';

/** What `code` of `failure` can be: the payment or refund ended without money. No HTTP status goes with them. */
export const declines = {
  declined: entry(null, 'do_not_retry', ['Declined', '已被拒绝'], ['The channel declined the payment.', '渠道拒绝了该支付。']),
  insufficient_funds: entry(
    null,
    'retry_other_method',
    ['Insufficient funds', '资金不足'],
    ["The payer's account does not hold enough money.", '付款账户资金不足。'],
  ),
  insufficient_balance: entry(
    null,
    'contact_support',
    ['Insufficient merchant balance', '商户余额不足'],
    ["The merchant's balance at the channel does not cover this.", '商户在渠道的余额不足。'],
  ),
  card_declined: entry(
    null,
    'retry_other_method',
    ['Card declined', '银行卡被拒'],
    ['The issuer declined the card.', '发卡行拒绝了该卡。'],
  ),
  card_expired: entry(null, 'retry_other_method', ['Card expired', '银行卡已过期'], ['The card has expired.', '该卡已过期。']),
  authentication_failed: entry(
    null,
    'retry_other_method',
    ['Payer not authenticated', '付款人验证失败'],
    ['The payer did not pass the authentication.', '付款人未通过身份验证。'],
  ),
  risk_rejected: entry(
    null,
    'do_not_retry',
    ['Refused for risk', '风控拒绝'],
    ['The payment was refused by risk control.', '支付被风控拒绝。'],
  ),
  limit_exceeded: entry(
    null,
    'retry_other_method',
    ['Limit exceeded', '超出限额'],
    ['The amount exceeds a limit of the payer or of the channel.', '金额超出付款人或渠道的限额。'],
  ),
  auth_code_invalid: entry(
    null,
    'retry',
    ['Payment code invalid', '付款码无效'],
    ['The payment code is wrong or has expired.', '付款码错误或已过期。'],
  ),
  order_expired: entry(null, 'retry', ['Order expired', '订单已过期'], ['The time to pay has passed.', '支付时间已过。']),
  payer_cancelled: entry(
    null,
    'retry',
    ['Cancelled by the payer', '付款人已取消'],
    ['The payer cancelled the payment.', '付款人取消了支付。'],
  ),
  account_restricted: entry(
    null,
    'contact_support',
    ['Account restricted', '账户受限'],
    ["The payer's or the merchant's account at the channel is restricted.", '付款人或商户在渠道的账户受限。'],
  ),
  channel_error: entry(
    null,
    'retry',
    ['Channel failed', '渠道出错'],
    ['The channel failed before anything was charged.', '渠道在扣款前出错。'],
  ),
  channel_rejected: entry(
    null,
    'contact_support',
    ['Refused by the channel', '渠道拒绝受理'],
    ['The channel refused the request because of its configuration or content.', '渠道因配置或内容拒绝受理请求。'],
  ),
  closed_by_channel: entry(
    null,
    'retry',
    ['Closed by the channel', '被渠道关闭'],
    ['The channel closed the payment before it was paid.', '支付在付款前被渠道关闭。'],
  ),
  refund_rejected: entry(
    null,
    'contact_support',
    ['Refund refused', '退款被拒'],
    ['The channel refused the refund; no money moved.', '渠道拒绝退款，资金未变动。'],
  ),
  refund_period_over: entry(
    null,
    'do_not_retry',
    ['Too late to refund', '超过退款期限'],
    ['The channel no longer refunds this payment.', '渠道已不再受理该支付的退款。'],
  ),
  payer_account_abnormal: entry(
    null,
    'retry_other_method',
    ["Payer's account cannot be used", '付款账户异常'],
    ["The payer's account at the channel cannot pay or receive money.", '付款人在渠道的账户无法付款或收款。'],
  ),
  not_refundable: entry(
    null,
    'contact_support',
    ['Not refundable at the channel', '渠道不可退款'],
    ['The channel cannot refund this payment, or not by this amount now.', '渠道不能退还该支付，或当前不能退此金额。'],
  ),
};
