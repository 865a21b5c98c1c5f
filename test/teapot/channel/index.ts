import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import { parseCallback } from './callback.ts';
import { manifest } from './manifest.ts';
import { close, pay, query } from './orders.ts';
import { queryRefund, refund } from './refunds.ts';
import { fetchStatement, readStatement } from './statement.ts';

export interface Config {
  readonly base_url: string;
  readonly merchant: string;
  readonly key: string;
  readonly callback_key: string;
}

export interface Teapot {
  readonly config: Config;
  readonly kit: Kit;
}

function open({ config }: Account<Config>, kit: Kit): Channel {
  const teapot: Teapot = { config, kit };
  return {
    merchantNo: config.merchant,
    pay: (request, call) => pay(teapot, request, call),
    query: (attempt, call) => query(teapot, attempt, call),
    close: (attempt, call) => close(teapot, attempt, call),
    refund: (request, call) => refund(teapot, request, call),
    queryRefund: (request, call) => queryRefund(teapot, request, call),
    parseCallback: async (raw, call) => parseCallback(teapot, raw, call.now()),
    fetchStatement: (day, call) => fetchStatement(teapot, day, call),
    readStatement: (document) => readStatement(teapot, document),
  };
}

/** A small channel without a fault: what the contract suite has to find no fault with, before it is given one. */
export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
