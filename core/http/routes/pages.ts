import { htmlPage } from '../html.ts';
import { defineRawRoute } from '../route.ts';

/** Where a vendor sends the shopper's browser when the merchant named no page. It says nothing about the payment, because a browser proves nothing. */
export function pageRoutes() {
  return [
    defineRawRoute({
      id: 'checkout.return',
      methods: ['GET'],
      path: '/checkout/return',
      summary: 'A neutral page to come back to from a vendor',
      tag: 'Checkout',
      async handle() {
        const body =
          '<h1>You can close this page</h1><p>The shop is told about your payment.</p><p lang="zh-CN">您可以关闭此页面，支付结果会通知商家。</p>';
        return { status: 200, ...htmlPage('paymux', body) };
      },
    }),
  ];
}
