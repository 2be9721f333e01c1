import { describe, expect, test } from 'vitest';

import { parser } from '@prometheus-io/lezer-promql';

import type { QueryResult } from '../../api/answer.ts';
import type { ActiveAlert } from '../../alert/alert.ts';
import { expand } from '../../panel/panel.ts';
import { FIGURES, readFigure } from './figures.ts';
import type { Figure, Reading } from './figures.ts';
import { judge } from './health.ts';

const figure = (id: string): Figure => FIGURES.find((figure) => figure.id === id) as Figure;
const answer = (...values: [labels: Record<string, string>, value: number][]): QueryResult => ({
  type: 'vector',
  warnings: [],
  series: values.map(([labels, value]) => ({ labels, points: [[0, value]] })),
});
const reading = (id: string, value: number, labels = {}): Reading =>
  readFigure(figure(id), answer([labels, value]));
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('readFigure', () => {
  test('the largest value counts and says whose it is', () => {
    const read = readFigure(
      figure('disk'),
      answer([{ mountpoint: '/' }, 0.4], [{ mountpoint: '/data' }, 0.96], [{ mountpoint: '/x' }, Number.NaN]),
    );
    expect(read).toMatchObject({ value: 0.96, of: '/data', level: 'bad' });
  });

  test.each([
    ['cpu', 0.79, 'good'],
    ['cpu', 0.8, 'warning'],
    ['cpu', 0.95, 'bad'],
    ['io', 1, 'warning'],
  ])('%s at %f is %s', (id, value, level) => {
    expect(reading(id, value).level).toBe(level);
  });

  test('without an answer there is no value and no alarm', () => {
    expect(readFigure(figure('pressure'), answer())).toMatchObject({ value: null, level: 'good' });
    expect(readFigure(figure('pressure'), undefined)).toMatchObject({ value: null, level: 'good' });
  });

  test.each(FIGURES.map((figure) => [figure.id, figure.expression]))(
    '%s asks in valid PromQL',
    (_, expression) => {
      const text = expand(expression, { host: 'vm', rateWindowSeconds: 30 });
      const errors: number[] = [];
      parser.parse(text).iterate({ enter: (node) => void (node.type.isError && errors.push(node.from)) });
      expect(errors).toEqual([]);
    },
  );
});

describe('judge', () => {
  const facts = { host: 'vm', silentSeconds: 3, uptimeSeconds: 270_000, firing: [] };

  test('a calm host says what is going on', () => {
    const readings = [
      reading('cpu', 0.123),
      reading('memory', 0.4),
      reading('disk', 0.5, { mountpoint: '/' }),
    ];
    const health = judge({ ...facts, readings });
    expect(health.level).toBe('good');
    expect(plain(`${health.verdict} ${health.reasons}`)).toBe(
      'vm is well. The CPU is 12.3 % busy, 40 % of the memory is used, the fullest file system is / with 50 % and it has been up for 3 d 3 h.',
    );
  });

  test('the worst comes first', () => {
    const readings = [reading('cpu', 0.85), reading('disk', 0.99, { mountpoint: '/data' })];
    const health = judge({ ...facts, readings });
    expect(health.level).toBe('bad');
    expect(plain(`${health.verdict} ${health.reasons}`)).toBe(
      'vm needs you: /data is 99 % full and the CPU is 85 % busy.',
    );
  });

  test.each([
    [null, 'It has sent no data for at least five minutes.'],
    [125, 'Its newest data are 2 min 5 s old.'],
  ])('silent for %s s', (silentSeconds, reasons) => {
    const health = judge({ ...facts, silentSeconds, readings: [reading('cpu', 0.99)] });
    expect({ ...health, reasons: plain(health.reasons) }).toEqual({
      level: 'bad',
      verdict: 'vm is silent.',
      reasons,
      alerts: '',
    });
  });

  test('alerts that fire are named, and worry', () => {
    const alert = (name: string): ActiveAlert => ({
      state: 'firing',
      name,
      labels: {},
      annotations: {},
      value: 1,
      sinceSeconds: 0,
    });
    const calm = judge({ ...facts, firing: [alert('Hot'), alert('Hot'), alert('Full')], readings: [] });
    expect(calm).toEqual({
      level: 'warning',
      verdict: 'vm needs you:',
      reasons: '',
      alerts: '3 alerts fire: Hot, Full.',
    });
    const silent = judge({ ...facts, silentSeconds: null, firing: [alert('Silent')], readings: [] });
    expect(silent).toMatchObject({ verdict: 'vm is silent.', alerts: '1 alert fires: Silent.' });
  });

  test('nothing known but that it lives', () => {
    expect(judge({ ...facts, uptimeSeconds: null, readings: [] })).toMatchObject({
      level: 'good',
      reasons: '',
    });
  });
});
