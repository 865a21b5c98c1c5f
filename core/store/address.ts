/** Where a MySQL or MariaDB database is. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** True for `?tls=verify`: the connection is encrypted and the server's certificate checked. */
  readonly tls: boolean;
}

/** Reads `mysql://user:password@host:port/database`. Its errors never repeat the address, which holds a password. */
export function parseAddress(url: string): Address {
  if (!URL.canParse(url)) throw new Error('the database address is not a URL');
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  if (protocol !== 'mysql:' || hostname === '' || !/^[^/\s]+$/.test(database)) {
    throw new Error('the database address must be mysql://user:password@host:port/database');
  }
  for (const [name, value] of searchParams) {
    if (name !== 'tls' || value !== 'verify') throw new Error('the database address may carry ?tls=verify and nothing else');
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
    tls: searchParams.has('tls'),
  };
}
