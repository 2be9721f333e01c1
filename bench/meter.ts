/** A TCP relay on loopback that counts what goes through it: the bytes on the wire, headers and all. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Meter {
  readonly port: number;
  /** From those who connect, to the target. */
  sentBytes(): number;
  /** From the target back. */
  receivedBytes(): number;
  close(): void;
}

/** Relays connections to its port to `targetPort` of 127.0.0.1. */
export async function startMeter(targetPort: number): Promise<Meter> {
  let [sent, received] = [0, 0];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    client.on('data', (chunk) => (sent += chunk.length));
    target.on('data', (chunk) => (received += chunk.length));
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      // An end that breaks off takes the other with it, as if nothing were between.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sentBytes: () => sent,
    receivedBytes: () => received,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
