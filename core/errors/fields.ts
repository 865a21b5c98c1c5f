import { entry } from './entry.ts';

/** What `code` of an entry of `errors` can be. */
export const fieldErrors = {
  required: entry(null, 'fix_request', ['Required', '必填'], ['{param} is required.', '{param} 为必填项。']),
  unknown_field: entry(
    null,
    'fix_request',
    ['Unknown field', '未知字段'],
    ['{param} is not a field of this request.', '{param} 不是该请求的字段。'],
  ),
  wrong_type: entry(
    null,
    'fix_request',
    ['Wrong type', '类型错误'],
    ['{param} must be of type {expected}.', '{param} 的类型须为 {expected}。'],
  ),
  too_long: entry(null, 'fix_request', ['Too long', '过长'], ['{param} is longer than {max}.', '{param} 的长度超过 {max}。']),
  too_short: entry(null, 'fix_request', ['Too short', '过短'], ['{param} is shorter than {min}.', '{param} 的长度小于 {min}。']),
  out_of_range: entry(
    null,
    'fix_request',
    ['Out of range', '超出范围'],
    ['{param} must be an integer {range}.', '{param} 须为{range}的整数。'],
  ),
  not_integer: entry(
    null,
    'fix_request',
    ['Not an integer', '不是整数'],
    ['{param} must be written as a plain integer, such as 1999.', '{param} 须写成普通整数，例如 1999。'],
  ),
  duplicate_key: entry(null, 'fix_request', ['Given twice', '重复出现'], ['{param} is given more than once.', '{param} 出现多次。']),
  duplicate_value: entry(
    null,
    'fix_request',
    ['Value not unique', '取值重复'],
    ['{param} is the same as {other}.', '{param} 与 {other} 相同。'],
  ),
  invalid_format: entry(
    null,
    'fix_request',
    ['Invalid format', '格式错误'],
    ['{param} does not have the expected format.', '{param} 的格式不符合要求。'],
  ),
  invalid_choice: entry(
    null,
    'fix_request',
    ['Not one of the choices', '取值不在可选范围'],
    ['{param} must be one of: {choices}.', '{param} 须为以下之一：{choices}。'],
  ),
  sum_mismatch: entry(
    null,
    'fix_request',
    ['Sum does not match', '合计不符'],
    ['The amounts in {param} do not add up to the amount.', '{param} 中的金额之和与总金额不符。'],
  ),
  account_unknown: entry(
    null,
    'fix_request',
    ['No such account', '账户不存在'],
    [
      '{param} is no channel account of this merchant and mode whose statements can be read.',
      '{param} 不是该商户在此模式下可读取对账单的渠道账户。',
    ],
  ),
  day_not_over: entry(
    null,
    'fix_request',
    ['Day not over', '日期尚未结束'],
    ['{param} is not over yet in the time zone of the channel ({zone}).', '按渠道时区（{zone}），{param} 尚未结束。'],
  ),
  url_forbidden_field: entry(
    null,
    'fix_request',
    ['Address not permitted', '地址不被允许'],
    ['{param} must be a public https address.', '{param} 须为公网 https 地址。'],
  ),
};
