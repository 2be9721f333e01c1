import { Fault } from '../lib/fault.ts';
import type { OnProgress } from './backup/progress.ts';
import type { JobName } from './command-line.ts';
import { DATA_DIR_HELP, onlyFolder, readJobArguments, type Job, type JobWorld } from './job.ts';
import { printBytes } from './print-bytes.ts';

const BACKUP = 'backup DIR [--base EARLIER]';
const RESTORE = 'restore DIR';
const CHECK = 'store check [DIR] [-o json]';
const QUERY = "query 'EXPR' [--range 1h [--step 15s]] [--time T] [-o table|json|csv|chart]";

/** The jobs of the program. What does them is imported when one runs, as the parts are. */
export const jobs: Readonly<Record<JobName, Job>> = {
  query: {
    summary: 'Asks a running program in PromQL and prints the answer.',
    usage: [QUERY],
    help: `Without --range the value of one moment. The exit code is 1 when there is no answer, 2 when the query is wrong.

  --range D          Of this long until --time, e.g. 1h.
  --step D           Time between two points of the range. Default: 240 points.
  --time T           The moment, or the end of the range: seconds since 1970 or RFC 3339. Default: now.
  -o, --output FORM  table, json, csv or chart, which is drawn in the terminal. Default: table; in a terminal, chart
                     of a range.
  --url URL          Where the program answers. Default: where the settings say that it listens.
  --token-file FILE  The token to show there. (setting token-file)
  --config FILE      A YAML file with settings.
`,
    async run(args, world) {
      const { runQuery } = await import('./query/run-query.ts');
      return runQuery(args, world);
    },
  },
  backup: {
    summary: 'Copies the data folder to DIR, also while the program runs.',
    usage: [BACKUP],
    help: `DIR is made, or has to be empty. The backup holds all that was acknowledged before it began: samples, lines,
alerts with their history and what is still to be sent. An agent's spool is no part of it.

  --base EARLIER   An earlier backup on the same file system: what has not changed since is linked, not copied.
${DATA_DIR_HELP}`,
    async run(args, world) {
      const { words, options, dataDir } = readJobArguments(args, ['base'], world);
      const target = onlyFolder(words, BACKUP);
      const { takeBackup } = await import('./backup/take-backup.ts');
      world.stepBack();
      const { manifest, linked } = await takeBackup({
        dataDir,
        target,
        base: options['base'],
        version: world.version,
        nowMs: world.clock.nowMs(),
        signal: world.stopSignal(),
        onProgress: showing('copying', world),
      });
      const shared = linked === 0 ? '' : `, ${linked} of them linked to ${options['base']}`;
      world.stdout(
        `${target} holds ${dataDir} as of ${manifest.takenAt}: ${sizeOf(manifest.files)}${shared}\n`,
      );
      return 0;
    },
  },
  restore: {
    summary: 'Puts a backup into an empty data folder.',
    usage: [RESTORE],
    help: `Stop the program first. Every file is compared with the backup's manifest; only when all are right and in place
the data folder changes. What is in it already is never overwritten: move it away before.

${DATA_DIR_HELP}`,
    async run(args, world) {
      const { words, dataDir } = readJobArguments(args, [], world);
      const source = onlyFolder(words, RESTORE);
      const { restore } = await import('./backup/restore.ts');
      const signal = world.stopSignal();
      const manifest = await restore({ source, dataDir, signal, onProgress: showing('copying', world) });
      world.stdout(`${dataDir} is as it was at ${manifest.takenAt}: ${sizeOf(manifest.files)}\n`);
      return 0;
    },
  },
  store: {
    summary: 'Reads every file of a data folder or backup and tells what is damaged.',
    usage: [CHECK],
    help: `DIR is a data folder, also one in use, or a backup; without it, the data folder of the settings.
The exit code is 1 when something is damaged.

  -o, --output json  Tells it as JSON.
${DATA_DIR_HELP}`,
    async run(args, world) {
      const { words, options, dataDir } = readJobArguments(args, ['output'], world, { output: 'o' });
      if (words[0] !== 'check') {
        const given = words[0] === undefined ? '' : `, not ${JSON.stringify(words[0])}`;
        throw new Fault('usage', `store is followed by check${given}: binnacle ${CHECK}`);
      }
      const folder = words.length === 1 ? dataDir : onlyFolder(words.slice(1), CHECK);
      const { output } = options;
      if (output !== undefined && output !== 'json' && output !== 'text')
        throw new Fault('usage', `-o is json or text, not ${JSON.stringify(output)}`);
      const { checkStore } = await import('./backup/check.ts');
      const { printCheck } = await import('./backup/print-check.ts');
      world.stepBack();
      const result = await checkStore({ folder, onProgress: showing('checking', world) });
      world.stdout(output === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : printCheck(result));
      return result.damaged.length === 0 ? 0 : 1;
    },
  },
};

function showing(doing: string, world: JobWorld): OnProgress {
  return (path, done, total) =>
    world.progress(`${doing} ${path} (${printBytes(done)} of ${printBytes(total)} done)`);
}

function sizeOf(files: readonly { readonly bytes: number }[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${printBytes(bytes)}`;
}
