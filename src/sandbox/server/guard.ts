import type { IncomingMessage } from 'node:http';

/** A header that no form and no image can send: other pages would need a CORS preflight for it, which is never granted. */
export const PAGE_HEADER = 'x-sandbox-page';

/** What may stand in the Host header of the server at this port. Another name means that somebody's DNS was bent to loopback. */
const ownHosts = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`];

/** Why a request is not served; undefined if it may be. */
export function refuse(request: IncomingMessage, port: number): string | undefined {
  const host = request.headers.host ?? '';
  if (!ownHosts(port).includes(host)) {
    return `This sandbox answers only as ${ownHosts(port).join(' or ')}. Open it by one of these addresses.`;
  }
  const site = request.headers['sec-fetch-site'];
  const isNavigation = request.headers['sec-fetch-mode'] === 'navigate';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation) {
    return 'Another page asked for this. Only the sandbox’s own page may.';
  }
  if (request.method === 'GET') return undefined;
  if (request.method !== 'POST') return 'Only GET and POST are understood here.';
  if (request.headers.origin !== `http://${host}`) return 'Only the sandbox’s own page may act here.';
  if (request.headers[PAGE_HEADER] !== '1') return `A request that acts needs the header ${PAGE_HEADER}: 1.`;
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) return 'Send JSON.';
  return undefined;
}

/** Sent with everything: nothing is loaded from elsewhere, and nobody may put the page into a frame. */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;
