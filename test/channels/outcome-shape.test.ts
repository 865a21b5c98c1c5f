import { expect } from 'chai';
import { shapeFault } from '../../core/channels/outcome-shape.ts';

const action = (given: unknown) => ({ kind: 'action', action: given });
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describe('The form of a channel’s answer', () => {
  const good: Readonly<Record<string, unknown>> = {
    'a QR code': action({ type: 'qr', qrContent: 'weixin://wxpay/bizpayurl?pr=1' }),
    'an address': action({ type: 'redirect', url: 'https://pay.example/1' }),
    'a wallet’s own scheme': action({ type: 'redirect', url: 'alipays://platformapi/startapp?appId=1' }),
    'a form': action({ type: 'form', url: 'https://pay.example/1', fields: { a: '1' } }),
    'parameters for a client library': action({ type: 'sdk', params: { prepay_id: 'x', nested: { deep: [1] } } }),
    instructions: action({ type: 'instructions', params: { reference: 'P1' } }),
    'a report': { kind: 'ok', report: { state: 'pending', echo: {} } },
    'that nothing was found': { kind: 'ok', report: { state: 'not_found' } },
    'a decline': { kind: 'declined', echo: { number: 'N1' }, code: 'declined' },
    'that nobody knows': { kind: 'unknown', reason: 'timeout' },
    'a closed order': { kind: 'closed' },
  };
  for (const [what, outcome] of Object.entries(good)) {
    it(`may be ${what}`, () => {
      expect(shapeFault(outcome)).to.equal(null);
    });
  }

  const bad: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    'a text': 'paid',
    'a list': [],
    'no kind': { report: {} },
    'no action': action(undefined),
    'an action of another kind': action({ type: 'popup' }),
    'a cycle': action({ type: 'sdk', params: cycle }),
    'a BigInt': action({ type: 'sdk', params: { amount: 1n } }),
    'a toJSON that throws': action({ type: 'sdk', params: { toJSON: () => cycle['self'] } }),
    'a QR code of two megabytes': action({ type: 'qr', qrContent: 'q'.repeat(2e6) }),
    'an empty QR code': action({ type: 'qr', qrContent: '' }),
    'parameters of a megabyte': action({ type: 'sdk', params: { text: 'x'.repeat(1e6) } }),
    'a script': action({ type: 'redirect', url: ' JavaScript:alert(1)' }),
    'a page in the address': action({ type: 'redirect', url: 'data:text/html,hello' }),
    'a path': action({ type: 'redirect', url: '//evil.example' }),
    'a form that goes to a script': action({ type: 'form', url: 'javascript:alert(1)', fields: {} }),
    'a form of numbers': action({ type: 'form', url: 'https://pay.example', fields: { a: 1 } }),
    'instructions of objects': action({ type: 'instructions', params: { a: {} } }),
    'a report that is none': { kind: 'ok', report: 'paid' },
    'a report about nothing': { kind: 'ok', report: { state: 'succeeded' } },
    'a decline about nothing': { kind: 'declined', code: 'declined' },
  };
  for (const [what, outcome] of Object.entries(bad)) {
    it(`may not be ${what}`, () => {
      expect(shapeFault(outcome)).to.match(/^the channel/);
    });
  }
});
