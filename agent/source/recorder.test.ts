import { expect, test } from 'vitest';

import { labelsFrom, printLabels } from '../../wire/labels.ts';
import { Recorder } from './recorder.ts';
import type { Frame } from './source.ts';

function printed(frame: Frame | undefined): string[] {
  return frame?.schema.series.map((labels, i) => `${printLabels(labels)} ${frame.values[i]}`) ?? [];
}

test('the schema stays the same object while the series stay the same', () => {
  const out = new Recorder(labelsFrom({ job: 'j' }));
  const tick = (value: number, device: string): Frame | undefined => {
    out.put('a', value);
    out.put('b', value, ['device', device]);
    return out.take();
  };
  const first = tick(1, 'x');
  const second = tick(2, 'x');
  const third = tick(3, 'y');
  expect(second?.schema).toBe(first?.schema);
  expect(third?.schema).not.toBe(first?.schema);
  expect(printed(first)).toEqual(['a{job="j"} 1', 'b{device="x", job="j"} 1']);
  expect(printed(third)).toEqual(['a{job="j"} 3', 'b{device="y", job="j"} 3']);
});

test('what is no number is left out, and comes again', () => {
  const out = new Recorder([]);
  const tick = (a: number): string[] => {
    out.put('a', a);
    out.put('b', 2);
    return printed(out.take());
  };
  expect(tick(1)).toEqual(['a 1', 'b 2']);
  expect(tick(NaN)).toEqual(['b 2']);
  expect(tick(Infinity)).toEqual(['b 2']);
  expect(tick(3)).toEqual(['a 3', 'b 2']);
});

test('fewer series make another schema, none make no frame', () => {
  const out = new Recorder([]);
  out.put('a', 1);
  out.put('b', 2);
  out.take();
  out.put('a', 1);
  expect(printed(out.take())).toEqual(['a 1']);
  expect(out.take()).toBeUndefined();
});

test('a series put twice counts once, the first', () => {
  const out = new Recorder([]);
  for (let tick = 0; tick < 2; tick++) {
    out.put('a', 1, ['x', '1']);
    out.put('a', 2, ['x', '1']);
    out.put('b', 3);
    expect(printed(out.take())).toEqual(['a{x="1"} 1', 'b 3']);
  }
});

test('an empty label is absent, and a frame keeps its values', () => {
  const out = new Recorder([]);
  out.put('a', 1, ['x', '']);
  const frame = out.take();
  out.put('a', 2, ['x', '']);
  out.take();
  expect(printed(frame)).toEqual(['a 1']);
});
