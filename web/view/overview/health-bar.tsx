import type { JSX } from 'preact';

import type { QueryResult } from '../../api/answer.ts';
import { formatValue } from '../../format/unit.ts';
import { expand } from '../../panel/panel.ts';
import { useInstantFeed } from '../../series/use-feed.ts';
import { ViewLink } from '../../shell/view-link.tsx';
import { usePage } from '../../state/page.ts';
import { ALERTS_ID } from '../view.ts';
import { FIGURES, readFigure } from './figures.ts';
import type { Level, Reading } from './figures.ts';
import { judge } from './health.ts';

/** A range vector: its samples have their own times, which tell how long a host has been silent. */
const NEWEST_SAMPLE = 'node_load1{$host}[5m]';
const BOOT_TIME = 'node_boot_time_seconds{$host}';
const EXPRESSIONS = [NEWEST_SAMPLE, BOOT_TIME, ...FIGURES.map((figure) => figure.expression)];

const SIGNS: Readonly<Record<Level, string>> = { good: '✓', warning: '!', bad: '✕' };
const WORDS: Readonly<Record<Level, string>> = { good: '', warning: 'warning', bad: 'alarm' };

/** One sentence of health, and the figures that it is made of. */
export function HealthBar({ host }: { host: string }): JSX.Element {
  const feed = useInstantFeed(
    EXPRESSIONS.map((expression) => expand(expression, { host, rateWindowSeconds: 60 })),
    true,
  );
  const instant = feed.instant.value;
  const fault = feed.fault.value;
  const [newest, boot, ...answers] = instant?.results ?? [];
  const readings = FIGURES.map((figure, i) => readFigure(figure, answers[i]));
  return (
    <section class="health" aria-label="Health">
      {fault !== null ? (
        <p class="verdict verdict-bad" role="alert">
          <Lamp level="bad" />
          <span>
            <strong>No answer.</strong> {fault}
          </span>
        </p>
      ) : (
        instant && (
          <Verdict
            host={host}
            readings={readings}
            newest={newest}
            boot={boot}
            atSeconds={instant.atSeconds}
          />
        )
      )}
      <ul class="figures">
        {readings.map((reading) => (
          <FigureTile key={reading.figure.id} reading={reading} />
        ))}
      </ul>
    </section>
  );
}

interface VerdictProps {
  readonly host: string;
  readonly readings: readonly Reading[];
  readonly newest: QueryResult | undefined;
  readonly boot: QueryResult | undefined;
  readonly atSeconds: number;
}

function Verdict({ host, readings, newest, boot, atSeconds }: VerdictProps): JSX.Element {
  const page = usePage();
  const newestSeconds = newest?.series[0]?.points.at(-1)?.[0];
  const bootSeconds = boot?.series[0]?.points[0]?.[1];
  const health = judge({
    host,
    readings,
    silentSeconds: newestSeconds === undefined ? null : Math.max(0, atSeconds - newestSeconds),
    uptimeSeconds: bootSeconds === undefined ? null : Math.max(0, atSeconds - bootSeconds),
    firing: page.firing.value.filter(({ labels }) => (labels['instance'] ?? host) === host),
  });
  return (
    <p class={`verdict verdict-${health.level}`}>
      <Lamp level={health.level} />
      <span>
        {page.range.value.endSeconds !== null && `At ${page.times.moment(atSeconds)}: `}
        <strong>{health.verdict}</strong> {health.reasons}{' '}
        {health.alerts !== '' && <ViewLink to={{ view: ALERTS_ID }}>{health.alerts}</ViewLink>}
      </span>
    </p>
  );
}

function Lamp({ level }: { level: Level }): JSX.Element {
  return (
    <span class={`lamp lamp-${level}`} aria-hidden="true">
      {SIGNS[level]}
    </span>
  );
}

function FigureTile({ reading: { figure, value, of, level } }: { reading: Reading }): JSX.Element {
  return (
    <li class={`figure figure-${level}`}>
      <span class="figure-title">
        {figure.title}
        {of && <span class="figure-of"> {of}</span>}
      </span>
      <span class="figure-value">{formatValue(value, figure.unit)}</span>
      {level !== 'good' && <span class="figure-level">{WORDS[level]}</span>}
    </li>
  );
}
