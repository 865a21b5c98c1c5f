import type { Payer } from './channel.ts';

/** What a channel can do. Pure data: it is validated, shown, documented and compared with the functions at load. */
export interface ChannelManifest {
  /** Equal to the folder's name; the first half of every method's id. */
  readonly id: string;
  readonly name: Name;
  /** `beta`: some request format could not be checked against a vendor's document, schema or vector. */
  readonly maturity: 'stable' | 'beta';
  /** What was checked, and against what. Absent or empty: nothing was. A channel that is not `beta` has its requests among it. */
  readonly verified?: readonly Verification[];
  readonly methods: readonly MethodManifest[];
  readonly abilities: Abilities;
  readonly money: {
    readonly notation: 'minor_integer' | 'major_string' | 'major_number';
    /**
     * Decimals of currencies where this vendor departs from ISO 4217. A channel that counts in minor units must not offer
     * them: its units would be others than the kernel's.
     */
    readonly exponents?: Readonly<Record<string, number>>;
  };
  readonly idempotency: {
    /** True when repeating `pay` with the same number and body cannot create a second payable thing. */
    readonly create: boolean;
    /** For how long a repeat is safe. Absent: for the attempt's life. */
    readonly ttlHours?: number;
    /**
     * False where the vendor tells a repeated refund from a second one by nothing: one whose answer was
     * lost is then never sent again, and an operator decides unless `queryRefund` finds it. True when absent.
     */
    readonly refund?: boolean;
  };
  readonly callback: {
    /** The highest trust that `parseCallback` can give. */
    readonly trust: 'signed' | 'token' | 'unverified';
  };
  readonly settle: {
    /** How far apart two answers "not found" must be to count. */
    readonly notFoundIsFinalAfterSec: number;
    /** How long after its expiry a number may still turn out to be paid. */
    readonly settlingSec: number;
  };
  /** What HTTP 429 means: `notSent` only where the vendor documents that such a request is not executed. */
  readonly rateLimited: 'notSent' | 'unknown';
  /** Our decline codes after which another account or method may be tried by itself. */
  readonly failoverCodes: readonly string[];
  /**
   * `operator`: nobody but a person can say that the money came (cash, a bank transfer), and the
   * operator's word, given with evidence, is taken as the vendor's. Absent for every vendor with an API.
   */
  readonly confirmedBy?: 'operator';
  /** `bank`: its statements are those of an account at a bank, to which other channels may pay out. Absent for all others. */
  readonly statementsOf?: 'bank';
  /** When the vendor's business day ends and its statement is there. Present exactly where `abilities.statement` is `api`. */
  readonly statements?: {
    /** The zone of the vendor's days: `Asia/Shanghai`, `UTC`. */
    readonly zone: string;
    /**
     * When a day ends by that zone's clock; `00:00`, midnight, when absent. From noon on it ends the day on which the clock shows it
     * (`23:00`: a day begins at 23:00 of the one before), a time before noon ends the day before.
     */
    readonly cutOff?: string;
    /** From when on the next day of the calendar, in that zone, a statement can be asked for: `10:00`. */
    readonly readyAt: string;
    /** `settlement`: a day lists what was settled on it, whenever it happened. `trade`, the default: what happened on it. */
    readonly day?: 'trade' | 'settlement';
  };
  readonly config: ConfigSchema;
}

/** One part of a channel that was held against something that its author did not write. */
export interface Verification {
  /** `flow`: the whole course of a payment, from the create to the refund, at a counterpart that answers. */
  readonly what: 'requests' | 'answers' | 'callbacks' | 'signatures' | 'statements' | 'flow';
  /**
   * The first four are the vendor's own word. `other_code`: another program that speaks to this vendor.
   * `simulator`: one that was written from the vendor's rules and shares no code with the channel.
   */
  readonly against: 'vendor_document' | 'vendor_schema' | 'vendor_vector' | 'vendor_library' | 'standard' | 'other_code' | 'simulator';
  /** Which one, so that another can look it up, and which part of it where not all: `Adyen/adyen-openapi, CheckoutService v72`. */
  readonly source: string;
  /** The ids of the methods that it is about; all of the channel's when absent. */
  readonly methods?: readonly string[];
}

/**
 * What something is called. In Japanese, Spanish and Arabic where it has a name of its own there: otherwise shoppers are shown
 * the English one, marked as English for screen readers.
 */
export interface Name {
  readonly en: string;
  readonly zh: string;
  readonly ja?: string;
  readonly es?: string;
  readonly ar?: string;
}

/** Which amounts a vendor takes, in minor units, per payment. */
export interface AmountRule {
  readonly min?: number;
  readonly max?: number;
  /** Amounts must be multiples of this: 100 where a vendor takes whole rupiahs alone. One when absent. */
  readonly step?: number;
}

/** One way to pay. */
export interface MethodManifest extends AmountRule {
  /** `<channel>_<product>`, such as `wechat_native`. */
  readonly id: string;
  readonly product: string;
  readonly name: Name;
  readonly action: 'qr' | 'redirect' | 'form' | 'sdk' | 'instructions' | 'none';
  /** Where it differs from the channel's. */
  readonly maturity?: ChannelManifest['maturity'];
  /** ISO 4217 codes. */
  readonly currencies: readonly string[];
  /** Where a currency has another rule than the rest; what it leaves out is the method's. */
  readonly inCurrency?: Readonly<Record<string, AmountRule>>;
  /** How many orders are paid together. Absent for methods that pay one, whatever lines the merchant gives. */
  readonly orderLines?: { readonly min: number; readonly max: number };
  /** Members of {@link Payer} without which the vendor refuses. */
  readonly needs?: readonly Exclude<keyof Payer, 'locale'>[];
  /** Where a shopper can use it at the hosted checkout. Absent: in every browser, and nowhere if its action is `sdk`. */
  readonly checkout?: {
    /** Both when absent. */
    readonly devices?: readonly ('desktop' | 'phone')[];
    /** A part of the User-Agent by which the browser inside this wallet is known. The method is offered there alone. */
    readonly inside?: string;
    /** Parts of the User-Agent by which this wallet's own browser is known, where the method works elsewhere too. At home it comes alone. */
    readonly home?: readonly string[];
    /** Parts of the User-Agent of browsers in which the method does not work, whatever else is said here. */
    readonly except?: readonly string[];
    /** What shoppers know the method as, where the vendor's name tells them nothing. Of several, the page shows the best alone. */
    readonly kind?: 'card';
    /** For methods that need `bankCode`: the banks to choose from. Absent: the shopper types what his bank is called. */
    readonly banks?: readonly Bank[];
  };
  /** Where this method can do less, or other things, than the channel's other methods. */
  readonly abilities?: Partial<Pick<Abilities, 'query' | 'close' | 'capture' | 'refund'>>;
}

/** A bank as a vendor calls it, and as people do. */
export interface Bank {
  readonly code: string;
  /** A text alone where nobody told its language, as in an account's configuration. */
  readonly name: Name | string;
}

/** Each ability other than `none` requires the function of the same purpose, and the reverse. */
export interface Abilities {
  /** `by_channel_no`: only once the vendor has named it, by `channelNo` or `sessionNo`. */
  readonly query: 'by_number' | 'by_channel_no' | 'none';
  readonly close: 'unpaid' | 'none';
  readonly capture: 'full' | 'partial' | 'none';
  readonly refund: 'full' | 'partial' | 'none';
  readonly queryRefund: 'by_number' | 'by_channel_no' | 'none';
  /** `file`: it cannot be asked for, but one that came by hand can be read. */
  readonly statement: 'api' | 'file' | 'none';
}

/** A flat subset of JSON Schema, with `secret` marks. One declaration validates, masks, documents and draws the form. */
export interface ConfigSchema {
  readonly type: 'object';
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, ConfigProperty>>;
}

export interface ConfigProperty {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  /** Encrypted at rest, never shown, masked in every log. */
  readonly secret?: boolean;
  /** Names the merchant at the vendor: another value is another merchant. For channels whose `merchantNo` is null. */
  readonly identity?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
}
