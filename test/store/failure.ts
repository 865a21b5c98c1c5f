/** The error that a promise ends with. Throws when it does not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result) return result.error;
  throw new Error(`expected an error, got ${JSON.stringify(result.value)}`);
}
