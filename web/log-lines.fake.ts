import type { SentLine } from './log/log-line.ts';

const NGINX = { job: 'files', filename: '/var/log/nginx/access.log', host: 'alpha' };
const SSH = { job: 'journal', unit: 'ssh.service', host: 'alpha' };
const APP = { job: 'journal', unit: 'checkout.service', host: 'alpha', level: 'info' };
const WARNING = { ...APP, level: 'warning' };
const ERROR = { ...APP, level: 'error' };
const KERNEL = { job: 'files', filename: '/var/log/kern.log', host: 'alpha' };

const PATHS = [
  '/',
  '/api/cart',
  '/api/cart/items?limit=50',
  '/static/app.9f3c.js',
  '/healthz',
  '/api/orders/8812',
];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0', 'curl/8.14.1'];

/** Lines as a host writes them: web requests, logins, an application that has a bad quarter of an hour, a kernel. */
export function hostLines(count: number, endMs: number, spanMs: number): SentLine[] {
  let seed = 42;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  return Array.from({ length: count }, (_, i) => {
    const atMs = endMs - spanMs + (i * spanMs) / count;
    const isBad = i > count * 0.55 && i < count * 0.7;
    const [labels, text] = lineAt(atMs, random, isBad);
    return { timeNs: BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(random(1_000_000)), labels, text };
  });
}

function lineAt(
  atMs: number,
  random: (below: number) => number,
  isBad: boolean,
): [Record<string, string>, string] {
  const stamp = new Date(atMs).toISOString();
  const client = `10.0.${random(4)}.${random(250)}`;
  const kind = random(100);
  if (kind < 62) {
    const status = isBad && random(3) === 0 ? 502 : [200, 200, 200, 304, 404][random(5)];
    const path = PATHS[random(PATHS.length)];
    return [
      NGINX,
      `${client} - - [${stamp}] "GET ${path} HTTP/1.1" ${status} ${random(90_000)} "-" "${AGENTS[random(2)]}"`,
    ];
  }
  if (kind < 70) {
    const user = ['root', 'admin', 'oracle', 'postgres'][random(4)];
    return [
      SSH,
      `sshd[${2000 + random(900)}]: Failed password for invalid user ${user} from ${client} port ${random(65_000)} ssh2`,
    ];
  }
  if (kind < 72)
    return [KERNEL, `kernel: [${random(99_999)}.${random(999_999)}] eth0: renamed from veth${random(9999)}`];
  if (isBad && kind < 88) {
    return [
      ERROR,
      `{"time":"${stamp}","level":"error","msg":"payment provider does not answer","order":${random(9999)},"attempt":${random(4)},"timeout_ms":3000}`,
    ];
  }
  if (kind < 78)
    return [
      WARNING,
      `{"time":"${stamp}","level":"warn","msg":"slow query","ms":${800 + random(2000)},"table":"orders"}`,
    ];
  if (kind < 82)
    return [
      { ...APP, level: 'debug' },
      `cache: \u001b[36mhit\u001b[0m ratio 0.${random(99)} of ${random(5000)} keys`,
    ];
  return [
    APP,
    `{"time":"${stamp}","level":"info","msg":"order placed","order":${random(9999)},"items":${1 + random(9)},"ms":${random(400)}}`,
  ];
}
