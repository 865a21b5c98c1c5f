/** Splits `/wechat/v3/x?y=z` into the channel and what the vendor itself would see. */
export function splitTarget(target: string): { readonly prefix: string; readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const slash = path.indexOf('/', 1);
  const prefix = slash < 0 ? path.slice(1) : path.slice(1, slash);
  return { prefix, path: slash < 0 ? '/' : path.slice(slash), query: mark < 0 ? '' : target.slice(mark + 1) };
}
