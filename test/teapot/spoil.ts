import type { Channel, ChannelPlugin } from '../../core/contract/channel.ts';
import type { Call, Kit, WireAnswer, WireRequest } from '../../core/contract/kit.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { sign } from './channel/gateway.ts';
import type { Config } from './channel/index.ts';

/** One way to write a channel wrongly, and the cases of the suite that have to see it. */
export interface Defect {
  readonly name: string;
  readonly seenBy: RegExp;
  /** Further cases that have to run before. */
  readonly after?: RegExp;
  spoil(plugin: ChannelPlugin): ChannelPlugin;
}

interface Given {
  readonly config: Config;
  readonly kit: Kit;
  /** The same channel for another configuration. */
  readonly openFor: (config: Config) => Channel;
}

/** Puts other functions in the place of the channel's own. */
export const doing =
  (change: (own: Channel, given: Given) => Partial<Channel>): Defect['spoil'] =>
  (plugin) => ({
    ...plugin,
    open(account, kit) {
      const own = plugin.open(account, kit);
      const config = account.config as unknown as Config;
      const openFor = (other: Config) => plugin.open({ ...account, config: { ...other } }, kit);
      return { ...own, ...change(own, { config, kit, openFor }) };
    },
  });

export const declaring =
  (changes: Partial<ChannelManifest>): Defect['spoil'] =>
  (plugin) => ({ ...plugin, manifest: { ...plugin.manifest, ...changes } });

export const withMethod = (changes: object): Defect['spoil'] => {
  return (plugin) => {
    const methods = plugin.manifest.methods.map((method) => ({ ...method, ...changes }));
    return { ...plugin, manifest: { ...plugin.manifest, methods } };
  };
};

/** Answers of `pay` or of `query` that come out otherwise. */
export const answering = (name: 'pay' | 'query', change: (outcome: Outcome, own: Channel) => Outcome): Defect['spoil'] =>
  doing((own) => ({ [name]: async (...given: Parameters<Channel['pay']>) => change(await (own[name] as Channel['pay'])(...given), own) }));

type Http = Call['http'];

/** Every call goes over another wire. */
const wiring = (change: (http: Http, given: Given, call: Call) => Http): Defect['spoil'] =>
  doing((own, given) => {
    const spoiled = (call: Call): Call => ({ ...call, http: change(call.http, given, call) });
    return {
      pay: (request, call) => own.pay(request, spoiled(call)),
      query: async (attempt, call) => (await own.query?.(attempt, spoiled(call))) as Outcome,
      refund: async (request, call) => (await own.refund?.(request, spoiled(call))) as never,
      queryRefund: async (request, call) => (await own.queryRefund?.(request, spoiled(call))) as never,
      close: async (attempt, call) => (await own.close?.(attempt, spoiled(call))) as never,
    };
  });

type Content = Record<string, string>;

/** What is sent to addresses that end so is changed, and signed as it should be. */
export const sending = (to: RegExp, change: (content: Content, given: Given, call: Call) => object): Defect['spoil'] =>
  wiring((http, given, call) => async (request) => {
    if (request.method !== 'POST' || !to.test(request.url)) return http(request);
    const body = JSON.stringify(change(JSON.parse(String(request.body)), given, call));
    return http(signed({ ...request, body }, given.config));
  });

function signed(request: WireRequest, { base_url, key }: Config): WireRequest {
  const path = request.url.slice(base_url.length);
  return { ...request, headers: { ...request.headers, 'x-signature': sign(key, `${request.method} ${path}\n`, request.body ?? '') } };
}

/** What is heard from addresses that end so is changed, and believed. */
export const hearing = (
  from: RegExp,
  change: (content: Content, request: WireRequest, given: Given) => object,
  method?: 'GET' | 'POST',
): Defect['spoil'] =>
  wiring((http, given) => async (request) => {
    const answer = await http(request);
    const isMeant = from.test(request.url) && (method ?? request.method) === request.method;
    const isReadable = answer.kind === 'answered' && answer.body.length > 0;
    return isMeant && isReadable ? heard(answer, change(JSON.parse(String(answer.body)), request, given), given.config) : answer;
  });

function heard(answer: WireAnswer, content: object, { key }: Config): WireAnswer {
  const body = Buffer.from(JSON.stringify(content));
  return { ...answer, body, headers: { ...answer.headers, 'x-signature': sign(key, body) } };
}

/** As if a status of HTTP were another one. */
export const mishearing = (from: RegExp, status: number, heardAs: { readonly status: number; readonly content: object }): Defect['spoil'] =>
  wiring((http, { config }) => async (request) => {
    const answer = await http(request);
    const isMeant = answer.kind === 'answered' && answer.status === status && from.test(`${request.method} ${request.url}`);
    return isMeant ? heard({ ...answer, status: heardAs.status }, heardAs.content, config) : answer;
  });
