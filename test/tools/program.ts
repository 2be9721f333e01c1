/**
 * Starts a real program in a process group of its own and holds it: its output is kept, and no process of
 * the group outlives the program or this process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { waitUntil } from './wait-until.ts';

export interface ProgramOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** Beside PATH, HOME and TMPDIR, which are handed down; nothing else is, so that no setting leaks in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Answers 2xx when the program is ready. Without it the program counts as ready once it was started. */
  readonly readyUrl?: string;
  /** How long it may take to become ready; 15 s by default. */
  readonly timeoutMs?: number;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  /** All that was written so far, at most the last MiB. */
  stdout(): string;
  stderr(): string;
  readonly exited: Promise<Exit>;
  /** Signals the whole group, as a terminal does at Ctrl-C, and waits for the end; SIGTERM by default. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** SIGTERM, and SIGKILL to what is still there after `graceMs`; 5 s by default. */
  end(graceMs?: number): Promise<Exit>;
}

const KEPT_CHARS = 1 << 20;
const GRACE_MS = 5_000;
const HANDED_DOWN = ['PATH', 'HOME', 'TMPDIR'];

/** Starts the program and waits until it is ready; throws with its output when it does not become so. */
export async function launchProgram(options: ProgramOptions): Promise<Program> {
  const { command, args = [], readyUrl, timeoutMs = 15_000 } = options;
  const program = await start(options);
  let exit: Exit | undefined;
  void program.exited.then((how) => (exit = how));
  const isReady = async (url: string): Promise<boolean> => {
    if (exit !== undefined) return true;
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return true;
  };
  try {
    if (readyUrl !== undefined) await waitUntil(() => isReady(readyUrl), { what: readyUrl, timeoutMs });
    if (exit !== undefined) throw new Error(`it ended with ${exit.code ?? exit.signal}`);
  } catch (cause) {
    await program.end();
    const output = `--- stdout\n${program.stdout()}\n--- stderr\n${program.stderr()}`;
    const reason = (cause as Error).message;
    throw new Error(`${[command, ...args].join(' ')} did not become ready: ${reason}\n${output}`, { cause });
  }
  return program;
}

async function start({ command, args = [], env = {}, cwd }: ProgramOptions): Promise<Program> {
  const base = Object.fromEntries(HANDED_DOWN.map((name) => [name, process.env[name]]));
  const child = spawn(command, args, {
    detached: true, // A group of its own.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...base, ...env },
    cwd,
  });
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
  await once(child, 'spawn');
  const closed = once(child, 'close') as Promise<[Exit['code'], Exit['signal']]>;
  const pid = child.pid as number;
  let over = false;
  const signalGroup = (signal: NodeJS.Signals): void => {
    // Once all is over, the number may be another's.
    if (!over) signalIfThere(-pid, signal);
  };
  // What the program started itself ends with it, and it with us.
  const endGroup = (): void => signalGroup('SIGKILL');
  child.once('exit', endGroup);
  process.once('exit', endGroup);
  const exited = closed.then(([code, signal]) => {
    over = true;
    process.removeListener('exit', endGroup);
    return { code, signal };
  });
  const kill = (signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> => {
    signalGroup(signal);
    return exited;
  };
  const end = (graceMs = GRACE_MS): Promise<Exit> => {
    const timer = setTimeout(endGroup, graceMs);
    return kill('SIGTERM').finally(() => clearTimeout(timer));
  };
  return { pid, stdout, stderr, exited, kill, end };
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

function keep(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => (text = (text + chunk).slice(-KEPT_CHARS)));
  return () => text;
}
