import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly content: Buffer;
  /** By content coding, made when it is first asked for. */
  readonly packed: Map<string, Buffer>;
  /** Its name carries the hash of its content. */
  readonly immutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** The best first. */
const CODINGS: readonly { name: string; pack: (content: Buffer) => Promise<Buffer> }[] = [
  { name: 'br', pack: promisify<Buffer, Buffer>(brotliCompress) },
  { name: 'gzip', pack: promisify<Buffer, Buffer>(gzip) },
];

/**
 * Serves the built page from memory, a few hundred kilobytes. Only files that were
 * there then are served, by their exact names, so no path of a request ever reaches the file system.
 */
export function addPage(server: FastifyInstance, folder: string): void {
  if (!existsSync(join(folder, 'index.html'))) {
    server.get('/', async (_request, reply) =>
      reply
        .code(503)
        .type('text/plain; charset=utf-8')
        .send('The page is not built yet: run "npm run build".\n'),
    );
    return;
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const asset = load(file, path);
    const send = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      sendAsset(asset, request, reply);
    server.get(path, send);
    if (path === '/index.html') server.get('/', send);
  }
}

function load(file: string, path: string): Asset {
  const content = readFileSync(file);
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 20)}"`;
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  return { type, etag, content, packed: new Map(), immutable: path.startsWith('/assets/') };
}

async function sendAsset(asset: Asset, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  void reply
    .type(asset.type)
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  const accepted = request.headers['accept-encoding']?.toString() ?? '';
  const coding = asset.type.includes('charset')
    ? CODINGS.find(({ name }) => accepted.includes(name))
    : undefined;
  if (coding === undefined) return reply.send(asset.content);
  let packed = asset.packed.get(coding.name);
  if (packed === undefined) asset.packed.set(coding.name, (packed = await coding.pack(asset.content)));
  return reply.header('content-encoding', coding.name).send(packed);
}
