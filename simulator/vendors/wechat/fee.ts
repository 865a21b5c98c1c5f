/** 0.60 %, to the nearest fen. */
export const feeOf = (amount: number) => Math.floor((amount * 6 + 500) / 1000);
