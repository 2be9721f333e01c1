import { atEnd } from './at-end.ts';
import { launchProgram, type Program, type ProgramOptions } from './program.ts';

/**
 * `launchProgram` for tests: the program is ended at the end of the test, whatever its result, or at the end
 * of the file when it was started in a hook.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  let program: Program | undefined;
  let over = false;
  atEnd(async () => {
    over = true;
    await program?.end();
  });
  program = await launchProgram(options);
  // The test ran out of time while the program was starting.
  if (over) await program.end();
  return program;
}
