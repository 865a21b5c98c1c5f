/** However often a shopper changes his mind, a vendor is not flooded with his attempts. */
export const mostAttempts = 20;
/** No vendor is asked to take money in less time than this: it would be late as often as not. */
export const leastTimeMs = 15_000;
