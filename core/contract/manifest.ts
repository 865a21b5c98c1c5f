import type { Payer } from './channel.ts';

/** What a channel can do. Pure data: it is validated, shown, documented and compared with the functions at load. */
export interface ChannelManifest {
  /** Equal to the folder's name; the first half of every method's id. */
  readonly id: string;
  readonly name: { readonly en: string; readonly zh: string };
  /** `beta`: some request format could not be checked against a vendor's document, schema or vector. */
  readonly maturity: 'stable' | 'beta';
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
  /** When the vendor's business day ends and its statement is there. Present exactly where `abilities.statement` is `api`. */
  readonly statements?: {
    /** The zone of the vendor's days: `Asia/Shanghai`, `UTC`. */
    readonly zone: string;
    /** From when on the next day, in that zone, a statement can be asked for: `10:00`. */
    readonly readyAt: string;
    /** `settlement`: a day lists what was settled on it, whenever it happened. `trade`, the default: what happened on it. */
    readonly day?: 'trade' | 'settlement';
  };
  readonly config: ConfigSchema;
}

/** One way to pay. */
export interface MethodManifest {
  /** `<channel>_<product>`, such as `wechat_native`. */
  readonly id: string;
  readonly product: string;
  readonly name: { readonly en: string; readonly zh: string };
  readonly action: 'qr' | 'redirect' | 'form' | 'sdk' | 'instructions' | 'none';
  /** ISO 4217 codes. */
  readonly currencies: readonly string[];
  /** Minor units, per payment. */
  readonly min?: number;
  readonly max?: number;
  /** Amounts must be multiples of this, in minor units: 100 where a vendor takes whole rupiahs alone. One when absent. */
  readonly step?: number;
  /** How many orders are paid together. Absent for methods that pay one, whatever lines the merchant gives. */
  readonly orderLines?: { readonly min: number; readonly max: number };
  /** Members of {@link Payer} without which the vendor refuses. */
  readonly needs?: readonly Exclude<keyof Payer, 'locale'>[];
  /** Where this method can do less, or other things, than the channel's other methods. */
  readonly abilities?: Partial<Pick<Abilities, 'query' | 'close' | 'capture' | 'refund'>>;
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
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
}
