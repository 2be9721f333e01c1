import { copyFileSync, existsSync, renameSync, truncateSync } from 'node:fs';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Host } from './host.fake.ts';

const KEPT = 40;

/** A daemon that writes numbered lines to `name`, in pieces, and its log rotation. */
class Writer {
  readonly host: Host;
  readonly name: string;
  /** The first line of each file, or none. */
  readonly banner: string;
  readonly expected: string[] = [];
  #rest = '';

  constructor(host: Host, name: string, banner: string) {
    this.host = host;
    this.name = name;
    this.banner = banner;
  }

  write(count: number, cutAt: number): void {
    if (this.banner !== '' && !existsSync(this.host.path(this.name))) this.#say(this.banner);
    for (let i = 0; i < count; i++) this.#say(`${this.name} ${this.expected.length} ${'.'.repeat(i * 7)}`);
    const text = this.#rest;
    const end = Math.max(0, text.length - cutAt);
    this.#rest = text.slice(end);
    this.host.append(this.name, text.slice(0, end));
  }

  rotate(how: 'rename' | 'copy'): void {
    const { host, name } = this;
    this.finish();
    if (!existsSync(host.path(name))) return;
    for (let i = KEPT; i > 0; i--) {
      const from = host.path(`${name}.${i}`);
      if (existsSync(from)) renameSync(from, host.path(`${name}.${i + 1}`));
    }
    if (how === 'rename') renameSync(host.path(name), host.path(`${name}.1`));
    else {
      copyFileSync(host.path(name), host.path(`${name}.1`));
      host.stamp(`${name}.1`);
      truncateSync(host.path(name));
      host.stamp(name);
      if (this.banner !== '') this.#say(this.banner);
    }
  }

  finish(): void {
    if (this.#rest !== '') this.host.append(this.name, this.#rest);
    this.#rest = '';
  }

  #say(line: string): void {
    this.expected.push(line);
    this.#rest += `${line}\n`;
  }
}

test('any writing, rotation, acknowledging and killing: every line once and in order', async () => {
  const who = fc.constantFrom(0, 1);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('write' as const), who, fc.nat(8), fc.nat(30)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('rename' as const), who, fc.nat(0), fc.nat(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('copy' as const), who, fc.nat(0), fc.nat(0)) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('look' as const), who, fc.nat(0), fc.nat(0)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('flush' as const), who, fc.nat(0), fc.nat(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('acknowledge' as const), who, fc.nat(3), fc.nat(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('later' as const), who, fc.nat(8000), fc.nat(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('kill' as const), who, fc.nat(0), fc.nat(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('start' as const), who, fc.nat(0), fc.nat(0)) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      async (steps, hasBanner) => {
        const host = new Host();
        host.flushAfterMs = Infinity;
        const banner = hasBanner ? `welcome ${'='.repeat(300)}` : '';
        const writers = ['a.log', 'b.log'].map((name) => new Writer(host, name, banner));
        try {
          for (const writer of writers) writer.write(1, 0);
          await host.start();
          await host.lines();
          for (const [what, index, count, cutAt] of steps) {
            const writer = writers[index] as Writer;
            if (what === 'write') writer.write(count, cutAt);
            else if (what === 'rename' || what === 'copy') writer.rotate(what);
            else if (what === 'later') host.elapsedMs += count;
            else if (what === 'start' && !host.files) await host.start();
            else if (!host.files) continue;
            else if (what === 'look') await host.look();
            else if (what === 'flush') host.flush();
            else if (what === 'acknowledge') host.acknowledge(count);
            else if (what === 'kill') host.kill();
          }
          for (const writer of writers) writer.finish();
          if (!host.files) await host.start();
          for (const { name, expected } of writers) expect(await host.lines(name)).toEqual(expected);
        } finally {
          host.remove();
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
