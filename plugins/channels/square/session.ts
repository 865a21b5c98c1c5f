/** A link is closed by its own id, and asked about by its order's: both are kept together. */
export interface Session {
  readonly linkId: string;
  readonly orderId: string;
}

export function joinSession({ linkId, orderId }: Session): string {
  return `${linkId}:${orderId}`;
}

export function splitSession(sessionNo: string | null): Session | null {
  const [linkId, orderId, more] = sessionNo?.split(':') ?? [];
  return linkId && orderId && more === undefined ? { linkId, orderId } : null;
}
