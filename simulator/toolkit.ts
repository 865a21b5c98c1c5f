import * as answers from './answers.ts';
import * as certificate from './certificate.ts';
import * as fields from './fields.ts';
import * as hmac from './hmac.ts';
import * as once from './once.ts';
import * as orders from './orders.ts';
import * as pages from './pages.ts';
import * as requests from './requests.ts';
import * as rsa from './rsa.ts';
import * as time from './time.ts';
import * as xml from './xml.ts';
import * as yuan from './yuan.ts';

/**
 * What vendors are written with. One that comes in a package cannot know where the simulator's files lie: it exports a
 * function of this instead of the vendor itself.
 */
export const toolkit = { answers, certificate, fields, hmac, once, orders, pages, requests, rsa, time, xml, yuan };

export type Toolkit = typeof toolkit;
