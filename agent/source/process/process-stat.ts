import type { Text } from '../text.ts';

/** What /proc/<pid>/stat tells of a process, see proc_pid_stat(5). */
export interface ProcessStat {
  comm: string;
  /** One letter: R, S, D, Z, T, I ... */
  state: string;
  isKernelThread: boolean;
  /** CPU time in user and kernel mode, in clock ticks. */
  cpuTicks: number;
  /** Clock ticks after boot at which it started: tells two processes of one pid apart. */
  startTicks: number;
  residentPages: number;
}

const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const PF_KTHREAD = 0x00200000;

/**
 * Reads the line into `into`; false, and `into` as it was, when it is cut or odd. `comm` may hold blanks
 * and parentheses, so it goes from the first `(` to the last `)`.
 */
export function parseProcessStat(text: Text, into: ProcessStat): boolean {
  if (!text.nextLine()) return false;
  const { bytes, lineEnd } = text;
  const open = bytes.indexOf(PAREN_OPEN, text.pos);
  const close = bytes.lastIndexOf(PAREN_CLOSE, lineEnd - 1);
  if (open < 0 || close < open || close >= lineEnd) return false;
  text.pos = close + 1;
  const state = text.word();
  text.skipWords(5);
  const flags = text.number();
  text.skipWords(4);
  const cpuTicks = text.number() + text.number();
  text.skipWords(6);
  const startTicks = text.number();
  text.skipWords(1);
  const residentPages = text.number();
  if (!/^[A-Za-z]$/.test(state) || !Number.isFinite(flags + cpuTicks + startTicks + residentPages))
    return false;
  if (!sameBytes(bytes, open + 1, close, into.comm)) into.comm = bytes.toString('utf8', open + 1, close);
  into.state = state;
  into.isKernelThread = Math.floor(flags / PF_KTHREAD) % 2 === 1;
  into.cpuTicks = cpuTicks;
  into.startTicks = startTicks;
  into.residentPages = residentPages;
  return true;
}

/** Is this the same name? Only plain ASCII is compared, others are read anew. */
function sameBytes(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) if (bytes[i] !== text.charCodeAt(i - start)) return false;
  return true;
}
