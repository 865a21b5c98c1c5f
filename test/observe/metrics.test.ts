import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { catalogue, labelLimit } from '../../core/metrics/catalogue.ts';
import { createMetrics, type Metrics } from '../../core/metrics.ts';

describe('metrics', () => {
  let metrics: Metrics;

  beforeEach(() => {
    metrics = createMetrics({ version: '9.9.9' });
  });

  afterEach(() => metrics.close());

  it('follow the naming rules of Prometheus', () => {
    for (const [name, entry] of Object.entries(catalogue)) {
      expect(name).to.match(/^[a-z][a-z0-9_]*$/);
      expect(entry.help).to.match(/^[A-Z0-9].*\.$/);
      if (entry.kind === 'counter') expect(name).to.match(/_total$/);
      if (entry.kind === 'histogram') expect(name).to.match(/_seconds$/);
    }
  });

  it('are named in the operations guide as they are', () => {
    const named = [...readFileSync('docs/operations.md', 'utf8').matchAll(/`paymux_([a-z_]+)`/g)].map(([, name]) => name);
    expect(named).to.have.length.above(10);
    expect(Object.keys(catalogue)).to.include.members(named);
  });

  it('are all in the answer of a scrape, with our prefix and no other', async () => {
    const text = await metrics.text();
    const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    expect(named).to.have.members(Object.keys(catalogue).map((name) => `paymux_${name}`));
    expect(text).to.match(/^paymux_build_info\{version="9\.9\.9",node="v\d+[^"]*"\} 1$/m);
  });

  it('count requests by the pattern of the route, never by its address', async () => {
    metrics.httpRequest({ route: '/v1/payments/:id', method: 'GET', code: 200 }, 0.02);
    metrics.httpRequest({ route: null, method: 'BREW', code: 404 }, 0.001);
    const text = await metrics.text();
    expect(text).to.include('paymux_http_requests_total{route="/v1/payments/:id",method="GET",code="200"} 1');
    expect(text).to.include('paymux_http_requests_total{route="other",method="other",code="404"} 1');
    expect(text).to.include('paymux_http_request_duration_seconds_count{route="/v1/payments/:id",method="GET"} 1');
  });

  it('tell what became of payments, refunds, calls, callbacks and notifications', async () => {
    metrics.payment({ channel: 'wechat', method: 'wechat_native', outcome: 'succeeded' }, 12);
    metrics.duplicatePayment({ channel: 'wechat' });
    metrics.refund({ channel: 'wechat', result: 'succeeded' });
    metrics.channelRequest({ channel: 'wechat', account: 'acc_1', operation: 'pay', result: 'unknown' }, 10);
    metrics.breakerState({ channel: 'wechat', account: 'acc_1', operation: 'pay' }, 'open');
    metrics.failover({ from: 'acc_1', to: 'acc_2', reason: 'refused' });
    metrics.callback({ channel: 'wechat', result: 'accepted' });
    metrics.callbackMismatch({ channel: 'wechat', field: 'amount' });
    metrics.notification({ result: 'delivered' }, 0.2);
    metrics.job({ task: 'query', result: 'done' }, 1.5);
    const text = await metrics.text();
    for (const line of [
      'paymux_payments_total{channel="wechat",method="wechat_native",outcome="succeeded"} 1',
      'paymux_payment_duration_seconds_count{channel="wechat"} 1',
      'paymux_duplicate_payments_total{channel="wechat"} 1',
      'paymux_refunds_total{channel="wechat",result="succeeded"} 1',
      'paymux_channel_requests_total{channel="wechat",account="acc_1",operation="pay",result="unknown"} 1',
      'paymux_channel_breaker_state{channel="wechat",account="acc_1",operation="pay"} 2',
      'paymux_channel_failover_total{from="acc_1",to="acc_2",reason="refused"} 1',
      'paymux_callbacks_total{channel="wechat",result="accepted"} 1',
      'paymux_callback_mismatch_total{channel="wechat",field="amount"} 1',
      'paymux_notification_deliveries_total{result="delivered"} 1',
      'paymux_job_runs_total{task="query",result="done"} 1',
      'paymux_job_lag_seconds{task="query"} 1.5',
    ]) {
      expect(text).to.include(line);
    }
  });

  it('fold further values of a label into `other`, so that nobody can fill the memory', async () => {
    for (let index = 0; index < labelLimit + 50; index += 1) metrics.callback({ channel: `channel${index}`, result: 'accepted' });
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('paymux_callbacks_total{'));
    expect(lines).to.have.length(labelLimit + 1);
    expect(lines.at(-1)).to.equal('paymux_callbacks_total{channel="other",result="accepted"} 50');
  });

  it('ask for the state of the moment at each scrape', async () => {
    const rows = [{ channel: 'alipay', age: 'under_1h', count: 3 }];
    metrics.watch({
      paymentsPending: async () => rows,
      notificationsOldestPendingSeconds: async () => 7,
      ledgerUncounted: async () => 12,
      dbPool: () => ({ inUse: 2, waiting: 1 }),
    });
    const first = await metrics.text();
    expect(first).to.include('paymux_payments_pending{channel="alipay",age="under_1h"} 3');
    expect(first).to.match(/^paymux_notifications_oldest_pending_seconds 7$/m);
    expect(first).to.match(/^paymux_ledger_uncounted_entries 12$/m);
    expect(first)
      .to.match(/^paymux_db_pool_in_use 2$/m)
      .and.match(/^paymux_db_pool_waiting 1$/m);
    rows.pop();
    expect(await metrics.text()).to.not.include('paymux_payments_pending{');
  });

  it('tell which accounts are quarantined, and when certificates end, as it is at each scrape', async () => {
    const shut = [{ channel: 'rogue', account: 'acc_1' }];
    const expiresAt = new Date('2027-01-02T03:04:05.678Z');
    metrics.watch({
      configurationFaults: () => ({ accounts: 2, definitions: 0, reload: 1 }),
      channelsQuarantined: () => shut,
      certificates: () => [{ channel: 'unionpay', account: 'acc_2', field: 'certificate', expiresAt }],
    });
    const text = await metrics.text();
    expect(text).to.include('paymux_channel_quarantined{channel="rogue",account="acc_1"} 1');
    expect(text).to.include('paymux_configuration_faults{what="accounts"} 2').and.include('paymux_configuration_faults{what="reload"} 1');
    expect(text).to.include('paymux_channel_certificate_expiry_seconds{channel="unionpay",account="acc_2",field="certificate"} 1798859045');
    shut.pop();
    expect(await metrics.text()).to.not.include('paymux_channel_quarantined{');
  });

  it('leave out what cannot be read, count that, and still answer', async () => {
    const answers = [5];
    metrics.watch({
      notificationsOldestPendingSeconds: async () => {
        const answer = answers.pop();
        if (answer === undefined) throw new Error('database gone');
        return answer;
      },
    });
    expect(await metrics.text()).to.match(/^paymux_notifications_oldest_pending_seconds 5$/m);
    const text = await metrics.text();
    expect(text).to.not.match(/^paymux_notifications_oldest_pending_seconds \d/m);
    expect(text).to.include('paymux_metrics_faults_total{metric="notifications_oldest_pending_seconds"} 1');
  });

  it('share nothing between two of them', async () => {
    const other = createMetrics({ version: '1' });
    other.callback({ channel: 'only_here', result: 'accepted' });
    expect(await metrics.text()).to.not.include('only_here');
    other.close();
  });
});
