import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { ByteReader } from '../../lib/byte-reader.ts';

export interface ReceivedLine {
  readonly tag: string;
  readonly timeNs: bigint;
  readonly record: Readonly<Record<string, unknown>>;
}

/** What the receiver does with a chunk: acknowledges it, says nothing, answers another's name, or hangs up. */
export type Answer = 'ack' | 'silence' | 'wrong' | 'hang up' | 'take and hang up';

/**
 * A receiver of the Forward protocol (Fluentd's specification v1) that takes PackedForward chunks with
 * acknowledgement.
 */
export class ForwardReceiver {
  readonly lines: ReceivedLine[] = [];
  chunks = 0;
  /** How the next chunks are answered; `ack` when there is none. */
  answers: Answer[] = [];
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let waiting = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (
        let reader = new ByteReader(waiting);
        ;
        waiting = waiting.subarray(reader.offset), reader = new ByteReader(waiting)
      ) {
        let message: unknown;
        try {
          message = readValue(reader);
        } catch {
          // The rest is not there yet.
          return;
        }
        this.#chunk(socket, message as [string, Uint8Array, { chunk: string }]);
      }
    });
  }

  #chunk(socket: Socket, [tag, packed, { chunk }]: [string, Uint8Array, { chunk: string }]): void {
    this.chunks++;
    const answer = this.answers.shift() ?? 'ack';
    if (answer !== 'hang up') {
      const entries = new ByteReader(packed);
      while (entries.remaining > 0) {
        const [timeNs, record] = readValue(entries) as [bigint, Record<string, unknown>];
        this.lines.push({ tag, timeNs, record });
      }
    }
    if (answer === 'silence') return;
    if (answer.endsWith('hang up')) socket.destroy();
    else socket.write(acknowledgement(answer === 'wrong' ? 'another' : chunk));
  }
}

/** `{"ack": <chunk>}` in MessagePack. */
function acknowledgement(chunk: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x81, 0xa3]),
    Buffer.from('ack'),
    Buffer.from([0xd9, chunk.length]),
    Buffer.from(chunk),
  ]);
}

/** A value of MessagePack, as far as the Forward protocol has them; an EventTime as nanoseconds. */
function readValue(reader: ByteReader): unknown {
  const big = (bytes: number): number => Number.parseInt(Buffer.from(reader.raw(bytes)).toString('hex'), 16);
  const text = (length: number): string => Buffer.from(reader.raw(length)).toString();
  const list = (length: number): unknown[] => Array.from({ length }, () => readValue(reader));
  const map = (length: number): unknown =>
    Object.fromEntries(Array.from({ length }, () => [readValue(reader), readValue(reader)]));
  const code = reader.u8();
  if (code < 0x80) return code;
  if (code < 0x90) return map(code & 15);
  if (code < 0xa0) return list(code & 15);
  if (code < 0xc0) return text(code & 31);
  switch (code) {
    case 0xc0:
      return null;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return reader.raw(big(2 ** (code - 0xc4)));
    case 0xcc:
    case 0xcd:
    case 0xce:
      return big(2 ** (code - 0xcc));
    case 0xd7:
      if (reader.u8() !== 0) throw new Error('not an EventTime');
      return BigInt(big(4)) * 1_000_000_000n + BigInt(big(4));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return text(big(2 ** (code - 0xd9)));
    case 0xdc:
      return list(big(2));
    case 0xde:
      return map(big(2));
    default:
      throw new Error(`the receiver does not know the code ${code.toString(16)}`);
  }
}
