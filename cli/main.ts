import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

import { systemClock } from '../lib/clock.ts';
import manifest from '../package.json' with { type: 'json' };
import { jobs } from './jobs.ts';
import { parts } from './parts.ts';
import { runCli } from './run.ts';

const exitCode = await runCli(
  process.argv.slice(2),
  {
    environment: process.env,
    version: manifest.version,
    clock: systemClock,
    requests: process,
    isTerminal: process.stderr.isTTY,
    terminal: process.stdout.isTTY
      ? { columns: process.stdout.columns, colours: process.stdout.hasColors() }
      : undefined,
    readFile: (path) => readFileSync(path, 'utf8'),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stopNow: () => process.exit(1),
    stepBack: () => setPriority(constants.priority.PRIORITY_LOW),
  },
  { parts, jobs },
);
process.exit(exitCode);
