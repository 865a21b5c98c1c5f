import type { ConfigSchema } from '../../../core/contract/manifest.ts';

/** What an operator enters for one terminal. */
export const configSchema: ConfigSchema = {
  type: 'object',
  required: ['app_id', 'serial_no', 'merchant_no', 'term_no', 'request_ip', 'private_key', 'platform_certificate'],
  properties: {
    base_url: {
      type: 'string',
      description: 'Address before /api. Absent: that of the mode. Another one is for the simulator or a relay.',
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 255,
    },
    app_id: { type: 'string', description: 'appid of the open platform, such as OP00000003', pattern: '^[0-9A-Za-z]{4,32}$' },
    serial_no: { type: 'string', description: 'Serial of the certificate that was uploaded to Lakala', pattern: '^[0-9A-Za-z]{8,64}$' },
    merchant_no: { type: 'string', description: 'Merchant number that Lakala gave', pattern: '^[0-9A-Z]{8,32}$' },
    term_no: { type: 'string', description: 'Terminal number that Lakala gave', pattern: '^[0-9A-Z]{4,32}$' },
    request_ip: {
      type: 'string',
      description: 'Public IP address of this server: Lakala’s risk control wants the address of whoever asks',
      pattern: '^[0-9A-Fa-f:.]{3,45}$',
    },
    wechat_appid: {
      type: 'string',
      description: 'appid of the public account or mini program that is bound to the merchant; only for WeChat',
      pattern: '^wx[0-9a-z]{4,30}$',
    },
    private_key: {
      type: 'string',
      description: 'Private key of the merchant’s certificate, RSA of 2048 bits or more, in PEM',
      secret: true,
      minLength: 1000,
      maxLength: 10_000,
    },
    platform_certificate: {
      type: 'string',
      description: 'Lakala’s certificate (or its public key) in PEM: proves answers',
      minLength: 300,
      maxLength: 10_000,
    },
    notify_certificate: {
      type: 'string',
      description: 'Lakala’s certificate for callbacks in PEM, where it is another one than that for answers',
      minLength: 300,
      maxLength: 10_000,
    },
  },
};
