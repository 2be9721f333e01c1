import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import fc from 'fast-check';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { atEnd } from '../../test/tools/at-end.ts';
import { freePort } from '../../test/tools/free-port.ts';
import { fingerprintOf } from './fingerprint.ts';
import { goTime } from './go-time.ts';
import { mailText } from './mail-text.ts';
import { mailReceiver, type MailOptions } from './mail.ts';
import type { NotifiedAlert, Notification } from './notification.ts';
import { webhookReceiver } from './webhook.ts';

const FIRED_MS = 1_700_000_000_000;

function alert(labels: Record<string, string>, more: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    status: 'firing',
    labels: { alertname: 'Excessive CPU load', ...labels },
    annotations: { summary: 'CPU is 90 % busy', description: 'Look at\nthe processes.' },
    startsAtMs: FIRED_MS,
    endsAtMs: undefined,
    generatorUrl: 'http://page/?view=metrics&q=cpu',
    fingerprint: '0',
    ...more,
  };
}

function notification(alerts: readonly NotifiedAlert[]): Notification {
  return {
    id: 'abc123',
    createdAtMs: FIRED_MS,
    groupKey: '{}:{alertname="Excessive CPU load"}',
    groupLabels: { alertname: 'Excessive CPU load' },
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    externalUrl: 'http://page',
    alerts,
  };
}

test.each([
  [{}, 'cbf29ce484222325'],
  // From the tests of prometheus/common: 5799056148416392346 and its kin.
  [{ fear: 'love is not enough', name: 'garland, briggs' }, 5799056148416392346n.toString(16)],
])('the fingerprint of %o', (labels, expected) => {
  expect(fingerprintOf(Object.entries(labels).flat())).toBe(expected);
});

test.each([
  [1_700_000_000_000, '2023-11-14T22:13:20Z'],
  [1_700_000_000_120, '2023-11-14T22:13:20.12Z'],
  [undefined, '0001-01-01T00:00:00Z'],
])('Go writes %s as %s', (ms, text) => expect(goTime(ms)).toBe(text));

describe('the words of a mail', () => {
  const ended = { status: 'resolved', endsAtMs: FIRED_MS + 60_000 } as const;
  test.each([
    [[alert({ instance: 'a:1' })], '[FIRING:1] Excessive CPU load (instance=a:1)'],
    [
      [alert({ instance: 'a', x: 'y' }), alert({ instance: 'b', x: 'y' })],
      '[FIRING:2] Excessive CPU load (x=y)',
    ],
    [[alert({ instance: 'a' }), alert({ instance: 'b' }, ended)], '[FIRING:1] Excessive CPU load'],
    [[alert({}, ended)], '[RESOLVED] Excessive CPU load'],
    [
      [alert({ a: 'x\r\nBcc: evil@example.org' })],
      '[FIRING:1] Excessive CPU load (a=x Bcc: evil@example.org)',
    ],
  ])('subject %#', (alerts, subject) => expect(mailText(notification(alerts)).subject).toBe(subject));

  test('say value, state, labels and where to look', () => {
    const { text } = mailText(notification([alert({ instance: 'a' }), alert({ instance: 'b' }, ended)]));
    expect(text).toContain(
      'CPU is 90 % busy\nFIRING since 2023-11-14T22:13:20Z\n\nLook at\nthe processes.\n',
    );
    expect(text).toContain('RESOLVED at 2023-11-14T22:14:20Z, fired since 2023-11-14T22:13:20Z');
    expect(text).toContain('  instance: a\n  http://page/?view=metrics&q=cpu');
  });

  test('of many alerts are cut', () => {
    const { text } = mailText(notification(Array.from({ length: 60 }, (_, i) => alert({ i: String(i) }))));
    expect(text).toContain('and 10 more');
  });

  test('stay text whatever the labels are', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constant('<script>alert(1)</script>'),
      fc.constant('"><img src=x>'),
      fc.constant("'\r\n.\r\n&"),
    );
    const tags = mailText(
      notification([alert({ x: 'a' }, { annotations: { summary: 'a', b: 'a' } })]),
    ).html.match(/<[^>]*>/g);
    fc.assert(
      fc.property(hostile, hostile, hostile, (value, summary, other) => {
        const { html, subject } = mailText(
          notification([alert({ x: value || 'v' }, { annotations: { summary, b: other } })]),
        );
        expect(html.match(/<[^>]*>/g)).toEqual(tags);
        expect(subject).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

describe('the webhook', () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const send = (url: string, token?: string): Promise<void> =>
    webhookReceiver({ name: 'webhook-1', url, token: () => token, timeoutMs: 300, fetch }).send(
      notification([alert({})]),
    );

  test('is posted with its id and credentials', async () => {
    const seen: IncomingMessage[] = [];
    const url = await serve((request, answer) => {
      seen.push(request);
      request.resume();
      answer.writeHead(204).end();
    });
    await send(url, 'secret');
    await send(url.replace('//', '//us%40er:pass@'));
    expect(seen.map(({ headers }) => [headers['x-binnacle-notification-id'], headers.authorization])).toEqual(
      [
        ['abc123', 'Bearer secret'],
        ['abc123', `Basic ${Buffer.from('us@er:pass').toString('base64')}`],
      ],
    );
  });

  test.each([
    { status: 500, retry: true, says: /answers 500$/ },
    { status: 429, retry: true, says: /answers 429$/ },
    { status: 401, retry: true, says: /answers 401$/ },
    { status: 400, retry: false, says: /answers 400$/ },
    { status: 307, retry: true, says: /answers 307, and redirects are not followed/ },
  ])('answered by $status', async ({ status, retry, says }) => {
    let asked = 0;
    const url = await serve((request, answer) => {
      asked++;
      request.resume();
      answer.writeHead(status, { location: '/elsewhere' }).end('no');
    });
    const fault = (await send(`${url}/hidden?key=hidden`, 'secret').catch(
      (thrown: unknown) => thrown,
    )) as Fault;
    expect(fault).toBeInstanceOf(Fault);
    expect({ retry: fault.retry, asked }).toEqual({ retry, asked: 1 });
    expect(fault.message).toMatch(says);
    expect(fault.message).not.toContain('hidden');
  });

  test('that does not answer, or is not there', async () => {
    const url = await serve(() => undefined);
    await expect(send(url)).rejects.toMatchObject({
      retry: true,
      message: expect.stringMatching(/timeout/) as string,
    });
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await expect(send(nowhere)).rejects.toMatchObject({
      retry: true,
      message: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  });
});

describe('the mail', () => {
  interface Received {
    readonly to: readonly string[];
    readonly source: string;
    readonly user: unknown;
    readonly secure: boolean;
  }

  async function serve(more: SMTPServerOptions = {}): Promise<{ port: number; mails: Received[] }> {
    const mails: Received[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _session, done) =>
        password === 'secret' ? done(null, { user: username }) : done(new Error('wrong password')),
      onData: (stream, session, done) => {
        let source = '';
        stream.on('data', (part) => (source += String(part)));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({ to, source, user: session.user, secure: session.secure });
          done();
        });
      },
      ...more,
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return { port: (server.server.address() as AddressInfo).port, mails };
  }

  const options = (port: number, more: Partial<MailOptions> = {}): MailOptions => ({
    name: 'mail',
    server: { host: '127.0.0.1', port },
    tls: 'none',
    user: undefined,
    password: () => undefined,
    from: 'Binnacle <b@example.org>',
    to: ['ops@example.org', 'dev@example.org'],
    timeoutMs: 1000,
    onRefusedAddresses: () => undefined,
    ...more,
  });
  const faultOf = (more: MailOptions): Promise<Fault> =>
    mailReceiver(more)
      .send(notification([alert({})]))
      .then(
        () => expect.unreachable('it was sent'),
        (thrown: unknown) => thrown as Fault,
      );

  test('goes to all addresses, as text and HTML, with its id and in its thread', async () => {
    const { port, mails } = await serve();
    const receiver = mailReceiver(options(port, { user: 'u', password: () => 'secret' }));
    await receiver.send(notification([alert({ instance: 'a:1' })]));
    await receiver.send(notification([alert({ instance: 'a:1' })]));
    const [first, second] = mails.map(({ source }) => source);
    expect(mails[0]).toMatchObject({ to: ['ops@example.org', 'dev@example.org'], user: 'u' });
    expect(first).toMatch(/^Message-ID: <abc123@example\.org>\r$/m);
    expect(first).toMatch(/^X-Binnacle-Notification-Id: abc123\r$/im);
    expect(first).toMatch(/^Subject: \[FIRING:1\] Excessive CPU load \(instance=a:1\)\r$/m);
    expect(first).toMatch(/^Date: Tue, 14 Nov 2023 22:13:20 \+0000\r$/m);
    expect(first).toMatch(/multipart\/alternative[^]*text\/plain[^]*text\/html/);
    const thread = /^References: (.*)\r$/m;
    expect(thread.exec(first ?? '')?.[1]).toBe(thread.exec(second ?? '')?.[1]);
  });

  test('tells what is refused, and whether it may be tried again', async () => {
    const wrong = await serve();
    expect(await faultOf(options(wrong.port, { user: 'u', password: () => 'x' }))).toMatchObject({
      retry: true,
    });
    const code = (responseCode: number): SMTPServerOptions => ({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('not here'), { responseCode })),
    });
    expect(await faultOf(options((await serve(code(450))).port))).toMatchObject({ retry: true });
    expect(await faultOf(options((await serve(code(550))).port))).toMatchObject({ retry: false });
    expect(await faultOf(options(await freePort()))).toMatchObject({ retry: true });
  });

  test('that only some addresses refuse is sent, and told', async () => {
    const { port, mails } = await serve({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('ops') ? new Error('no such user') : null),
    });
    const refused: string[] = [];
    const receiver = mailReceiver(options(port, { onRefusedAddresses: (all) => void refused.push(...all) }));
    await receiver.send(notification([alert({})]));
    expect({ to: mails[0]?.to, refused }).toEqual({ to: ['dev@example.org'], refused: ['ops@example.org'] });
  });

  test('is not sent in the clear when TLS is asked for', async () => {
    const { port, mails } = await serve();
    expect((await faultOf(options(port, { tls: 'starttls' }))).message).toMatch(/STARTTLS/i);
    expect(mails).toEqual([]);
  });

  test('waits no longer than its timeout', async () => {
    const { port } = await serve({ onConnect: () => undefined });
    const beforeMs = performance.now();
    expect(await faultOf(options(port, { timeoutMs: 200 }))).toMatchObject({ retry: true });
    expect(performance.now() - beforeMs).toBeLessThan(3000);
  });
});
