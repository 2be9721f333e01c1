import { Fault } from '../../lib/fault.ts';
import type { JobWorld } from '../job.ts';
import { askServer, type QueryData } from './answer.ts';
import { drawChart } from './chart.ts';
import { readQueryOptions, type QueryOptions } from './options.ts';
import { printCsv } from './print-csv.ts';
import { printTable } from './print-table.ts';

/** Characters of a line where nobody looks on. */
const PLAIN_WIDTH = 100;

/** `binnacle query`: gives the exit code. Throws as `readQueryOptions` and `askServer` do. */
export async function runQuery(args: readonly string[], world: JobWorld): Promise<number> {
  const options = readQueryOptions(args, world);
  const path = options.stepSeconds === undefined ? '/api/v1/query' : '/api/v1/query_range';
  try {
    const { data, remarks } = await askServer({ ...options, path, fetch });
    for (const remark of remarks) world.remark(remark);
    world.stdout(print(data, options, world));
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'bad_query') throw thrown;
    throw new Fault('bad_query', withPlace(options.query, thrown.message));
  }
}

function print(data: QueryData, { output, stepSeconds = 0 }: QueryOptions, { terminal }: JobWorld): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(data, undefined, 2)}\n`;
    case 'csv':
      return printCsv(data);
    case 'table':
      return printTable(data);
    case 'chart': {
      const { columns: width, colours } = terminal ?? { columns: PLAIN_WIDTH, colours: false };
      return drawChart(data, { width, colours, stepSeconds });
    }
  }
}

/** Shows the line of the query with a mark under the place that the message begins with. */
function withPlace(query: string, message: string): string {
  const [, line = '', column = ''] = /^(\d+):(\d+): /.exec(message) ?? [];
  const text = query.split('\n')[Number(line) - 1];
  if (text === undefined) return message;
  return `${message}\n  ${text}\n  ${' '.repeat(Number(column) - 1)}^`;
}
