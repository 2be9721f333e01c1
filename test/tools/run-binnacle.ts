import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const BINNACLE = resolve(import.meta.dirname, '../../bin/binnacle.js');

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. */
export function runBinnacle(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    execFile(process.execPath, [BINNACLE, ...args], (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}
