import { isIP } from 'node:net';

/**
 * Can only this host reach what listens at this name or address? Of names only `localhost`: one such as
 * `127.0.0.1.example.com` is whoever's it is.
 */
export function isLoopback(host: string): boolean {
  return (
    host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  );
}
