import type { App } from '../access/directory.ts';
import type { Payer } from '../contract/channel.ts';
import type { Bank, MethodManifest } from '../contract/manifest.ts';
import { type Offered, offeredMethods } from '../payments/candidates.ts';
import type { Kernel } from '../payments/deps.ts';
import { storedRequestOf } from '../payments/request.ts';
import type { PaymentRow } from '../store/tables/payments.ts';

/** A method as the checkout shows it. */
export interface Offer {
  readonly method: string;
  readonly channel: string;
  /** Which account tells who the shopper is, where that is missing. */
  readonly accountId: string;
  readonly name: MethodManifest['name'];
  readonly action: MethodManifest['action'];
  readonly kind: 'card' | null;
  /** What the page has to ask the shopper for. */
  readonly missing: readonly (keyof Payer)[];
  /** Where the shopper names his bank: which there are. Empty: the vendor's list is not known. */
  readonly banks: readonly Bank[];
  /** The page is open inside this method's own wallet: nobody there wants another one. */
  readonly isAtHome: boolean;
  /** False: its channel has not answered lately. */
  readonly isUp: boolean;
}

/** What the shopper's browser is. */
export interface Device {
  readonly kind: 'desktop' | 'phone';
  readonly userAgent: string;
}

/**
 * Tablets count as desktops: an iPad says Macintosh unless an app opened the page, both times it is the same screen, large
 * enough to show a code to a phone. Browsers on phones say Mobile, those on Android and HarmonyOS tablets leave it out. The
 * hint only adds: it says no wherever somebody asked for the desktop's page, and there the User-Agent says so as well.
 */
export function readDevice(headers: Readonly<Record<string, string | undefined>>): Device {
  const userAgent = headers['user-agent'] ?? '';
  const isPhone = headers['sec-ch-ua-mobile'] === '?1' || (/Mobi|iPhone/i.test(userAgent) && !/iPad|Tablet/i.test(userAgent));
  return { kind: isPhone ? 'phone' : 'desktop', userAgent };
}

/** What the page can ask the shopper for, or sees by itself. */
const asked: readonly (keyof Payer)[] = ['bankCode', 'name', 'email', 'phone', 'country', 'clientIp'];

/** What the shopper can choose from in this browser, best first. Inside a wallet that has methods of its own, those alone. */
export function listOffers(kernel: Kernel, app: App, payment: PaymentRow, device: Device): readonly Offer[] {
  const { orderLines, payer } = storedRequestOf(payment);
  const wish = { amount: payment.amount, currency: payment.currency, orderLines, payer };
  const fitting = offeredMethods(kernel, app, wish).filter(
    (one) => fits(one.method, device) && one.missing.every((field) => canAsk(one, field)),
  );
  const own = fitting.filter(({ method }) => isAtHome(method, device));
  return inOrder(kernel, own.length > 0 ? own : fitting, device).map(({ method, account, missing, isUp }) => ({
    method: method.id,
    channel: account.channelId,
    accountId: account.id,
    name: method.name,
    action: method.action,
    kind: method.checkout?.kind ?? null,
    missing,
    banks: (missing.includes('bankCode') ? account.channel.banks : undefined) ?? method.checkout?.banks ?? [],
    isAtHome: isAtHome(method, device),
    isUp,
  }));
}

/**
 * To a shopper cards are cards, whoever takes them. Vendors' pages let a card that was declined be followed by another and tell nobody, so
 * whoever comes back from one to choose again is led to the next.
 */
export function oneOfEachKind<T extends Pick<Offer, 'kind' | 'method'>>(offers: readonly T[], tried: ReadonlySet<string>): readonly T[] {
  const shown = (kind: Offer['kind']) => {
    const alike = offers.filter((one) => one.kind === kind);
    return alike.find(({ method }) => !tried.has(method)) ?? alike[0];
  };
  return offers.filter((one) => one.kind === null || shown(one.kind) === one);
}

/** Who the shopper is the vendor tells, where the account can ask it. */
function canAsk({ account }: Offered, field: keyof Payer): boolean {
  return field === 'openid' ? account.channel.identify !== undefined : asked.includes(field);
}

function isAtHome(method: MethodManifest, device: Device): boolean {
  const { inside, home = [] } = method.checkout ?? {};
  const { userAgent } = device;
  return !isShutOut(method, device) && [...(inside === undefined ? [] : [inside]), ...home].some((part) => userAgent.includes(part));
}

function isShutOut({ checkout }: MethodManifest, { userAgent }: Device): boolean {
  return checkout?.except?.some((part) => userAgent.includes(part)) ?? false;
}

function fits(method: MethodManifest, device: Device): boolean {
  const { checkout, action } = method;
  if (isShutOut(method, device)) return false;
  if (isAtHome(method, device)) return true;
  if (checkout?.inside !== undefined) return false;
  // Parameters for an app are of no use to a browser.
  if (action === 'sdk') return false;
  return checkout?.devices === undefined || checkout.devices.includes(device.kind);
}

/**
 * Those that answer before those that do not, and on a phone a code to scan after what can be opened on it: for that a second
 * phone is needed. Then as the accounts' priorities have it, and among equals what ended well lately.
 */
function inOrder({ recentSuccess }: Kernel, offered: readonly Offered[], device: Device): readonly Offered[] {
  const rank = ({ isUp, method }: Offered) => (isUp ? 0 : 2) + (device.kind === 'phone' && method.action === 'qr' ? 1 : 0);
  const ranked = offered.map((one) => ({ one, rank: rank(one), tenths: recentSuccess.tenthsOf(one.method.id) }));
  return ranked
    .toSorted((a, b) => a.rank - b.rank || a.one.account.record.priority - b.one.account.record.priority || b.tenths - a.tenths)
    .map(({ one }) => one);
}
