import { firingWords } from '../../alert/alert.ts';
import type { ActiveAlert } from '../../alert/alert.ts';
import { formatSeconds, formatValue } from '../../format/unit.ts';
import type { Level, Reading } from './figures.ts';

export interface Health {
  readonly level: Level;
  /** The verdict: `vm is well.` */
  readonly verdict: string;
  /** The reasons, as one sentence. */
  readonly reasons: string;
  /** The alerts, as one more; empty when none fires. */
  readonly alerts: string;
}

/** What the verdict is made of. */
export interface HealthFacts {
  readonly host: string;
  readonly readings: readonly Reading[];
  /** Age of the host's newest sample; null when there is none. */
  readonly silentSeconds: number | null;
  readonly uptimeSeconds: number | null;
  /** Of alerts that fire for this host, or for none in particular. */
  readonly firing: readonly ActiveAlert[];
}

/** Three reports of 5 s each and some patience with a busy host. */
const SILENT_AFTER_SECONDS = 30;

/** One verdict on a host and its reasons: what is wrong, else what is going on. */
export function judge(facts: HealthFacts): Health {
  const alerts = facts.firing.length === 0 ? '' : `${firingWords(facts.firing)}.`;
  return { ...judgeFigures(facts), alerts };
}

function judgeFigures({
  host,
  readings,
  silentSeconds,
  uptimeSeconds,
  firing,
}: HealthFacts): Omit<Health, 'alerts'> {
  if (silentSeconds === null) {
    return {
      level: 'bad',
      verdict: `${host} is silent.`,
      reasons: 'It has sent no data for at least five minutes.',
    };
  }
  if (silentSeconds > SILENT_AFTER_SECONDS) {
    const reasons = `Its newest data are ${formatSeconds(Math.round(silentSeconds))} old.`;
    return { level: 'bad', verdict: `${host} is silent.`, reasons };
  }
  const troubles = readings.filter((reading) => reading.level !== 'good');
  if (troubles.length === 0 && firing.length > 0) {
    return { level: 'warning', verdict: `${host} needs you:`, reasons: '' };
  }
  if (troubles.length === 0) {
    return { level: 'good', verdict: `${host} is well.`, reasons: calmWords(readings, uptimeSeconds) };
  }
  const clauses = troubles
    .toSorted((a, b) => Number(b.level === 'bad') - Number(a.level === 'bad'))
    .map(({ figure, value, of }) => figure.trouble?.(formatValue(value, figure.unit), of) ?? figure.title);
  const level = troubles.some((reading) => reading.level === 'bad') ? 'bad' : 'warning';
  return { level, verdict: `${host} needs you:`, reasons: `${joinWords(clauses)}.` };
}

function calmWords(readings: readonly Reading[], uptimeSeconds: number | null): string {
  const words: string[] = [];
  const add = (id: string, clause: (value: string, of: string) => string): void => {
    const reading = readings.find((reading) => reading.figure.id === id);
    if (reading && reading.value !== null)
      words.push(clause(formatValue(reading.value, reading.figure.unit), reading.of));
  };
  add('cpu', (value) => `the CPU is ${value} busy`);
  add('memory', (value) => `${value} of the memory is used`);
  add('disk', (value, of) => `the fullest file system is ${of} with ${value}`);
  if (uptimeSeconds !== null) words.push(`it has been up for ${formatSeconds(uptimeSeconds)}`);
  return words.length === 0 ? '' : `${capital(joinWords(words))}.`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
