import { createHash } from 'node:crypto';

import { createTransport } from 'nodemailer';

import { Fault, reasonOf } from '../../lib/fault.ts';
import type { Address } from '../../lib/settings.ts';
import { mailText } from './mail-text.ts';
import type { Notification } from './notification.ts';
import type { Receiver } from './receiver.ts';

export interface MailOptions {
  readonly name: string;
  readonly server: Address;
  /** `starttls` is required, not only tried. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly user: string | undefined;
  /** Read before each mail, since it may be replaced. */
  readonly password: () => string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeoutMs: number;
  /** The server took the mail, but not for these. */
  onRefusedAddresses(addresses: readonly string[]): void;
}

/** Sends a notification as one mail to all addresses, as text and HTML. */
export function mailReceiver(options: MailOptions): Receiver {
  const { name, from, to } = options;
  const send = async (notification: Notification): Promise<void> => {
    const { id, groupKey, createdAtMs } = notification;
    const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost';
    const thread = `<${createHash('sha256').update(groupKey).digest('hex').slice(0, 32)}@${domain}>`;
    let refused: readonly string[];
    try {
      const sent = await transport(options).sendMail({
        from,
        to: [...to],
        ...mailText(notification),
        date: new Date(createdAtMs),
        messageId: `<${id}@${domain}>`,
        // All mails about alerts of one name make a thread.
        inReplyTo: thread,
        references: thread,
        headers: { 'X-Binnacle-Notification-Id': id, 'Auto-Submitted': 'auto-generated' },
      });
      refused = sent.rejected.map(String);
    } catch (cause) {
      throw mailFault(options, cause);
    }
    if (refused.length > 0) options.onRefusedAddresses(refused);
  };
  return { name, send };
}

function transport({ server, tls, user, password, timeoutMs }: MailOptions) {
  const pass = password();
  return createTransport({
    host: server.host,
    port: server.port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user !== undefined && { auth: { user, pass: pass ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** A reply of 5xx to the addresses or the text is about this mail; all else may pass. */
function mailFault({ server }: MailOptions, cause: unknown): Fault {
  const { code, responseCode = 0 } = cause as { code?: string; responseCode?: number };
  const refused = (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500;
  const message = `the mail server ${server.host}:${server.port} did not take it: ${reasonOf(cause)}`;
  return new Fault('mail', message, { retry: !refused });
}
