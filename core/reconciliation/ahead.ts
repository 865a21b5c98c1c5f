/**
 * The same, with the next one asked for while this one is worked on: a piece is unpacked, or read by the database, on another
 * processor meanwhile. One is read ahead and no more, so that memory stays what it is.
 */
export async function* readAhead<Item>(items: AsyncIterable<Item>): AsyncIterable<Item> {
  const iterator = items[Symbol.asyncIterator]();
  let next = ask(iterator);
  try {
    for (let item = await next; item.done !== true; item = await next) {
      next = ask(iterator);
      yield item.value;
    }
  } finally {
    // A generator that is asked to end does so once what it was asked for has come.
    await iterator.return?.();
  }
}

/** What it fails with is thrown to whoever awaits it, and may come before anybody does. */
function ask<Item>(iterator: AsyncIterator<Item>): Promise<IteratorResult<Item>> {
  const next = iterator.next();
  next.catch(() => undefined);
  return next;
}
