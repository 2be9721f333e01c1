import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { SMTPServer } from 'smtp-server';

import { atEnd } from './at-end.ts';

/** A mail as it came over SMTP, headers and all. */
export interface ReceivedMail {
  readonly subject: string;
  readonly id: string;
  readonly raw: string;
}

/** A real SMTP server on loopback that keeps what it takes, until the end of the test. */
export async function receiveMail(): Promise<{ address: string; mails: ReceivedMail[] }> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        mails.push({ subject: header(raw, 'Subject'), id: header(raw, 'Message-ID'), raw });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, mails };
}

/** What Alertmanager's webhook posts, as far as tests look at it. */
export interface ReceivedWebhook {
  readonly version: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly {
    status: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
  /** Of the request; the same for a notification that is sent again. */
  readonly notificationId: string;
}

/** A real HTTP server on loopback that keeps what is posted to it, until the end of the test. */
export async function receiveWebhooks(): Promise<{ url: string; webhooks: ReceivedWebhook[] }> {
  const webhooks: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Omit<ReceivedWebhook, 'notificationId'>;
      const notificationId = request.headers['x-binnacle-notification-id']?.toString() ?? '';
      webhooks.push({ ...body, notificationId });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, webhooks };
}

/** A header of a mail; one that goes on over several lines is joined. */
function header(raw: string, name: string): string {
  const lines = raw
    .slice(0, raw.indexOf('\r\n\r\n'))
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const line = lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}
