import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'vitest';

import type { Running } from '../../lib/running.ts';
import type { AggregatorSettings } from '../settings.ts';
import { startIn } from './running.fake.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly type: string | null;
  // A test reads what it awaits.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** A real aggregator for all tests of a file, and short ways to ask it. */
export class FakeAggregator {
  readonly #folder = mkdtempSync(join(tmpdir(), 'binnacle-api-'));
  #running: Running | undefined;

  get url(): string {
    if (this.#running === undefined) throw new Error('BUG: asked before it was started');
    return this.#running.url;
  }

  async start(changes: Partial<AggregatorSettings> = {}): Promise<void> {
    this.#running = await startIn(this.#folder, changes);
  }

  async stop(): Promise<void> {
    await this.#running?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Text exposition; all of it has to be taken. */
  async push(text: string): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/import/prometheus`, { method: 'POST', body: text });
    expect(response.ok, await response.text()).toBe(true);
  }

  async get(path: string, parameters: Record<string, string> | [string, string][] = {}): Promise<JsonAnswer> {
    return read(await fetch(`${this.url}${path}?${new URLSearchParams(parameters).toString()}`));
  }

  async post(path: string, form: Record<string, string> | [string, string][]): Promise<JsonAnswer> {
    return read(await fetch(`${this.url}${path}`, { method: 'POST', body: new URLSearchParams(form) }));
  }
}

async function read(response: Response): Promise<JsonAnswer> {
  const body: unknown = await response.json();
  return { status: response.status, type: response.headers.get('content-type'), body };
}
