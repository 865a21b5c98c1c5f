import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect } from 'chai';
import { checkUrl, type Resolve } from '../../core/notifications/address.ts';
import { toBlockList } from '../../core/notifications/networks.ts';
import { createPoster, type Poster, type PosterOptions } from '../../core/notifications/post.ts';
import { resolveByMachine } from '../../core/notifications/resolve.ts';
import { answer, hang, type Shop, startShop } from './kit.ts';
import { eventually } from './wait.ts';

/** Something inside the network that must never hear from us. */
interface Listener {
  readonly port: number;
  connections: number;
  close(): void;
}

async function listen(host: string, port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    listener.connections += 1;
    sockets.add(socket.on('error', () => undefined));
    socket.end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const listener = { port: (server.address() as AddressInfo).port, connections: 0, close: () => void server.close() };
  return listener;
}

const parcel = (url: string, mode: 'live' | 'test' = 'test') => ({
  url,
  mode,
  headers: { 'content-type': 'application/json' },
  body: '{}',
});

const literals = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '127.0.0.1.',
  '%31%32%37.0.0.1',
  '0.0.0.0',
  '0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[0:0:0:0:0:0:0:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[2001:db8::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[ff02::1]',
  '[100::1]',
  '[5f00::1]',
  '[3fff::1]',
  '[4000::1]',
];

describe('Posting to a merchant', () => {
  const opened: { close(): unknown }[] = [];
  const openPoster = (options: Partial<PosterOptions> = {}): Poster => {
    const poster = createPoster({ timeoutMs: 15_000, allowNetworks: [], resolve: resolveByMachine, ...options });
    opened.push(poster);
    return poster;
  };
  let shop: Shop;
  let inside: Listener;

  before(async () => {
    shop = await startShop();
    inside = await listen('127.0.0.1');
    opened.push(inside, { close: () => shop.stop() });
  });

  beforeEach(() => {
    shop.received.length = 0;
    shop.reply = answer(204);
  });

  after(async () => {
    for (const one of opened) await one.close();
  });

  describe('refuses addresses inside a network', () => {
    for (const host of literals) {
      it(`in live mode: https://${host}`, async () => {
        const url = `https://${host}:${inside.port}/`;
        expect(await openPoster().post(parcel(url, 'live'))).to.deep.equal({ kind: 'lost', reason: 'forbidden_address' });
        expect(inside.connections).to.equal(0);
      });
    }

    it('that a name leads to, even when another of its addresses is public', async () => {
      for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1']) {
        const family = address.includes(':') ? 6 : 4;
        const resolve: Resolve = async () => [
          { address: '8.8.8.8', family: 4 },
          { address, family },
        ];
        const poster = openPoster({ resolve });
        expect(await poster.post(parcel(`https://shop.example:${inside.port}/`, 'live')), address).to.deep.equal({
          kind: 'lost',
          reason: 'forbidden_address',
        });
      }
      expect(inside.connections).to.equal(0);
    });

    it('in test mode too, this machine excepted', async () => {
      const poster = openPoster();
      for (const url of [
        'https://10.0.0.1/',
        'http://10.0.0.1/',
        'http://8.8.8.8/',
        'https://169.254.169.254/',
        'http://shop.example/',
        `https://[::ffff:127.0.0.1]:${inside.port}/`,
      ])
        expect(await poster.post(parcel(url)), url).to.deep.equal({ kind: 'lost', reason: 'forbidden_address' });
      expect(await poster.post(parcel(shop.url))).to.include({ kind: 'answered', status: 204 });
    });

    it('when localhost is made to lead elsewhere', async () => {
      const resolve: Resolve = async () => [{ address: '10.0.0.1', family: 4 }];
      expect(await openPoster({ resolve, allowNetworks: ['10.0.0.0/8'] }).post(parcel('http://localhost/'))).to.include({
        reason: 'forbidden_address',
      });
    });

    it('when a name that was public a moment ago leads inside now', async () => {
      const open = await listen('127.0.0.2', inside.port);
      opened.push(open);
      const answers = ['127.0.0.2', '127.0.0.1', '127.0.0.1'];
      let asked = 0;
      const resolve: Resolve = async () => [{ address: answers[asked++] ?? '127.0.0.1', family: 4 }];
      // To the live mode, 127.0.0.2 is a shop on a network that the operator opened, and 127.0.0.1 is inside.
      const poster = openPoster({ resolve, allowNetworks: ['127.0.0.2/32'] });
      const url = `https://shop.example:${inside.port}/`;
      expect(await poster.post(parcel(url, 'live'))).to.deep.equal({ kind: 'lost', reason: 'reset' });
      expect([open.connections, inside.connections, asked], 'one look-up, and the connection to what it said').to.deep.equal([1, 0, 1]);
      expect(await poster.post(parcel(url, 'live'))).to.deep.equal({ kind: 'lost', reason: 'forbidden_address' });
      expect([open.connections, inside.connections, asked]).to.deep.equal([1, 0, 2]);
    });
  });

  it('refuses addresses that are not plain https', () => {
    const rules = { mode: 'live', allowed: toBlockList([]) } as const;
    for (const url of [
      'http://shop.example/',
      'ftp://shop.example/',
      'https://u:p@shop.example/',
      'https://shop.example/#a',
      'https://shop.example:0/',
      'file:///etc/passwd',
      '//shop.example',
      'https://127.0.0.1/',
      'https://0x7f.1/',
      '',
    ])
      expect(checkUrl(url, rules), url).to.include({ kind: 'refused' });
    for (const url of ['https://shop.example/', 'https://shop.example:8443/a?b=c', 'https://8.8.8.8/', 'https://[2606:4700::1111]/'])
      expect(checkUrl(url, rules), url).to.include({ kind: 'ok' });
    expect(checkUrl('http://127.0.0.1/', { ...rules, mode: 'test' })).to.include({ kind: 'ok' });
  });

  it('reaches a shop in a private network that the operator opened, and only over TLS', async () => {
    const open = await listen('127.0.0.3');
    opened.push(open);
    const poster = openPoster({ allowNetworks: ['127.0.0.3/32'] });
    await poster.post(parcel(`http://127.0.0.3:${open.port}/`, 'live'));
    expect(open.connections).to.equal(0);
    await poster.post(parcel(`https://127.0.0.3:${open.port}/`, 'live'));
    expect(open.connections).to.equal(1);
  });

  it('says the shop’s name in TLS, and takes no certificate that does not prove it', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => server.close() });
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const result = await openPoster({ resolve }).post(parcel(`https://shop.example:${(server.address() as AddressInfo).port}/`));
    expect(names).to.deep.equal(['shop.example']);
    expect(result.kind).to.equal('lost');
  });

  it('takes a redirect for an answer and does not follow it', async () => {
    const other = await startShop();
    opened.push({ close: () => other.stop() });
    for (const status of [301, 302, 303, 307, 308]) {
      shop.reply = answer(status, { location: other.url });
      expect(await openPoster().post(parcel(shop.url))).to.include({ kind: 'answered', status });
    }
    expect(other.received).to.have.length(0);
  });

  it('knows the status as soon as it has come, however long the body', async () => {
    let written = 0;
    shop.reply = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        written += chunk.length;
        if (written < 50_000_000 && !response.destroyed) response.write(chunk, more);
      };
      more();
    };
    expect(await openPoster().post(parcel(shop.url))).to.include({ kind: 'answered', status: 200 });
    expect(written).to.be.below(50_000_000);
  });

  it('knows it too when the body never ends', async () => {
    shop.reply = (response) => {
      response.writeHead(201);
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    };
    expect(await openPoster({ timeoutMs: 150 }).post(parcel(shop.url))).to.include({ kind: 'answered', status: 201 });
  });

  it('gives up a shop that never ends its headers, or says nothing, when the time is over', async () => {
    const drip = createServer((socket) => {
      const timer = setInterval(() => socket.write('x-more: 1\r\n'), 10);
      socket.write('HTTP/1.1 200 OK\r\n');
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => drip.close() });
    const poster = openPoster({ timeoutMs: 150 });
    const { port } = drip.address() as AddressInfo;
    expect(await poster.post(parcel(`http://127.0.0.1:${port}/`))).to.deep.equal({ kind: 'lost', reason: 'timeout' });
    shop.reply = hang;
    expect(await poster.post(parcel(shop.url))).to.deep.equal({ kind: 'lost', reason: 'timeout' });
  });

  it('counts a name server that hangs against the same time', async () => {
    const resolve: Resolve = () => new Promise(() => undefined);
    expect(await openPoster({ resolve, timeoutMs: 100 }).post(parcel('https://shop.example/', 'live'))).to.deep.equal({
      kind: 'lost',
      reason: 'timeout',
    });
  });

  it('tells a shop that is not there from a name that is not there', async () => {
    const gone = await startShop();
    await gone.stop();
    expect(await openPoster().post(parcel(gone.url))).to.deep.equal({ kind: 'lost', reason: 'refused' });
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    expect(await openPoster({ resolve }).post(parcel('https://shop.example/', 'live'))).to.deep.equal({ kind: 'lost', reason: 'dns' });
  });

  it('can end what is under way', async () => {
    shop.reply = hang;
    const poster = openPoster();
    const result = poster.post(parcel(shop.url));
    await eventually(() => shop.received.length > 0);
    poster.interrupt();
    expect(await result).to.deep.equal({ kind: 'interrupted' });
  });
});
