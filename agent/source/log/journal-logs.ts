import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import { labelsFrom } from '../../../wire/labels.ts';
import { readJournalEntry } from './journal-entry.ts';
import type { LogBatch } from './log-batch.ts';
import type { LogEvents } from './log-events.ts';

export interface JournalLogsOptions {
  /** The program, by name or path. */
  readonly journalctl: string;
  readonly instance: string;
  readonly batch: LogBatch;
  readonly clock: Clock;
  readonly maxLineBytes: number;
  readonly events: LogEvents;
}

/** The key of the journal's position in the spool. */
const POSITION_KEY = 'journal';
/** Entries from before the very first start. */
const FIRST_ENTRIES = 100;
const FIELDS = 'MESSAGE,PRIORITY,_SYSTEMD_UNIT';
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A line of the journal's JSON past this is not held in memory. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;
const MAX_STREAMS = 2000;

/**
 * Follows systemd's journal through `journalctl -f -o json`, started again when it ends. The position is the
 * cursor of the last entry.
 */
export class JournalLogs {
  readonly #options: JournalLogsOptions;
  readonly #stop = new AbortController();
  readonly #labels = new Map<string, Labels>();
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #running: Promise<void> | undefined;
  #cursor: string | undefined;
  #toldCursor: string | undefined;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #isPaused = false;

  constructor(options: JournalLogsOptions) {
    this.#options = options;
  }

  start(positions: ReadonlyMap<string, unknown>): void {
    const known = positions.get(POSITION_KEY);
    if (typeof known === 'string' && known !== '') this.#cursor = this.#toldCursor = known;
    this.#running = this.#run();
  }

  pause(isPaused: boolean): void {
    if (isPaused !== this.#isPaused) this.#child?.stdout[isPaused ? 'pause' : 'resume']();
    this.#isPaused = isPaused;
  }

  /** The cursor, when it has moved since the last call. */
  positions(): Map<string, unknown> {
    if (this.#cursor === this.#toldCursor) return new Map();
    this.#toldCursor = this.#cursor;
    return new Map([[POSITION_KEY, this.#cursor]]);
  }

  /** What it prints from now on is not taken. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#child?.stdout.removeAllListeners('data').resume();
    this.#child?.kill();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, events, journalctl } = this.#options;
    const { signal } = this.#stop;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const before = this.#cursor;
      const end = await this.#follow();
      if (signal.aborted) return;
      if (end === 'absent') {
        events.journalAbsent(journalctl);
        return;
      }
      events.journalEnded(end);
      pauseMs = this.#cursor === before ? Math.min(LONGEST_PAUSE_MS, pauseMs * 2) : FIRST_PAUSE_MS;
      await clock.sleep(pauseMs, signal);
    }
  }

  /** Runs it once; why it ended. */
  #follow(): Promise<string> {
    const from =
      this.#cursor === undefined
        ? [`--lines=${FIRST_ENTRIES}`]
        : ['--no-tail', `--after-cursor=${this.#cursor}`];
    const args = ['--follow', '--output=json', '--all', '--quiet', `--output-fields=${FIELDS}`, ...from];
    return new Promise((resolve) => {
      const child = spawn(this.#options.journalctl, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      this.#child = child;
      this.#parts = [];
      this.#partBytes = 0;
      let told = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (told = (told + text).slice(-500)));
      child.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
      if (this.#isPaused) child.stdout.pause();
      child.on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ENOENT' ? 'absent' : reasonOf(error)),
      );
      child.on('close', (code, signal) => resolve(`it ended with ${signal ?? code}: ${told.trim()}`));
    });
  }

  #take(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#parts.push(bytes.subarray(start, end));
      this.#entry(Buffer.concat(this.#parts).toString());
      this.#parts = [];
      this.#partBytes = 0;
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.#partBytes += rest.length;
    if (this.#partBytes > MAX_JSON_BYTES) this.#parts = [];
    else this.#parts.push(rest);
  }

  #entry(json: string): void {
    const { batch, events, maxLineBytes } = this.#options;
    const entry = readJournalEntry(json, maxLineBytes);
    if (entry === undefined) {
      if (json.trim() !== '') events.journalUnread(json.slice(0, 200));
      return;
    }
    this.#cursor = entry.cursor;
    batch.stream(this.#labelsOf(entry.unit, entry.level)).add(entry.timeNs, entry.line);
    const bytes = Buffer.byteLength(entry.line);
    batch.grew(1, bytes);
    events.linesRead(1, bytes);
    if (entry.isCut) events.linesCut(1);
  }

  #labelsOf(unit: string, level: string): Labels {
    const key = `${level} ${unit}`;
    let labels = this.#labels.get(key);
    if (labels === undefined) {
      // Units of sessions and scopes come and go.
      if (this.#labels.size >= MAX_STREAMS) this.#labels.clear();
      labels = labelsFrom({ job: 'journal', instance: this.#options.instance, unit, level });
      this.#labels.set(key, labels);
    }
    return labels;
  }
}
