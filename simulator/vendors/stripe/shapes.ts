import type { Shape } from './form.ts';

// The parameters of API version 2023-08-16. Groups that no payment of ours uses are let through whole.
const metadata: Shape = { '*': 'note' };
const expand: Shape = { '*': 'text' };
const address: Shape = { city: 'text', country: 'text', line1: 'text', line2: 'text', postal_code: 'text', state: 'text' };
const shipping: Shape = { address, carrier: 'text', name: 'text', phone: 'text', tracking_number: 'text' };
const transfer: Shape = { amount: 'integer', destination: 'text' };

export const expandOnly: Shape = { expand };

export const sessionShape: Shape = {
  after_expiration: 'any',
  allow_promotion_codes: 'boolean',
  automatic_tax: { enabled: 'boolean' },
  billing_address_collection: 'text',
  cancel_url: 'text',
  client_reference_id: 'text',
  consent_collection: 'any',
  currency: 'text',
  custom_fields: 'any',
  custom_text: 'any',
  customer: 'text',
  customer_creation: 'text',
  customer_email: 'text',
  customer_update: 'any',
  discounts: 'any',
  expand,
  expires_at: 'integer',
  invoice_creation: 'any',
  line_items: {
    '*': {
      adjustable_quantity: { enabled: 'boolean', maximum: 'integer', minimum: 'integer' },
      dynamic_tax_rates: 'any',
      price: 'text',
      price_data: {
        currency: 'text',
        product: 'text',
        product_data: { description: 'text', images: { '*': 'text' }, metadata, name: 'text', tax_code: 'text' },
        recurring: { interval: 'text', interval_count: 'integer' },
        tax_behavior: 'text',
        unit_amount: 'integer',
        unit_amount_decimal: 'text',
      },
      quantity: 'integer',
      tax_rates: 'any',
    },
  },
  locale: 'text',
  metadata,
  mode: 'text',
  payment_intent_data: {
    application_fee_amount: 'integer',
    capture_method: 'text',
    description: 'text',
    metadata,
    on_behalf_of: 'text',
    receipt_email: 'text',
    setup_future_usage: 'text',
    shipping,
    statement_descriptor: 'text',
    statement_descriptor_suffix: 'text',
    transfer_data: transfer,
    transfer_group: 'text',
  },
  payment_method_collection: 'text',
  payment_method_options: 'any',
  payment_method_types: { '*': 'text' },
  phone_number_collection: { enabled: 'boolean' },
  setup_intent_data: 'any',
  shipping_address_collection: 'any',
  shipping_options: 'any',
  submit_type: 'text',
  subscription_data: 'any',
  success_url: 'text',
  tax_id_collection: { enabled: 'boolean' },
};

export const intentShape: Shape = {
  amount: 'integer',
  application_fee_amount: 'integer',
  automatic_payment_methods: { allow_redirects: 'text', enabled: 'boolean' },
  capture_method: 'text',
  confirm: 'boolean',
  confirmation_method: 'text',
  currency: 'text',
  customer: 'text',
  description: 'text',
  error_on_requires_action: 'boolean',
  expand,
  mandate: 'text',
  mandate_data: 'any',
  metadata,
  off_session: 'text',
  on_behalf_of: 'text',
  payment_method: 'text',
  payment_method_data: 'any',
  payment_method_options: 'any',
  payment_method_types: { '*': 'text' },
  radar_options: 'any',
  receipt_email: 'text',
  return_url: 'text',
  setup_future_usage: 'text',
  shipping,
  statement_descriptor: 'text',
  statement_descriptor_suffix: 'text',
  transfer_data: transfer,
  transfer_group: 'text',
  use_stripe_sdk: 'boolean',
};

export const cancelShape: Shape = { cancellation_reason: 'text', expand };

export const refundShape: Shape = {
  amount: 'integer',
  charge: 'text',
  currency: 'text',
  customer: 'text',
  expand,
  instructions_email: 'text',
  metadata,
  origin: 'text',
  payment_intent: 'text',
  reason: 'text',
  refund_application_fee: 'boolean',
  reverse_transfer: 'boolean',
};
