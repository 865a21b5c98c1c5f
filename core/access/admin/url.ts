const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * What is wrong with an address as given. Plain http only to this machine and only for test data.
 * Where a name leads is looked at when it is called: it may change after today. Only the way back
 * may have a fragment: shops of a single page name their routes by it, while no request carries one.
 */
export function urlFaults(name: string, text: string, livemode: boolean): string[] {
  const url = URL.parse(text);
  if (url === null || text.length > 1000) return [`${name} must be an absolute address of at most 1000 characters`];
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && !livemode && loopback.test(url.hostname));
  return [
    ...(isAllowed ? [] : [`${name} must begin with https:// (http:// only to this machine, for test data)`]),
    ...(url.username === '' && url.password === '' ? [] : [`${name} must not hold a user name or password`]),
    ...(url.hash === '' || name === 'return_url' ? [] : [`${name} must not have a fragment`]),
  ];
}
